"""Recursive loop detection: whether a function may be part of a loop.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.service.lookup import Lookup
from lambda_magic.store.settings import Setting

Request = Mapping[str, Any]
Response = dict[str, Any]


class Recursion:
    """The operations on the configuration of loop detection."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def get_function_recursion_config(self, request: Request) -> Response:
        """Whether a function's loops are stopped; they are unless it says otherwise."""
        reference = self._lookup.reference(request, "GetFunctionRecursionConfig")
        self._lookup.function(reference)
        return {"RecursiveLoop": self._catalog.recursion(reference.name)}

    async def put_function_recursion_config(self, request: Request) -> Response:
        """Have a function's loops stopped, or let them go on."""
        reference = self._lookup.reference(request, "PutFunctionRecursionConfig")
        config = {"RecursiveLoop": request["RecursiveLoop"]}
        with self._catalog.transaction() as changes:
            self._lookup.function(reference)
            changes.put_setting(Setting.RECURSION, reference.name, config)
        return config
