"""`%send`: a record to try a trigger with."""

import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError
from IPython.core.error import UsageError
from IPython.core.magic import line_cell_magic, magics_class, no_var_expand

from lambda_magic.magics import payload
from lambda_magic.magics.parser import MagicParser, magic, positive_integer
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.sources import Services, Source, no_topic, read_source

_KINDS = frozenset({"sqs", "sns", "kinesis", "dynamodb", "s3", "events"})
#: The most messages of one request, and the most bytes of all of them.
_MESSAGES = 10
_SIZE = 1_000_000


def parser() -> MagicParser:
    """The options of %send, without the payload: see `payload.split_line`."""
    made = MagicParser(
        "%send",
        usage="%(prog)s SOURCE [options] PAYLOAD",
        description=(
            "Send a message to a queue (sqs:) or a topic (sns:), put a record into a stream\n"
            "(kinesis:), an item into a table (dynamodb:), an object into a bucket (s3:NAME/KEY)\n"
            "or an event on a bus (events:BUS). PAYLOAD is as with %invoke."
        ),
        example='%queue orders\n%send sqs:orders {"id": 1} --count 100',
    )
    add = made.add_argument
    add("source", metavar="SOURCE", help="such as sqs:orders")
    add("--count", type=positive_integer, default=1, metavar="N", help="so many times (1)")
    add("--group", default="default", help="the message group of a FIFO queue")
    add("--key", metavar="KEY", help="the partition key of a record; each has its own")
    add("--subject", help="of a message to a topic")
    add("--detail-type", default="test", metavar="TYPE", help="of an event on a bus (test)")
    add("--event-source", default="lambda.magic", metavar="NAME", help="of an event on a bus")
    return made


_PARSER = parser()


@magics_class
class SendMagic(SessionMagics):
    """Registers `%send` and `%%send`."""

    @no_var_expand
    @line_cell_magic
    @magic(_PARSER)
    def send(self, line: str, cell: str | None = None) -> None:
        """Send records."""
        words, text = payload.split_line(line, _PARSER)
        arguments = _PARSER.parse_args(words)
        source = read_source(arguments.source, _KINDS)
        event = payload.event(cell if cell is not None else text, self._session.namespace)
        services = Services(self._session.configuration.settings())
        client = services.client(source.kind)
        try:
            size = len(_text(event).encode("utf-8", "replace"))
            most = max(1, min(_MESSAGES, _SIZE // max(1, size)))
            for sent in range(0, arguments.count, most):
                number = min(most, arguments.count - sent)
                _SENDERS[source.kind](services, client, source, [event] * number, vars(arguments))
        finally:
            services.close()
        print(f"{arguments.count:,} sent to {source}")


_Sender = Callable[[Services, Any, Source, list[Any], Mapping[str, Any]], None]


def _text(event: Any) -> str:
    """What is sent: text as it stands, everything else as JSON."""
    return event if isinstance(event, str) else json.dumps(event)


def _to_sqs(
    services: Services, client: Any, source: Source, events: list[Any], given: Mapping[str, Any]
) -> None:
    entries = [{"Id": str(n), "MessageBody": _text(event)} for n, event in enumerate(events)]
    if source.name.endswith(".fifo"):
        for entry in entries:
            entry |= {
                "MessageGroupId": given["group"],
                "MessageDeduplicationId": uuid.uuid4().hex,
            }
    answer = client.send_message_batch(QueueUrl=services.queue_url(source.name), Entries=entries)
    for failed in answer.get("Failed", ()):
        raise _refused(failed["Code"], failed.get("Message"), "SendMessageBatch")


def _to_sns(
    services: Services, client: Any, source: Source, events: list[Any], given: Mapping[str, Any]
) -> None:
    subject = {"Subject": given["subject"]} if given["subject"] else {}
    try:
        for event in events:
            client.publish(TopicArn=services.pushed_arn(source), Message=_text(event), **subject)
    except client.exceptions.NotFoundException:
        raise no_topic(source.name) from None


def _to_kinesis(
    services: Services, client: Any, source: Source, events: list[Any], given: Mapping[str, Any]
) -> None:
    records = [
        {"Data": _text(event).encode(), "PartitionKey": given["key"] or uuid.uuid4().hex}
        for event in events
    ]
    answer = client.put_records(StreamName=source.name, Records=records)
    _check_entries(answer["Records"], "PutRecords")


def _to_dynamodb(
    services: Services, client: Any, source: Source, events: list[Any], given: Mapping[str, Any]
) -> None:
    serializer = TypeSerializer()
    for event in events:
        if not isinstance(event, dict):
            raise UsageError('an item of a table is an object: {"id": "1"}')
        item = json.loads(json.dumps(event), parse_float=Decimal)
        values = {name: serializer.serialize(value) for name, value in item.items()}
        client.put_item(TableName=source.name, Item=values)


def _to_s3(
    services: Services, client: Any, source: Source, events: list[Any], given: Mapping[str, Any]
) -> None:
    bucket, _, key = source.name.partition("/")
    for event in events:
        name = key or f"{uuid.uuid4().hex}.json"
        client.put_object(Bucket=bucket, Key=name, Body=_text(event).encode())


def _to_events(
    services: Services, client: Any, source: Source, events: list[Any], given: Mapping[str, Any]
) -> None:
    entries = [
        {
            "EventBusName": source.name,
            "Source": given["event_source"],
            "DetailType": given["detail_type"],
            "Detail": json.dumps(event),
        }
        for event in events
    ]
    _check_entries(client.put_events(Entries=entries)["Entries"], "PutEvents")


def _check_entries(answered: list[dict[str, Any]], operation: str) -> None:
    for one in answered:
        if one.get("ErrorCode"):
            raise _refused(one["ErrorCode"], one.get("ErrorMessage"), operation)


def _refused(code: str, message: str | None, operation: str) -> ClientError:
    """What an answer tells of one of its records, as the error that it would be of a request."""
    return ClientError({"Error": {"Code": code, "Message": message or code}}, operation)


_SENDERS: Mapping[str, _Sender] = {
    "sqs": _to_sqs,
    "sns": _to_sns,
    "kinesis": _to_kinesis,
    "dynamodb": _to_dynamodb,
    "s3": _to_s3,
    "events": _to_events,
}
