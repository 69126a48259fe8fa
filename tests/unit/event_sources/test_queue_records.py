from lambda_magic.event_sources.queue_records import queue_record

ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"


def test_a_message_has_the_shape_of_awss_event() -> None:
    message = {
        "MessageId": "id",
        "ReceiptHandle": "handle",
        "MD5OfBody": "md5",
        "MD5OfMessageAttributes": "md5 too",
        "Body": "text",
        "Attributes": {"SenderId": "me", "ApproximateReceiveCount": "1"},
        "MessageAttributes": {
            "name": {"StringValue": "Ada", "DataType": "String"},
            "raw": {"BinaryValue": b"\x00", "DataType": "Binary"},
        },
    }
    assert queue_record(message, ARN) == {
        "messageId": "id",
        "receiptHandle": "handle",
        "body": "text",
        "attributes": {"SenderId": "me", "ApproximateReceiveCount": "1"},
        "messageAttributes": {
            "name": {
                "stringValue": "Ada",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "raw": {
                "binaryValue": "AA==",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": "md5",
        "md5OfMessageAttributes": "md5 too",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "eu-west-1",
    }


def test_a_message_without_attributes() -> None:
    record = queue_record({"MessageId": "id", "ReceiptHandle": "handle", "Body": ""}, ARN)
    assert record["attributes"] == record["messageAttributes"] == {}
    assert "md5OfMessageAttributes" not in record
