"""Messages of SQS as records of an event.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import base64
from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]


def queue_record(message: Mapping[str, Any], source_arn: str) -> Record:
    """One message, as ReceiveMessage answers it, in the shape of AWS's event."""
    record: Record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": source_arn,
        "awsRegion": source_arn.split(":")[3],
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "StringValue" in value:
        made["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        made["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return made | {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
