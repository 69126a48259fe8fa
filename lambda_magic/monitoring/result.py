"""The result of an invocation: what Invoke answers, and everything that can be read from it.

Made on the hot path, so it only holds what happened; all that is derived is worked out when asked.
"""

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from lambda_magic.core.errors import LambdaError
from lambda_magic.monitoring import cost, display, lines, report_line, stack
from lambda_magic.monitoring.events import PlatformEvent, Report, RuntimeDone
from lambda_magic.monitoring.report_line import InvocationReport
from lambda_magic.monitoring.stack import Excerpt

#: LogType=Tail answers with this many of the log's last bytes.
TAIL_SIZE = 4096


class FunctionError(LambdaError):
    """The function answered with an error."""

    # The service answers an Invoke of a failing function with success.
    status = 200

    def __init__(
        self,
        message: str | None = None,
        *,
        error_type: str | None = None,
        stack_trace: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        #: The exception's class in the handler, or AWS's name such as "Sandbox.Timedout".
        self.error_type = error_type or "Error"
        #: What the function said.
        self.error_message = self.message
        self.stack_trace = stack_trace

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: one line."""
        return [" ".join(f"{self.error_type}: {self.error_message}".splitlines())]


# Not frozen, though nobody changes it: that costs a microsecond, and this is the hot path.
@dataclass(kw_only=True, slots=True, repr=False)
class InvocationResult:
    """What an invocation came to.

    A function error is a result too; `raise_for_error` turns it into an exception.
    """

    #: 200, or 202 and 204 for the invocation types that do not wait.
    status_code: int
    #: The response, or the error document of a function error, as JSON text in UTF-8.
    payload_bytes: bytes
    #: None, "Handled" or "Unhandled".
    function_error: str | None
    #: Empty where nothing ran, or has not run yet.
    executed_version: str
    request_id: str
    function_name: str
    #: What happened for this invocation, from its Init, if it waited for one, to its Report.
    events: Sequence[PlatformEvent] = ()
    #: Path in the package -> text, so that an error can be shown in the handler's own source.
    source: Mapping[str, str] | None = field(default=None, compare=False)
    #: The log's tail, for a response that came over the API and so has no events.
    log_tail: str | None = None
    #: Decides the price, for a response that came over the API.
    architecture: str = "x86_64"
    #: Why the service did not run the function at all, where results are of many invocations and
    #: one refused must not end the others; `payload_bytes` is then the error's body.
    service_error: LambdaError | None = field(default=None, compare=False)

    @classmethod
    def from_response(
        cls,
        response: Mapping[str, Any],
        *,
        function_name: str,
        architecture: str = "x86_64",
        source: Mapping[str, str] | None = None,
    ) -> Self:
        """The same from a boto3 client's Invoke, real AWS included.

        `logs` and `report` need that it was invoked with `LogType="Tail"`.
        """
        payload = response.get("Payload", b"")
        tail = response.get("LogResult")
        return cls(
            status_code=response["StatusCode"],
            payload_bytes=payload if isinstance(payload, bytes) else payload.read(),
            function_error=response.get("FunctionError"),
            executed_version=response.get("ExecutedVersion", ""),
            request_id=response.get("ResponseMetadata", {}).get("RequestId", ""),
            function_name=function_name,
            source=source,
            log_tail=tail and base64.b64decode(tail).decode("utf-8", "replace"),
            architecture=architecture,
        )

    # What the function answered...

    @property
    def payload(self) -> Any:
        """The parsed response; None if it is empty."""
        return json.loads(self.payload_bytes) if self.payload_bytes else None

    @property
    def error_type(self) -> str | None:
        """`errorType` of a function error."""
        return _text(self._error_member("errorType"))

    @property
    def error_message(self) -> str | None:
        """`errorMessage` of a function error."""
        return _text(self._error_member("errorMessage"))

    @property
    def stack_trace(self) -> tuple[str, ...]:
        """`stackTrace` of a function error (Node.js calls it `trace`), in the language's order."""
        trace = self._error_member("stackTrace") or self._error_member("trace")
        return tuple(map(str, trace or ()))

    def raise_for_error(self) -> Self:
        """Raise `FunctionError` if the function failed; otherwise return this very result.

        Raises `service_error`, if there is one.
        """
        if self.service_error is not None:
            raise self.service_error
        if self.function_error is None:
            return self
        raise FunctionError(
            self._error_text, error_type=self.error_type, stack_trace=self.stack_trace
        )

    @property
    def _error_text(self) -> str:
        """The message, or where a runtime sent another kind of document, that document."""
        message = self.error_message
        return display.printable(self._pretty_payload() if message is None else message)

    def _error_member(self, name: str) -> Any:
        if self.function_error is None:
            return None
        try:
            document = self.payload
        except ValueError:
            return None
        return document.get(name) if isinstance(document, dict) else None

    # ...what was logged and measured...

    @property
    def logs(self) -> str:
        """All log lines of the invocation, from START (or its Init) to REPORT."""
        return lines.text(self.events) if self.log_tail is None else self.log_tail

    @property
    def log_result(self) -> str:
        """The last 4 KB of the log in base64, as Invoke answers to LogType=Tail."""
        tail = self.logs.encode("utf-8", "replace")[-TAIL_SIZE:]
        return base64.b64encode(tail).decode("ascii")

    @property
    def report(self) -> InvocationReport:
        """The numbers of the REPORT line, and the cost.

        Raises `LookupError` where there are none: nothing ran, or its log did not come along.
        """
        for event in reversed(self.events):
            if isinstance(event, Report):
                return _report(event, self._runtime_duration_ms())
        report = report_line.parse(self.log_tail or "", architecture=self.architecture)
        if report is None:
            raise LookupError('There is no REPORT line; did it run, and with LogType="Tail"?')
        return report

    def _runtime_duration_ms(self) -> float | None:
        done = (event for event in reversed(self.events) if isinstance(event, RuntimeDone))
        return next((event.duration_ms for event in done), None)

    # ...and how it is shown.

    def __repr__(self) -> str:
        report = self._report_or_none()
        duration = f", {report.duration_ms:.2f} ms" if report else ""
        billed = f", billed {report.billed_duration_ms} ms" if report else ""
        return f"<InvocationResult {self.title} [{self._outcome}{duration}{billed}]>"

    @property
    def title(self) -> str:
        """The function and the version that ran: "hello:3"."""
        version = f":{self.executed_version}" if self.executed_version else ""
        return f"{self.function_name}{version}"

    @property
    def excerpt(self) -> Excerpt | None:
        """The handler's source around the line that failed, where the source is known."""
        return stack.excerpt(self.stack_trace, self.source) if self.source else None

    def __str__(self) -> str:
        report = self._report_or_none()
        parts = [f"{self.title}  {self._outcome}" + (f"  {report}" if report else "")]
        if error := self._shown_error:
            where = self.excerpt
            parts.append(": ".join(filter(None, error)))
            parts.append(str(where) if where else stack.text(self.stack_trace))
        else:
            parts.append(display.shortened(self._pretty_payload()))
        return display.printable("\n".join(filter(None, parts)))

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        report, error = self._report_or_none(), self._shown_error
        parts = [display.heading(self.title, self._outcome, self.request_id)]
        if error:
            parts += self.error_html()
        elif self.payload_bytes:
            parts.append(display.preformatted(self._pretty_payload()))
        if report:
            parts.append(report._repr_html_())
        if logs := self.logs:
            parts.append(display.folded("Log", display.log(logs)))
        accent = display.VERMILLION if error else display.GREEN
        return display.printable(display.card(parts, accent=accent))

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON has it, with AWS's names."""
        report = self._report_or_none()
        return {
            "StatusCode": self.status_code,
            "ExecutedVersion": self.executed_version,
            "FunctionName": self.function_name,
            "FunctionError": self.function_error,
            "RequestId": self.request_id,
            "Payload": self._json_payload(),
            "Report": report and asdict(report),
            "Logs": self.logs.splitlines(),
        }

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, object]:
        return display.json_bundle(self.to_dict, include, exclude)

    def error_html(self) -> list[str]:
        """Why it failed, and where in the handler's source; nothing if it did not."""
        if self._shown_error is None:
            return []
        parts = [display.error(*self._shown_error)]
        if where := self.excerpt:
            parts.append(display.source_excerpt(where))
        if self.stack_trace:
            trace = display.preformatted(stack.text(self.stack_trace))
            parts.append(display.folded("Stack trace", trace))
        return parts

    @property
    def _outcome(self) -> str:
        return f"{self.status_code} {self.function_error or ''}".rstrip()

    @property
    def _shown_error(self) -> tuple[str, str] | None:
        if self.service_error is not None:
            return self.service_error.code, self.service_error.message
        if self.function_error is not None:
            return self.error_type or "Error", self._error_text
        return None

    def _report_or_none(self) -> InvocationReport | None:
        try:
            return self.report
        except LookupError:
            return None

    def _json_payload(self) -> Any:
        try:
            return self.payload
        except ValueError:
            return self.payload_bytes.decode("utf-8", "replace")

    def _pretty_payload(self) -> str:
        try:
            return display.pretty_json(self.payload)
        except ValueError:
            # Only a response that is no JSON at all, from a runtime that is not Python's.
            return self.payload_bytes.decode("utf-8", "replace")


def _text(member: Any) -> str | None:
    return None if member is None else str(member)


def _report(event: Report, runtime_duration_ms: float | None) -> InvocationReport:
    return InvocationReport(
        duration_ms=event.duration_ms,
        runtime_duration_ms=runtime_duration_ms,
        billed_duration_ms=event.billed_duration_ms,
        memory_size_mb=event.memory_size_mb,
        max_memory_used_mb=event.max_memory_used_mb,
        init_duration_ms=event.init_duration_ms,
        cost_usd=cost.report_cost(event),
    )
