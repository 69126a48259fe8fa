"""Platform events: everything that happens, with the names and fields of AWS's Telemetry API.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html

Producers publish these on the bus and know no consumer. Times are seconds since the epoch,
durations milliseconds, memory MB, as in AWS's records.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The execution environment that an event comes from; one object per environment."""

    #: A UUID without dashes; the telemetry schema's `instanceId`, and the tail of the log stream.
    environment_id: str
    function_name: str
    #: A published version or "$LATEST".
    function_version: str
    #: "/aws/lambda/NAME" unless the function's LoggingConfig says otherwise.
    log_group: str
    #: "2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef".
    log_stream: str
    memory_size_mb: int
    #: "x86_64" or "arm64": the function's, which decides its price.
    architecture: str
    #: "on-demand" or "provisioned-concurrency".
    initialization_type: str
    #: The runtime's identifier, such as "python3.12".
    runtime: str
    #: EphemeralStorage, in MB.
    ephemeral_storage_mb: int = 512
    #: LoggingConfig's LogFormat, "Text" or "JSON".
    log_format: str = "Text"
    #: LoggingConfig's levels, which count with JSON only: of what the function writes, and of what
    #: Lambda itself does.
    application_log_level: str = "INFO"
    system_log_level: str = "INFO"
    #: Appears in the INIT_START line's runtime ARN.
    region_name: str = "us-east-1"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformEvent:
    """The base of all events; `type` is the Telemetry API's name for the kind."""

    type: ClassVar[str]

    time: float
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class InitStart(PlatformEvent):
    """The Init phase began."""

    type: ClassVar[str] = "platform.initStart"

    #: "init", or "invoke" where a failed Init is run again within an invocation.
    phase: str
    #: "python:3.12.v1"-like text for the INIT_START line.
    runtime_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InitRuntimeDone(PlatformEvent):
    """The runtime finished its part of Init."""

    type: ClassVar[str] = "platform.initRuntimeDone"

    phase: str
    #: "success", "error" or "timeout".
    status: str
    error_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InitReport(PlatformEvent):
    """The Init phase ended."""

    type: ClassVar[str] = "platform.initReport"

    phase: str
    #: "success", "error" or "timeout".
    status: str
    duration_ms: float
    error_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreStart(PlatformEvent):
    """An environment began to be restored from a snapshot (SnapStart)."""

    type: ClassVar[str] = "platform.restoreStart"

    runtime_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreReport(PlatformEvent):
    """The restore ended, its runtime hooks included."""

    type: ClassVar[str] = "platform.restoreReport"

    #: "success", "failure", "error" or "timeout".
    status: str
    duration_ms: float
    error_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Start(PlatformEvent):
    """An invocation was given to the environment."""

    type: ClassVar[str] = "platform.start"

    request_id: str
    version: str
    #: The alias that the invocation came through, or None.
    alias: str | None
    trace_id: str
    #: How many invocations are in flight, this one included.
    function_concurrency: int
    account_concurrency: int
    #: Whether it runs on on-demand concurrency because all provisioned was in use.
    spillover: bool
    #: How many invocations are in flight on unreserved concurrency, this one included; None if
    #: this one is not one of them.
    unreserved_concurrency: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeDone(PlatformEvent):
    """The runtime has answered an invocation, or can no longer."""

    type: ClassVar[str] = "platform.runtimeDone"

    request_id: str
    #: "success", "failure" (the handler raised), "error" (the runtime died) or "timeout".
    status: str
    duration_ms: float
    produced_bytes: int
    error_type: str | None = None
    #: When the runtime began to answer, in seconds since the epoch; None if it never did.
    response_started: float | None = None
    #: As in Start; None where nobody traces.
    trace_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report(PlatformEvent):
    """An invocation is over, for the runtime and every extension."""

    type: ClassVar[str] = "platform.report"

    request_id: str
    alias: str | None
    #: "success", "failure", "error" or "timeout".
    status: str
    duration_ms: float
    #: Whole milliseconds: Init and invocation together, rounded up.
    billed_duration_ms: int
    memory_size_mb: int
    max_memory_used_mb: int
    #: Only where this invocation waited for an Init (a cold start).
    init_duration_ms: float | None = None
    error_type: str | None = None
    #: When extensions alone were still at work, in seconds since the epoch; None without any.
    runtime_ready: float | None = None
    #: As in Start; None where nobody traces.
    trace_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformFault(PlatformEvent):
    """The runtime ended in the middle of an invocation; the message says how."""

    type: ClassVar[str] = "platform.fault"

    message: str
    request_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionState(PlatformEvent):
    """What became of an extension: once for each, when Init is over or it has failed."""

    type: ClassVar[str] = "platform.extension"

    #: The file's name, of an external one.
    name: str
    #: "Ready", "Registered", "LaunchError", "InitError", "ExitError" or "Crash".
    state: str
    #: What it registered for: "INVOKE", "SHUTDOWN".
    events: tuple[str, ...] = ()
    error_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TelemetrySubscription(PlatformEvent):
    """An extension has subscribed to the Telemetry API."""

    type: ClassVar[str] = "platform.telemetrySubscription"

    name: str
    #: "Subscribed", or "Already subscribed" where it had, and changed nothing.
    state: str
    #: "platform", "function" or "extension".
    types: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether it had no such subscription before."""
        return self.state == "Subscribed"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogsSubscription(TelemetrySubscription):
    """An extension has subscribed to the Logs API."""

    type: ClassVar[str] = "platform.logsSubscription"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogsDropped(PlatformEvent):
    """A subscriber did not take what it was sent, and some of it is lost to it."""

    type: ClassVar[str] = "platform.logsDropped"

    reason: str
    dropped_records: int
    dropped_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LogRecord(PlatformEvent):
    """One message that the function wrote; its text may have many lines."""

    type: ClassVar[str] = "function"

    message: str
    #: The invocation in flight, or None during Init.
    request_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionLogRecord(LogRecord):
    """The same of an external extension."""

    type: ClassVar[str] = "extension"


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentChanged(PlatformEvent):
    """An environment moved to another state of its lifecycle (ours; not in AWS's schema)."""

    type: ClassVar[str] = "environment.changed"

    #: The name of an `EnvironmentState`, "Frozen" or "Thawed".
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Throttle:
    """An invocation was turned away (ours; not in AWS's schema). It has no environment."""

    type: ClassVar[str] = "throttle"

    time: float
    function_name: str
    #: The version that would have run, and the alias that was asked for.
    version: str
    alias: str | None
    #: `TooManyRequestsException`'s Reason.
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """A value of a metric that no environment can tell (ours; not in AWS's schema).

    It is how the queue of asynchronous events, and function URLs, say what they do.
    """

    type: ClassVar[str] = "measurement"

    time: float
    function_name: str
    #: The version or the alias that was asked for, or None.
    qualifier: str | None
    #: CloudWatch's name, such as "AsyncEventsReceived".
    metric: str
    #: In the metric's unit: a count, or milliseconds.
    value: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PollerState:
    """How an event source mapping is doing (ours; not in AWS's schema). It has no environment.

    Each one replaces the one before it of the same mapping.
    """

    type: ClassVar[str] = "poller"

    time: float
    #: The mapping's UUID.
    uuid: str
    function_name: str
    qualifier: str | None
    source_arn: str
    #: The mapping's State, such as "Enabled", or "Deleted" once it is gone.
    state: str
    #: LastProcessingResult, or None.
    result: str | None = None
    #: How many batches of a queue may be with the function at once, or the shards that are read.
    pollers: int = 0
    #: Records since polling began in this process: read, and in batches that have failed (each
    #: time they do).
    polled: int = 0
    failed: int = 0
    #: The age of the oldest record that was read and is not done with; 0 if there is none.
    lag_ms: float = 0.0
    #: Messages that wait in the queue, about; None for a stream.
    backlog: int | None = None


Event = PlatformEvent | Throttle | Measurement | PollerState
