"""Versions: published from `$LATEST`, and never changed after.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference, is_version
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import InvalidParameterValueException, ResourceConflictException
from lambda_magic.service import configuration as configurations
from lambda_magic.service.answers import answered, listed
from lambda_magic.service.images import Images
from lambda_magic.service.lookup import Lookup, check_revision
from lambda_magic.service.pages import page
from lambda_magic.service.protocols import Provisioner
from lambda_magic.service.revisions import renew
from lambda_magic.service.rules import check_supported
from lambda_magic.service.states import Configuration, check_settled, settled, timestamp
from lambda_magic.store.catalog import FunctionVersion
from lambda_magic.store.changes import Changes

Request = Mapping[str, Any]
Response = dict[str, Any]


class Versions:
    """The operations on published versions."""

    def __init__(
        self, lookup: Lookup, images: Images, provisioner: Provisioner, clock: Clock
    ) -> None:
        self._lookup = lookup
        self._images = images
        self._catalog = lookup.catalog
        self._provisioner = provisioner
        self._clock = clock

    async def publish_version(self, request: Request) -> Response:
        """Make a version of what `$LATEST` is now, unless the last version is just that."""
        name = self._lookup.reference(request, "PublishVersion").name
        check_supported(request)
        with self._catalog.transaction() as changes:
            self._check_publishable(name, request)
            return self.published(name) or self.add(
                changes, name, settled, description=request.get("Description")
            )

    async def list_versions_by_function(self, request: Request) -> Response:
        """`$LATEST` and all published versions, by number; a page at a time."""
        reference = self._lookup.reference(request, "ListVersionsByFunction")
        self._lookup.function(reference)
        versions, marker = page(self._catalog.versions(reference.name), request, key=_number)
        arns = self._lookup.arns
        return {"Versions": [listed(version, arns=arns) for version in versions], **marker}

    def published(self, name: str) -> Response | None:
        """The last version, if `$LATEST` has not changed since."""
        last = max(self._catalog.versions(name), key=_number)
        if last.version == LATEST or last.source != self._lookup.latest(name).fingerprint:
            return None
        return answered(last)

    def add(
        self,
        changes: Changes,
        name: str,
        state: Callable[[Mapping[str, Any]], Configuration],
        *,
        description: str | None = None,
    ) -> Response:
        """Publish `$LATEST` under the next number, in the `state` given."""
        function = self._lookup.function(FunctionReference(name=name))
        latest = self._lookup.latest(name)
        number = str(function.last_version + 1)
        version = state(configurations.published(answered(latest))) | {
            "Version": number,
            "FunctionArn": self._lookup.arns.function(name, number),
            "LastModified": timestamp(self._clock),
        }
        if description is not None:
            version["Description"] = description
        changes.put_version(name, version, source=latest.fingerprint)
        self._images.publish(changes, name, number)
        renew(changes, self._lookup, FunctionReference(name=name))
        return version

    def delete(self, name: str, version: str) -> Response:
        """Delete a published version; one that does not exist is deleted already."""
        if not is_version(version):
            raise InvalidParameterValueException("Deletion of aliases is not currently supported.")
        with self._catalog.transaction() as changes:
            self._lookup.function(FunctionReference(name=name))
            if aliases := self._aliases_of(name, version):
                raise ResourceConflictException(
                    "Unable to delete version because the following aliases reference it: "
                    f"[{', '.join(aliases)}]"
                )
            changes.delete_version(name, version)
            changes.delete_provisioned(name, version)
        self._provisioner.remove(name, version)
        return {"StatusCode": 204}

    def _aliases_of(self, name: str, version: str) -> list[str]:
        return [
            alias["Name"]
            for alias in self._catalog.aliases(name)
            if version == alias["FunctionVersion"]
            or version in alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        ]

    def _check_publishable(self, name: str, request: Request) -> None:
        latest = self._lookup.latest(name)
        check_revision(request, latest.configuration["RevisionId"])
        check_settled(latest.configuration)
        if request.get("CodeSha256") not in (None, "", latest.code_sha256):
            raise InvalidParameterValueException(
                f"CodeSHA256 ({request['CodeSha256']}) is different from current CodeSHA256 in "
                f"$LATEST ({latest.code_sha256}). Please try again with the CodeSHA256 in $LATEST."
            )


def _number(version: FunctionVersion) -> int:
    return 0 if version.version == LATEST else int(version.version)
