"""Event sources as one types them, `sqs:orders`, and the ARNs that they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from IPython.core.error import UsageError

from lambda_magic.core.aws import aws_client
from lambda_magic.core.settings import Settings

#: The services whose records are polled.
POLLED = frozenset({"sqs", "kinesis", "dynamodb"})
#: The services that push.
PUSHING = frozenset({"s3", "sns", "events"})
#: Those that Lambda polls, and lambda_magic does not.
_NOT_POLLED = frozenset({"kafka", "msk", "mq", "docdb", "rds"})


@dataclass(frozen=True, slots=True)
class Source:
    """A source: the kind of it, and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def read_source(
    text: str, kinds: frozenset[str] = POLLED, *, besides: frozenset[str] = frozenset()
) -> Source:
    """`sqs:orders`, or an ARN. Raises `UsageError`, which names what may stand `besides` too."""
    parts = text.split(":", 5)
    if parts[0] == "arn":
        if len(parts) < 6:
            raise UsageError(f"{text} is no ARN")
        kind, name = parts[2], parts[5].rpartition("/")[2] if parts[2] == "kinesis" else parts[5]
        if kind == "dynamodb":
            name = parts[5].split("/")[1]
    else:
        kind, _, name = text.partition(":")
    if kind in _NOT_POLLED:
        raise UsageError(f"{kind}: is not supported; these are: {_listed(kinds)}")
    if kind not in kinds or not name:
        listed = _listed(kinds | besides)
        raise UsageError(f"{text} is no source: write {listed} and a name, or an ARN")
    return Source(kind, name)


def shown(arn: str) -> str:
    """A mapping's source as one would type it."""
    kind, *_, name = arn.split(":", 5)[2:]
    if kind == "kinesis":
        name = name.partition("/")[2]
    elif kind == "dynamodb":
        name = name.split("/")[1]
    return f"{kind}:{name}"


class Services:
    """boto3 clients for the rest of AWS. Raises `UsageError` where there is none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: dict[str, Any] = {}

    @property
    def are_there(self) -> bool:
        """Whether there is anything but Lambda."""
        return self._settings.aws_endpoint_url is not None

    def client(self, service: str) -> Any:
        """A client for a service."""
        if self._settings.aws_endpoint_url is None:
            raise UsageError("There is no AWS but Lambda here: %aws start starts one")
        if service not in self._clients:
            self._clients[service] = aws_client(self._settings, service)
        return self._clients[service]

    def close(self) -> None:
        """Let their connections go."""
        for client in self._clients.values():
            client.close()

    def arn(self, source: Source) -> str:
        """The ARN of a source that is polled; of a table, its stream's."""
        self.client(source.kind)
        place = f"{self._settings.region_name}:{self._settings.account_id}"
        if source.kind == "sqs":
            return f"arn:aws:sqs:{place}:{source.name}"
        if source.kind == "kinesis":
            return f"arn:aws:kinesis:{place}:stream/{source.name}"
        return self._table_stream(source.name)

    def pushed_arn(self, source: Source) -> str:
        """The ARN of a source that pushes."""
        if source.kind == "s3":
            return f"arn:aws:s3:::{source.name}"
        resource = f"rule/{source.name}" if source.kind == "events" else source.name
        place = f"{self._settings.region_name}:{self._settings.account_id}"
        return f"arn:aws:{source.kind}:{place}:{resource}"

    def queue_url(self, name: str) -> str:
        """The URL of a queue; a queue that is not there is a line that says how to make it."""
        client = self.client("sqs")
        try:
            return str(client.get_queue_url(QueueName=name)["QueueUrl"])
        except ClientError as error:
            if "NonExistentQueue" not in _code(error):
                raise
            raise UsageError(f"There is no queue {name}: %queue {name} makes it") from None

    def _table_stream(self, table: str) -> str:
        client = self.client("dynamodb")
        try:
            described = client.describe_table(TableName=table)["Table"]
        except client.exceptions.ResourceNotFoundException:
            raise UsageError(f"There is no table {table}") from None
        if (arn := described.get("LatestStreamArn")) is None:
            raise UsageError(
                f"The table {table} has no stream: update_table(TableName={table!r}, "
                "StreamSpecification={'StreamEnabled': True, "
                "'StreamViewType': 'NEW_AND_OLD_IMAGES'}) gives it one"
            )
        return str(arn)


def no_topic(name: str) -> UsageError:
    """A topic is not there: how to make it."""
    return UsageError(f"There is no topic {name}: boto3.client('sns').create_topic(Name={name!r})")


def _code(error: ClientError) -> str:
    response: Mapping[str, Any] = error.response
    return str(response["Error"].get("Code", ""))


def _listed(kinds: frozenset[str]) -> str:
    return ", ".join(f"{kind}:" for kind in sorted(kinds))
