"""Records of Kinesis and of DynamoDB streams, as they were read and as functions see them.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Names whoever reads streams for a function; AWS gives the function's role here.
_IDENTITY = "arn:aws:iam::{account}:role/lambda-magic"


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record of a shard."""

    sequence_number: str
    #: Records with the same key stay in order, whatever the ParallelizationFactor.
    key: str
    #: When it was written, in seconds since the epoch.
    arrival: float
    #: As in the function's event.
    record: Mapping[str, Any] = field(repr=False)
    #: About how many bytes it takes there.
    size: int = 0


def kinesis_record(read: Mapping[str, Any], shard_id: str, stream_arn: str) -> StreamRecord:
    """One of GetRecords' records of Kinesis."""
    _, _, _, region_name, account, _ = stream_arn.split(":", 5)
    arrival = read["ApproximateArrivalTimestamp"].timestamp()
    data = base64.b64encode(read["Data"]).decode()
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": read["PartitionKey"],
            "sequenceNumber": read["SequenceNumber"],
            "data": data,
            "approximateArrivalTimestamp": round(arrival, 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{read['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": _IDENTITY.format(account=account),
        "awsRegion": region_name,
        "eventSourceARN": stream_arn,
    }
    key, number = read["PartitionKey"], read["SequenceNumber"]
    return StreamRecord(number, key, arrival, record, len(data) + 1024)


def dynamodb_record(read: Mapping[str, Any], shard_id: str, stream_arn: str) -> StreamRecord:
    """One of GetRecords' records of DynamoDB streams."""
    change = {name: _image(value) for name, value in read["dynamodb"].items()}
    arrival = read["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    change["ApproximateCreationDateTime"] = round(arrival, 3)
    record = {
        "eventID": read["eventID"],
        "eventName": read["eventName"],
        "eventVersion": read.get("eventVersion", "1.1"),
        "eventSource": "aws:dynamodb",
        "awsRegion": read.get("awsRegion", stream_arn.split(":")[3]),
        "dynamodb": change,
        **({"userIdentity": _image(read["userIdentity"])} if "userIdentity" in read else {}),
        "eventSourceARN": stream_arn,
    }
    key = json.dumps(change.get("Keys", {}), sort_keys=True)
    size = len(json.dumps(change)) + 1024
    return StreamRecord(change["SequenceNumber"], key, arrival, record, size)


def _image(value: Any) -> Any:
    """The same as JSON can say it: bytes in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _image(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_image(inner) for inner in value]
    return value
