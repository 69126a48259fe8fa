"""Reserved concurrency.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference
from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.quota import Quota

Request = Mapping[str, Any]
Response = dict[str, Any]


class Concurrency:
    """The operations on reserved concurrency."""

    def __init__(self, lookup: Lookup, quota: Quota) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._quota = quota

    async def put_function_concurrency(self, request: Request) -> Response:
        """Reserve concurrency for a function: at least this much for it, and at most."""
        function = self._function(request, "PutFunctionConcurrency")
        requested = request["ReservedConcurrentExecutions"]
        with self._catalog.transaction() as changes:
            if self._catalog.find_function(function.name) is None:
                raise self._lookup.not_found(function.name, LATEST)
            self._check(function.name, requested)
            changes.set_reserved_concurrency(function.name, requested)
        return {"ReservedConcurrentExecutions": requested}

    async def get_function_concurrency(self, request: Request) -> Response:
        """The concurrency reserved for a function, if there is any."""
        reference = self._lookup.reference(request, "GetFunctionConcurrency")
        reserved = self._lookup.function(reference).reserved_concurrency
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    async def delete_function_concurrency(self, request: Request) -> Response:
        """Reserve nothing any more."""
        function = self._function(request, "DeleteFunctionConcurrency")
        with self._catalog.transaction() as changes:
            self._lookup.function(function)
            changes.set_reserved_concurrency(function.name, None)
        return {}

    def _function(self, request: Request, operation: str) -> FunctionReference:
        reference = self._lookup.reference(request, operation)
        if reference.qualifier is not None:
            raise InvalidParameterValueException(
                "This operation is permitted on Lambda functions only. Aliases and versions do "
                "not support this operation. Please specify either a function name or an "
                "unqualified function ARN."
            )
        return reference

    def _check(self, function_name: str, requested: int) -> None:
        quota = self._quota
        left = quota.unreserved() + quota.set_aside(function_name) - requested
        if left < quota.minimum_unreserved:
            raise InvalidParameterValueException(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of "
                f"[{quota.minimum_unreserved}]."
            )
        provisioned = quota.provisioned(function_name)
        if provisioned > requested:
            raise InvalidParameterValueException(
                f" ReservedConcurrentExecutions  {requested} should not be lower than function's "
                f"total provisioned concurrency [{provisioned}]."
            )
