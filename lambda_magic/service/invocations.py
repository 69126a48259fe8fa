"""Invoke and its kin: hand an invocation to the parts that run it.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from lambda_magic.core import trace
from lambda_magic.core.arns import FunctionReference
from lambda_magic.core.errors import InvalidParameterValueException, NotSupportedException
from lambda_magic.core.invocation import InvocationType
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.protocols import EventInvoker, Invoked, Invoker, Stream


class Invocations:
    """The operations that run a function."""

    def __init__(self, lookup: Lookup, invoker: Invoker, event_invoker: EventInvoker) -> None:
        self._lookup = lookup
        self._invoker = invoker
        self._event_invoker = event_invoker

    async def invoke(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a function and answer with its result.

        With InvocationType Event, take the event and answer at once; with DryRun, only check.
        """
        reference = self._lookup.reference(request, "InvokeFunction")
        self._check(reference, request)
        if request.get("InvocationType") == InvocationType.DRY_RUN:
            self._invoker.dry_run(reference.name, reference.qualifier)
            return {"StatusCode": 204, "Payload": b""}
        payload = _bytes(request.get("Payload"))
        context = {
            "client_context": request.get("ClientContext"),
            "trace_id": trace.caller_trace_id.get(),
        }
        if request.get("InvocationType") == InvocationType.EVENT:
            accepted = await self._event_invoker.accept(
                reference.name, reference.qualifier, payload, **context
            )
            return {
                "ResponseMetadata": {"RequestId": accepted.request_id},
                "StatusCode": 202,
                "Payload": b"",
            }
        result = await self._invoker.invoke(reference.name, reference.qualifier, payload, **context)
        response: dict[str, Any] = {
            # The invocation's id is the request's: clients find it where all requests have one.
            "ResponseMetadata": {"RequestId": result.request_id},
            "StatusCode": result.status_code,
            "ExecutedVersion": result.executed_version,
            "Payload": result.payload_bytes,
        }
        if result.function_error is not None:
            response["FunctionError"] = result.function_error
        if request.get("LogType") == "Tail":
            response["LogResult"] = result.log_result
        return response

    async def invoke_async(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Take an event, as before Invoke had an InvocationType; deprecated by AWS."""
        reference = self._lookup.reference(request, "InvokeAsync")
        await self._event_invoker.accept(
            reference.name,
            reference.qualifier,
            _bytes(request["InvokeArgs"]),
            trace_id=trace.caller_trace_id.get(),
        )
        return {"Status": 202}

    async def invoke_with_response_stream(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a function and answer as soon as its response begins.

        The answer's `EventStream` is an asynchronous iterator of events, to be closed by whoever
        does not read all of them; the function goes on nonetheless.
        """
        reference = self._lookup.reference(request, "InvokeFunction")
        self._check(reference, request)
        if request.get("InvocationType") == InvocationType.DRY_RUN:
            self._invoker.dry_run(reference.name, reference.qualifier)
            return {"StatusCode": 204, "EventStream": _no_events()}
        stream = self._invoker.stream(
            reference.name,
            reference.qualifier,
            _bytes(request.get("Payload")),
            client_context=request.get("ClientContext"),
            trace_id=trace.caller_trace_id.get(),
        )
        await stream.begun()
        return {
            "ResponseMetadata": {"RequestId": stream.invocation.request_id},
            "StatusCode": 200,
            "ExecutedVersion": stream.invocation.version,
            "ResponseStreamContentType": "application/vnd.amazon.eventstream",
            "EventStream": _events(stream, with_log=request.get("LogType") == "Tail"),
        }

    def _check(self, reference: FunctionReference, request: Mapping[str, Any]) -> None:
        if request.get("DurableExecutionName"):
            raise NotSupportedException("Durable executions are not supported by lambda_magic.")
        is_tenanted = self._invoker.is_tenanted(reference.name)
        if is_tenanted and not request.get("TenantId"):
            raise InvalidParameterValueException(
                "The invoked function is enabled with tenancy configuration. Add a valid tenant ID "
                "in your request and try again."
            )
        if request.get("TenantId") and not is_tenanted:
            raise InvalidParameterValueException(
                "The invoked function is not enabled with tenancy configuration."
            )


def _bytes(payload: str | bytes | None) -> bytes:
    return payload.encode() if isinstance(payload, str) else bytes(payload or b"")


async def _events(stream: Stream, *, with_log: bool) -> AsyncIterator[dict[str, Any]]:
    """The events of a response: its pieces, and in the end how it ended."""
    try:
        async for piece in stream:
            yield {"PayloadChunk": {"Payload": piece}}
        yield {"InvokeComplete": _completion(stream.result, with_log=with_log)}
    finally:
        stream.abandon()


def _completion(result: Invoked, *, with_log: bool) -> dict[str, str]:
    completion = {}
    if result.function_error is not None:
        completion["ErrorCode"] = result.error_type or result.function_error
        completion["ErrorDetails"] = result.payload_bytes.decode("utf-8", "replace")
    if with_log:
        completion["LogResult"] = result.log_result
    return completion


async def _no_events() -> AsyncIterator[dict[str, Any]]:
    return
    yield
