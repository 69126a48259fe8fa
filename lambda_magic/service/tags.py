"""Tags of functions."""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import FunctionReference
from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.lookup import Lookup

#: Tags per resource.
_MAX_TAGS = 50

Request = Mapping[str, Any]
Response = dict[str, Any]


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a resource may have."""
    if len(tags) > _MAX_TAGS:
        raise InvalidParameterValueException("Number of tags exceeds resource tag limit.")


class Tags:
    """The operations on tags."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def tag_resource(self, request: Request) -> Response:
        """Add tags, or give those there are another value."""
        function = self._function(request, "TagResource")
        if not request["Tags"]:
            raise InvalidParameterValueException(
                "An error occurred and the request cannot be processed."
            )
        with self._catalog.transaction() as changes:
            tags = {**self._lookup.function(function).tags, **request["Tags"]}
            check_tags(tags)
            changes.set_tags(function.name, tags)
        return {}

    async def untag_resource(self, request: Request) -> Response:
        """Take tags away, those that are there."""
        function = self._function(request, "UntagResource")
        with self._catalog.transaction() as changes:
            tags = dict(self._lookup.function(function).tags)
            for key in request["TagKeys"]:
                tags.pop(key, None)
            changes.set_tags(function.name, tags)
        return {}

    async def list_tags(self, request: Request) -> Response:
        """All tags of a function."""
        function = self._function(request, "ListTags")
        return {"Tags": dict(self._lookup.function(function).tags)}

    def _function(self, request: Request, operation: str) -> FunctionReference:
        reference = self._lookup.arns.parse(request["Resource"], operation=operation)
        if reference.qualifier is not None:
            raise InvalidParameterValueException(
                "Tags on function aliases and versions are not supported. Please specify a "
                "function ARN."
            )
        return reference
