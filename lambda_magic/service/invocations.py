"""Invoke: hands an invocation to the parts that run it.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.invocation import InvocationType
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.protocols import Invoker


class Invocations:
    """The operation that runs a function."""

    def __init__(self, lookup: Lookup, invoker: Invoker) -> None:
        self._lookup = lookup
        self._invoker = invoker

    async def invoke(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a function and answer with its result, or with DryRun only check that it can."""
        reference = self._lookup.reference(request, "InvokeFunction")
        _check(request)
        if request.get("InvocationType") == InvocationType.DRY_RUN:
            self._invoker.dry_run(reference.name, reference.qualifier)
            return {"StatusCode": 204, "Payload": b""}
        payload = request.get("Payload") or b""
        result = await self._invoker.invoke(
            reference.name,
            reference.qualifier,
            payload.encode() if isinstance(payload, str) else bytes(payload),
            client_context=request.get("ClientContext"),
        )
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


def _check(request: Mapping[str, Any]) -> None:
    if request.get("InvocationType") == InvocationType.EVENT:
        raise InvalidParameterValueException(
            "InvocationType Event (asynchronous invocation) is not available in this version of "
            "lambda_magic: use RequestResponse."
        )
    if request.get("DurableExecutionName"):
        raise InvalidParameterValueException(
            "DurableExecutionName is not available in this version of lambda_magic."
        )
    if request.get("TenantId"):
        raise InvalidParameterValueException(
            "The invoked function is not enabled with tenancy configuration."
        )
