"""Changes of a folder's files as S3 tells of objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from typing import Any
from urllib.parse import quote_plus

from lambda_magic.event_sources.folder import FileChange
from lambda_magic.event_sources.push_events import s3_event, timestamp


def folder_event(
    change: FileChange, *, bucket: str, configuration_id: str, region_name: str, time: float
) -> dict[str, Any]:
    """The event of one file that was written or removed at `time`.

    >>> change = FileChange(key="in/my cat.jpg", size=3, etag="...")
    >>> event = folder_event(change, bucket="photos", ...)
    >>> event["Records"][0]["s3"]["object"]["key"]
    'in/my+cat.jpg'
    """
    found = {"key": quote_plus(change.key), "size": change.size, "eTag": change.etag}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region_name,
        "eventTime": timestamp(time),
        "eventName": "ObjectRemoved:Delete" if change.is_removed else "ObjectCreated:Put",
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": found,
        },
    }
    return s3_event({"event": {"Records": [record]}})
