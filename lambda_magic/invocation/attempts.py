"""What an attempt leaves behind in its event, and what can be read from it later."""

from dataclasses import replace

from lambda_magic.core.arns import LATEST
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.store.event_queue import QueuedEvent


def counted(event: QueuedEvent, outcome: InvocationResult | Exception) -> QueuedEvent:
    """The event with one more attempt; one that could not run at all is a setback."""
    if not isinstance(outcome, InvocationResult):
        return replace(event, setbacks=event.setbacks + 1)
    return replace(
        event,
        attempts=event.attempts + 1,
        setbacks=0,
        answer=outcome.payload_bytes,
        executed_version=outcome.executed_version,
    )


def last_answer(event: QueuedEvent) -> InvocationResult | None:
    """What the function answered last, in this process or in another; None if it has not run."""
    if event.answer is None:
        return None
    return InvocationResult(
        status_code=200,
        payload_bytes=event.answer,
        function_error="Unhandled",  # else there would have been no other attempt
        executed_version=event.executed_version or LATEST,
        request_id=event.request_id,
        function_name=event.function_name,
    )
