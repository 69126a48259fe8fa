"""Tags of functions, and of all else that can have some."""

from collections.abc import Mapping
from typing import Any, Protocol

from lambda_magic.core.arns import FunctionReference
from lambda_magic.core.errors import InvalidParameterValueException, ResourceNotFoundException
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.revisions import renew
from lambda_magic.store.changes import Changes
from lambda_magic.store.resources import Kind

#: Tags per resource.
_MAX_TAGS = 50

#: What can have tags besides functions: as its ARN calls it, and as the store does.
_KINDS = {
    "capacity-provider": Kind.CAPACITY_PROVIDER,
    "code-signing-config": Kind.CODE_SIGNING_CONFIG,
    "event-source-mapping": Kind.EVENT_SOURCE_MAPPING,
}

Request = Mapping[str, Any]
Response = dict[str, Any]


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a resource may have, and those that only AWS may give."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameterValueException(
            "Tag keys that start with aws: are reserved for use by AWS."
        )
    if len(tags) > _MAX_TAGS:
        raise InvalidParameterValueException("Number of tags exceeds resource tag limit.")


class Tags:
    """The operations on tags."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def tag_resource(self, request: Request) -> Response:
        """Add tags, or give those there are another value."""
        tagged = self._tagged(request, "TagResource")
        if not request["Tags"]:
            raise InvalidParameterValueException(
                "An error occurred and the request cannot be processed."
            )
        with self._catalog.transaction() as changes:
            tags = {**tagged.tags(), **request["Tags"]}
            check_tags(tags)
            tagged.set_tags(changes, tags)
        return {}

    async def untag_resource(self, request: Request) -> Response:
        """Take tags away, those that are there."""
        tagged = self._tagged(request, "UntagResource")
        with self._catalog.transaction() as changes:
            tags = dict(tagged.tags())
            for key in request["TagKeys"]:
                tags.pop(key, None)
            tagged.set_tags(changes, tags)
        return {}

    async def list_tags(self, request: Request) -> Response:
        """All tags of a resource."""
        return {"Tags": dict(self._tagged(request, "ListTags").tags())}

    def _tagged(self, request: Request, operation: str) -> "_Tagged":
        arn: str = request["Resource"]
        kind, _, name = arn.split(":", 5)[5].partition(":")
        if kind in _KINDS:
            if arn != self._lookup.arns.resource(kind, name):
                raise ResourceNotFoundException()
            return _TaggedResource(self._lookup, _KINDS[kind], name)
        reference = self._lookup.arns.parse(arn, operation=operation)
        if reference.qualifier is not None:
            raise InvalidParameterValueException(
                "Tags on function aliases and versions are not supported. Please specify a "
                "function ARN."
            )
        return _TaggedFunction(self._lookup, reference)


class _Tagged(Protocol):
    """What has tags, if it exists."""

    def tags(self) -> Mapping[str, str]:
        """The tags there are."""

    def set_tags(self, changes: Changes, tags: Mapping[str, str]) -> None:
        """Replace them all."""


class _TaggedFunction:
    def __init__(self, lookup: Lookup, reference: FunctionReference) -> None:
        self._lookup = lookup
        self._reference = reference

    def tags(self) -> Mapping[str, str]:
        return self._lookup.function(self._reference).tags

    def set_tags(self, changes: Changes, tags: Mapping[str, str]) -> None:
        changes.set_tags(self._reference.name, tags)
        renew(changes, self._lookup, self._reference)


class _TaggedResource:
    def __init__(self, lookup: Lookup, kind: Kind, name: str) -> None:
        self._catalog = lookup.catalog
        self._kind = kind
        self._name = name

    def tags(self) -> Mapping[str, str]:
        found = self._catalog.resources.find(self._kind, self._name)
        if found is None:
            raise ResourceNotFoundException()
        return found.tags

    def set_tags(self, changes: Changes, tags: Mapping[str, str]) -> None:
        changes.set_resource_tags(self._kind, self._name, tags)
