import base64
from datetime import UTC, datetime

from lambda_magic.event_sources.stream_records import dynamodb_record, kinesis_record

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/users/stream/2023-11-14T22:13:20.000"
THEN = datetime.fromtimestamp(1_700_000_000.25, UTC)


def test_a_record_of_kinesis() -> None:
    read = {
        "SequenceNumber": "42",
        "ApproximateArrivalTimestamp": THEN,
        "Data": b"\x00click",
        "PartitionKey": "page",
    }
    made = kinesis_record(read, "shardId-1", STREAM)
    assert (made.sequence_number, made.key, made.arrival) == ("42", "page", 1_700_000_000.25)
    assert made.record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "page",
            "sequenceNumber": "42",
            "data": base64.b64encode(b"\x00click").decode(),
            "approximateArrivalTimestamp": 1_700_000_000.25,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-1:42",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-magic",
        "awsRegion": "us-east-1",
        "eventSourceARN": STREAM,
    }


def test_a_change_of_a_table_can_be_written_as_json() -> None:
    read = {
        "eventID": "e",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": THEN,
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}, "raw": {"B": b"\x00"}, "set": {"BS": [b"\x01"]}},
            "OldImage": {"id": {"S": "a"}, "map": {"M": {"raw": {"B": b"\x02"}}}},
            "SequenceNumber": "7",
            "SizeBytes": 20,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
    }
    made = dynamodb_record(read, "shardId-1", TABLE)
    assert made.sequence_number == "7"
    assert made.key == '{"id": {"S": "a"}}'
    change = made.record["dynamodb"]
    assert change["NewImage"] == {"id": {"S": "a"}, "raw": {"B": "AA=="}, "set": {"BS": ["AQ=="]}}
    assert change["OldImage"]["map"] == {"M": {"raw": {"B": "Ag=="}}}
    assert change["ApproximateCreationDateTime"] == 1_700_000_000.25
    assert made.record["userIdentity"]["Type"] == "Service"
    assert made.record["eventSourceARN"] == TABLE
