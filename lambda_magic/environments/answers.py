"""What the runtime answers to the invocation in flight: at once, piece by piece, or not at all."""

from lambda_magic.core.clock import Clock
from lambda_magic.environments import faults
from lambda_magic.environments.chronicle import Chronicle, Stage
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.response_stream import Flow
from lambda_magic.runtime_api.streaming import StreamError


class Answers:
    """Takes a runtime's responses. When there is no invocation in flight, they are for nobody."""

    def __init__(self, stage: Stage, chronicle: Chronicle, clock: Clock) -> None:
        self._stage = stage
        self._chronicle = chronicle
        self._clock = clock

    def runtime_responded(self, payload: bytes) -> None:
        """The handler returned."""
        if execution := self._stage.execution:
            # What it wrote before it answered is in the pipes: it belongs to this invocation.
            self._stage.sandbox.drain_logs()
            execution.succeed(payload, self._clock.monotonic())
            self._chronicle.bus.publish_later(execution.runtime_done_event)

    def runtime_failed(self, payload: bytes, error_type: str) -> None:
        """The handler raised."""
        if execution := self._stage.execution:
            self._stage.sandbox.drain_logs()
            execution.fail(payload, error_type, self._clock.monotonic())
            self._chronicle.bus.publish_later(execution.runtime_done_event)

    def runtime_response_too_large(self) -> None:
        """The handler returned more than AWS's limit."""
        self.abort(faults.response_too_large())

    def runtime_response_begun(self, content_type: str, connection: Flow) -> None:
        """The runtime streams its response."""
        if execution := self._stage.execution:
            execution.begin_stream(content_type, connection, self._clock.monotonic())

    def runtime_response_continued(self, piece: bytes) -> bool:
        """The next piece of it."""
        execution = self._stage.execution
        if execution is None or execution.answered:
            return False
        if not execution.stream(piece):
            self.abort(faults.response_too_large(execution.stream_limit))
            return False
        return True

    def runtime_response_ended(self, error: StreamError | None) -> None:
        """That was all of it."""
        if execution := self._stage.execution:
            self._stage.sandbox.drain_logs()
            execution.end_stream(error, self._clock.monotonic())
            self._chronicle.bus.publish_later(execution.runtime_done_event)

    def runtime_response_rejected(self, error_type: str) -> None:
        """The response is none."""
        self.abort(faults.response_rejected(error_type))

    def abort(self, fault: Fault) -> None:
        """There will be no answer from the runtime, or none that counts."""
        execution = self._stage.execution
        if execution is None:
            return
        self._stage.sandbox.drain_logs()
        request_id = execution.invocation.request_id
        if line := fault.log_line(request_id):
            self._chronicle.process_ended(line, request_id)
        execution.abort(fault, self._clock.monotonic())
        self._chronicle.bus.publish_later(execution.runtime_done_event)
