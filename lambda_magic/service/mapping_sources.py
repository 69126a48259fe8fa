"""Event sources: what the mappings of each kind may have, and have if nothing is said.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException

#: Members that mappings of every source may have.
_COMMON = frozenset({"BatchSize", "FilterCriteria", "KMSKeyArn", "MaximumBatchingWindowInSeconds"})
_METRICS = frozenset({"MetricsConfig"})
_FAILURES = frozenset(
    {
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
    }
)
_STREAM = _COMMON | _METRICS | _FAILURES | {"FunctionResponseTypes"}
_SHARDS = _STREAM | {"ParallelizationFactor", "TumblingWindowInSeconds"}
_START = frozenset({"StartingPosition", "StartingPositionTimestamp"})
_KAFKA = (
    _STREAM
    | _START
    | {"LoggingConfig", "ProvisionedPollerConfig", "SourceAccessConfigurations", "Topics"}
)

#: What a mapping of a stream says before anything was polled.
_UNPROCESSED = {"LastProcessingResult": "No records processed"}

#: The defaults of streams with shards, as AWS reports them.
_SHARD_DEFAULTS = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
    "StateTransitionReason": "User action",
    **_UNPROCESSED,
}
_BROKER_DEFAULTS = {"BatchSize": 100, "StateTransitionReason": "USER_INITIATED", **_UNPROCESSED}
_KAFKA_DEFAULTS = {
    **_BROKER_DEFAULTS,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
}
_QUEUE_DEFAULTS = {
    "BatchSize": 10,
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "StateTransitionReason": "USER_INITIATED",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSource:
    """A kind of event source."""

    #: As AWS calls it in messages.
    name: str
    #: The members of requests that a mapping may have.
    members: frozenset[str]
    #: The members of a new mapping where the request says nothing.
    defaults: Mapping[str, Any] = field(repr=False)
    #: Where a mapping may start reading; a source without positions has none.
    positions: frozenset[str] = frozenset()
    #: Members without which there is no mapping.
    required: frozenset[str] = frozenset()
    #: The most that one batch holds.
    max_batch_size: int = 10_000
    #: Whether a batch of more than ten records needs a window to be gathered in.
    needs_window: bool = False


_ALL_POSITIONS = frozenset({"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"})
_QUEUE_MEMBERS = (
    _COMMON | _METRICS | {"FunctionResponseTypes", "ProvisionedPollerConfig", "ScalingConfig"}
)

SQS = EventSource(name="SQS", members=_QUEUE_MEMBERS, defaults=_QUEUE_DEFAULTS, needs_window=True)
SQS_FIFO = EventSource(
    name="SQS",
    members=_QUEUE_MEMBERS - {"MaximumBatchingWindowInSeconds"},
    defaults=_QUEUE_DEFAULTS,
    max_batch_size=10,
)
KINESIS = EventSource(
    name="Kinesis",
    members=_SHARDS | _START,
    defaults=_SHARD_DEFAULTS,
    positions=_ALL_POSITIONS,
    required=frozenset({"StartingPosition"}),
)
DYNAMODB = EventSource(
    name="DynamoDB",
    members=_SHARDS | _START,
    defaults=_SHARD_DEFAULTS,
    positions=_ALL_POSITIONS - {"AT_TIMESTAMP"},
    required=frozenset({"StartingPosition"}),
)
MSK = EventSource(
    name="MSK",
    members=_KAFKA | {"AmazonManagedKafkaEventSourceConfig"},
    defaults=_KAFKA_DEFAULTS,
    positions=_ALL_POSITIONS,
    required=frozenset({"StartingPosition", "Topics"}),
)
SELF_MANAGED_KAFKA = EventSource(
    name="Kafka",
    members=_KAFKA | {"SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig"},
    defaults=_KAFKA_DEFAULTS,
    positions=_ALL_POSITIONS,
    required=frozenset({"StartingPosition", "Topics"}),
)
MQ = EventSource(
    name="MQ",
    members=_COMMON | {"Queues", "SourceAccessConfigurations"},
    defaults=_BROKER_DEFAULTS,
    required=frozenset({"Queues", "SourceAccessConfigurations"}),
)
DOCUMENTDB = EventSource(
    name="DocumentDB",
    members=_COMMON | _START | {"DocumentDBEventSourceConfig", "SourceAccessConfigurations"},
    defaults=_BROKER_DEFAULTS,
    positions=_ALL_POSITIONS,
    required=frozenset({"StartingPosition", "SourceAccessConfigurations"}),
)

#: By the service in the source's ARN.
_BY_SERVICE = {
    "sqs": SQS,
    "kinesis": KINESIS,
    "dynamodb": DYNAMODB,
    "kafka": MSK,
    "mq": MQ,
    "rds": DOCUMENTDB,
}


def source_of(mapping: Mapping[str, Any]) -> EventSource:
    """The kind of source that a mapping, or a request for one, reads from."""
    if "SelfManagedEventSource" in mapping:
        return SELF_MANAGED_KAFKA
    arn = mapping.get("EventSourceArn") or ""
    source = _BY_SERVICE.get(service_of(arn))
    if source is None:
        raise InvalidParameterValueException("Unrecognized event source.")
    return SQS_FIFO if source is SQS and arn.endswith(".fifo") else source


def service_of(arn: str) -> str:
    """The service in an ARN, or nothing."""
    return (arn.split(":") + [""] * 3)[2]
