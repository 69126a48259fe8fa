from aws_lambda_powertools.utilities.parser.models import EventBridgeModel, S3Model

from lambda_magic.event_sources.folder import FileChange
from lambda_magic.event_sources.folder_events import folder_event
from lambda_magic.event_sources.push_events import scheduled_event

WRITTEN = FileChange(key="in/my cat ü.jpg", size=3, etag="900150983cd24fb0d6963f7d28e17f72")


def event(change: FileChange) -> dict[str, object]:
    return folder_event(
        change,
        bucket="photos",
        configuration_id="an-id",
        region_name="eu-west-1",
        time=1681834637.081,
    )


def test_a_written_file() -> None:
    (record,) = S3Model.model_validate(event(WRITTEN)).Records
    assert record.eventName == "ObjectCreated:Put"
    assert record.eventTime.isoformat() == "2023-04-18T16:17:17.081000+00:00"
    assert record.awsRegion == "eu-west-1"
    assert record.s3.bucket.name == "photos"
    assert record.s3.object.key == "in/my+cat+%C3%BC.jpg"
    assert record.s3.object.size == 3


def test_a_removed_file() -> None:
    (record,) = S3Model.model_validate(event(FileChange(key="a", is_removed=True))).Records
    assert record.eventName == "ObjectRemoved:Delete"
    assert record.s3.object.size is None


def test_a_schedule_that_is_due() -> None:
    arn = "arn:aws:events:us-east-1:123456789012:rule/hello-1"
    found = EventBridgeModel.model_validate(scheduled_event(arn, 0.0))
    assert (found.source, found.detail_type) == ("aws.events", "Scheduled Event")
    assert found.resources == [arn]
