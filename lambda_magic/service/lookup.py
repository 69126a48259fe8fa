"""From a request to what it is about: the one place that says "Function not found"."""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, Arns, FunctionReference, is_version
from lambda_magic.core.errors import PreconditionFailedException, ResourceNotFoundException
from lambda_magic.store.catalog import Catalog, FunctionRecord, FunctionVersion


class Lookup:
    """Finds in the catalog what requests name, or raises AWS's error."""

    def __init__(self, catalog: Catalog, arns: Arns) -> None:
        self.catalog = catalog
        self.arns = arns

    def reference(self, request: Mapping[str, Any], operation: str) -> FunctionReference:
        """The function and qualifier that a request names."""
        return self.arns.parse(
            request["FunctionName"], request.get("Qualifier"), operation=operation
        )

    def function(self, reference: FunctionReference) -> FunctionRecord:
        """The function; which of its versions does not matter."""
        found = self.catalog.find_function(reference.name)
        if found is None:
            raise self.not_found(reference.name)
        return found

    def version(self, reference: FunctionReference) -> FunctionVersion:
        """The version that a qualifier stands for; an alias stands for its `FunctionVersion`."""
        name, qualifier = reference.name, reference.qualifier
        version = qualifier or LATEST
        if not is_version(version):
            alias = self.catalog.find_alias(name, version)
            if alias is None:
                raise self.not_found(name, qualifier)
            version = alias["FunctionVersion"]
        found = self.catalog.find_version(name, version)
        if found is None:
            raise self.not_found(name, qualifier)
        return found

    def latest(self, function_name: str) -> FunctionVersion:
        """The function's `$LATEST`."""
        return self.version(FunctionReference(name=function_name))

    def alias(self, function_name: str, alias: str) -> dict[str, Any]:
        """An alias."""
        found = self.catalog.find_alias(function_name, alias)
        if found is None:
            arn = self.arns.function(function_name, alias)
            raise ResourceNotFoundException(f"Cannot find alias arn: {arn}")
        return found

    def revision(self, reference: FunctionReference) -> str:
        """The RevisionId of a function (`$LATEST`), or of one of its versions or aliases."""
        self.function(reference)
        name, qualifier = reference.name, reference.qualifier or LATEST
        if is_version(qualifier):
            return str(self.version(reference).configuration["RevisionId"])
        if "$" in qualifier:  # no alias has such a name
            raise self.not_found(name, qualifier)
        return str(self.alias(name, qualifier)["RevisionId"])

    def not_found(
        self, function_name: str, qualifier: str | None = None
    ) -> ResourceNotFoundException:
        """AWS's error for a function, or a version of it, that does not exist."""
        arn = self.arns.function(function_name, qualifier)
        return ResourceNotFoundException(f"Function not found: {arn}")


def check_revision(
    request: Mapping[str, Any], current: str, *, api: str = "GetFunction/GetAlias"
) -> None:
    """Refuse a change that was meant for an older revision; `api` is what tells the latest."""
    if request.get("RevisionId") not in (None, current):
        raise PreconditionFailedException(
            "The Revision Id provided does not match the latest Revision Id. Call the "
            f"{api} API to retrieve the latest Revision Id"
        )
