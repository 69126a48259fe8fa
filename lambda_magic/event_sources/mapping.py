"""An event source mapping as pollers need it: the API's document, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from lambda_magic.event_sources.filters import RecordFilter, record_filter

#: FunctionResponseTypes' only value.
_PARTIAL = "ReportBatchItemFailures"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceMapping:
    """What is polled, how, and for whom. Durations are in seconds; -1 stands for no limit."""

    uuid: str
    source_arn: str
    function_name: str
    #: A version, an alias or None.
    qualifier: str | None
    batch_size: int
    batching_window: float = 0.0
    #: None where every record is wanted.
    wanted: RecordFilter | None = field(default=None, compare=False, repr=False)
    #: Whether the function says which records of a batch have failed.
    reports_failures: bool = False
    #: ScalingConfig's MaximumConcurrency, or None.
    maximum_concurrency: int | None = None
    bisects: bool = False
    maximum_retries: int = -1
    maximum_age: float = -1.0
    parallelization: int = 1
    tumbling_window: float = 0.0
    starting_position: str = "LATEST"
    starting_timestamp: float | None = None
    #: The ARN of the on-failure destination, or None.
    on_failure: str | None = None

    @classmethod
    def read(cls, uuid: str, document: Mapping[str, Any]) -> Self:
        """The mapping in a catalog document; raises `ValueError` for what cannot be filtered."""
        on_failure = (document.get("DestinationConfig") or {}).get("OnFailure") or {}
        return cls(
            uuid=uuid,
            source_arn=document["EventSourceArn"],
            function_name=document["FunctionName"],
            qualifier=document["Qualifier"],
            batch_size=document["BatchSize"],
            batching_window=float(document.get("MaximumBatchingWindowInSeconds", 0)),
            wanted=record_filter(document.get("FilterCriteria")),
            reports_failures=_PARTIAL in (document.get("FunctionResponseTypes") or ()),
            maximum_concurrency=(document.get("ScalingConfig") or {}).get("MaximumConcurrency"),
            bisects=document.get("BisectBatchOnFunctionError", False),
            maximum_retries=document.get("MaximumRetryAttempts", -1),
            maximum_age=float(document.get("MaximumRecordAgeInSeconds", -1)),
            parallelization=document.get("ParallelizationFactor", 1),
            tumbling_window=float(document.get("TumblingWindowInSeconds", 0)),
            starting_position=document.get("StartingPosition", "LATEST"),
            starting_timestamp=document.get("StartingPositionTimestamp"),
            on_failure=on_failure.get("Destination"),
        )

    @property
    def service(self) -> str:
        """The source's service: "sqs", "kinesis" or "dynamodb"."""
        return self.source_arn.split(":")[2]
