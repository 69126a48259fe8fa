"""Functions: created, found, updated and deleted.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and its neighbours.
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import InvalidParameterValueException, ResourceConflictException
from lambda_magic.core.images import ResolvedImage
from lambda_magic.service import configuration as configurations
from lambda_magic.service import rules
from lambda_magic.service.answers import answered, listed, qualified
from lambda_magic.service.dependencies import Dependencies
from lambda_magic.service.images import Images, as_code, is_image
from lambda_magic.service.lookup import Lookup, check_revision
from lambda_magic.service.packages import Packages
from lambda_magic.service.pages import page
from lambda_magic.service.protocols import Provisioner
from lambda_magic.service.states import States, check_settled, in_progress, pending, timestamp
from lambda_magic.service.tags import check_tags
from lambda_magic.service.versions import Versions
from lambda_magic.store.catalog import FunctionVersion
from lambda_magic.store.changes import Changes
from lambda_magic.store.code import StoredCode

Request = Mapping[str, Any]
Response = dict[str, Any]


class Functions:
    """The operations on functions."""

    def __init__(
        self,
        lookup: Lookup,
        packages: Packages,
        images: Images,
        dependencies: Dependencies,
        versions: Versions,
        states: States,
        *,
        provisioner: Provisioner,
        clock: Clock,
    ) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._packages = packages
        self._images = images
        self._dependencies = dependencies
        self._versions = versions
        self._states = states
        self._provisioner = provisioner
        self._clock = clock

    async def create_function(self, request: Request) -> Response:
        """Create a function from a deployment package, and with Publish its version 1, too."""
        name = self._lookup.arns.parse(request["FunctionName"], operation="CreateFunction").name
        rules.check_created(request, name)
        check_tags(request.get("Tags") or {})
        await self._dependencies.check(request)
        layers = self._dependencies.layers(request) or []
        self._refuse_existing(name)
        image, code = await self._put_code(request, request["Code"], "CreateFunction")
        if image is None:
            await self._dependencies.prepare(layers, code.sha256)
        latest = pending(
            configurations.created(request, name, code, self._lookup.arns, layers)
            | {"LastModified": timestamp(self._clock)}
        )
        created = [(name, LATEST)]
        answer = latest
        with self._catalog.transaction() as changes:
            self._refuse_existing(name)
            changes.add_function(name, request.get("Tags") or {})
            changes.put_version(name, latest)
            if image is not None:
                self._images.keep(changes, name, image)
            self._dependencies.attach(changes, name, request)
            if request.get("Publish"):
                published = self._versions.add(changes, name, pending)
                created.append((name, published["Version"]))
                # AWS answers with the version's number, but the function's ARN.
                answer = published | {"FunctionArn": latest["FunctionArn"]}
        self._states.settle_soon(*created)
        return answer

    async def get_function(self, request: Request) -> Response:
        """A function's configuration, and where its code is."""
        reference = self._lookup.reference(request, "GetFunction")
        version = self._lookup.version(reference)
        function = self._lookup.function(reference)
        response: Response = {
            "Configuration": qualified(version, reference, self._lookup.arns),
            "Code": self._location(reference.name, version),
        }
        if function.tags:
            response["Tags"] = dict(function.tags)
        if function.reserved_concurrency is not None:
            reserved = function.reserved_concurrency
            response["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
        return response

    async def get_function_configuration(self, request: Request) -> Response:
        """A function's configuration."""
        reference = self._lookup.reference(request, "GetFunctionConfiguration")
        return qualified(self._lookup.version(reference), reference, self._lookup.arns)

    async def list_functions(self, request: Request) -> Response:
        """All functions, or with FunctionVersion=ALL all their versions; a page at a time."""
        if request.get("FunctionVersion") != "ALL":
            names, marker = page(self._catalog.functions(), request, key=str)
            found = [self._catalog.find_version(name, LATEST) for name in names]
            return {"Functions": [listed(version) for version in found if version], **marker}
        pairs, marker = page(
            self._catalog.all_versions(),
            request,
            key=lambda pair: [pair[0], 0 if pair[1] == LATEST else int(pair[1])],
        )
        found = [self._catalog.find_version(name, version) for name, version in pairs]
        arns = self._lookup.arns
        return {"Functions": [listed(version, arns=arns) for version in found if version], **marker}

    async def update_function_code(self, request: Request) -> Response:
        """Replace the code of `$LATEST`; with Publish also publish it, with DryRun do not."""
        name = self._lookup.reference(request, "UpdateFunctionCode").name
        latest = self._changeable(name, request).configuration
        rules.check_code(request, latest)
        if request.get("DryRun"):
            code = await self._examine_code(latest, request, "UpdateFunctionCode")
            current = answered(self._changeable(name, request))
            return configurations.with_code(current, request, code)
        image, code = await self._put_code(latest, request, "UpdateFunctionCode")
        if image is None:
            await self._dependencies.prepare(latest.get("Layers") or [], code.sha256)
        with self._catalog.transaction() as changes:
            current = answered(self._changeable(name, request))
            answer = self._put_latest(
                changes, name, configurations.with_code(current, request, code)
            )
            if image is not None:
                self._images.keep(changes, name, image)
            updated = [(name, LATEST)]
            if request.get("Publish"):
                version = self._versions.published(name)
                answer = version or self._versions.add(changes, name, pending)
                updated.append((name, answer["Version"]))
        self._states.settle_soon(*updated)
        return answer

    async def update_function_configuration(self, request: Request) -> Response:
        """Change members of the configuration of `$LATEST`."""
        name = self._lookup.reference(request, "UpdateFunctionConfiguration").name
        latest = self._lookup.latest(name)
        rules.check(request, latest.configuration)
        await self._dependencies.check(request)
        layers = self._dependencies.layers(request)
        if layers:
            await self._dependencies.prepare(layers, latest.code_sha256)
        with self._catalog.transaction() as changes:
            current = answered(self._changeable(name, request))
            changed = configurations.updated(current, request, self._lookup.arns, layers)
            answer = self._put_latest(changes, name, changed)
        self._states.settle_soon((name, LATEST))
        return answer

    async def delete_function(self, request: Request) -> Response:
        """Delete a function with all that belongs to it, or with Qualifier one version."""
        reference = self._lookup.reference(request, "DeleteFunction")
        qualifier = reference.qualifier
        if qualifier == LATEST:
            raise InvalidParameterValueException(
                "$LATEST version cannot be deleted without deleting the function."
            )
        if qualifier is not None:
            return self._versions.delete(reference.name, qualifier)
        with self._catalog.transaction() as changes:
            self._lookup.function(reference)
            provisioned = self._catalog.provisioned_configs(reference.name)
            changes.delete_function(reference.name)
        for provisioned_qualifier in provisioned:
            self._provisioner.remove(reference.name, provisioned_qualifier)
        return {"StatusCode": 204}

    async def _put_code(
        self, function: Request, code: Request, operation: str
    ) -> tuple[ResolvedImage | None, StoredCode]:
        """Store a function's deployment package, or find out what its image is."""
        if is_image(function):
            image = await self._images.resolve(code)
            return image, as_code(image)
        return None, await self._packages.put(code, operation)

    async def _examine_code(self, function: Request, code: Request, operation: str) -> StoredCode:
        """What storing it would come to."""
        if is_image(function):
            return as_code(await self._images.resolve(code))
        return await self._packages.examine(code, operation)

    def _location(self, name: str, version: FunctionVersion) -> Mapping[str, str]:
        if is_image(version.configuration):
            return self._images.location(name, version.version)
        location = self._packages.location(version.code_sha256)
        return {"RepositoryType": "S3", "Location": location}

    def _refuse_existing(self, name: str) -> None:
        if self._catalog.find_function(name) is not None:
            raise ResourceConflictException(f"Function already exist: {name}")

    def _changeable(self, name: str, request: Request) -> FunctionVersion:
        """`$LATEST`, if it may be changed now and is what the caller thinks it is."""
        latest = self._lookup.latest(name)
        check_revision(request, latest.configuration["RevisionId"])
        check_settled(latest.configuration)
        return latest

    def _put_latest(self, changes: Changes, name: str, changed: Mapping[str, Any]) -> Response:
        latest = in_progress({**changed, "LastModified": timestamp(self._clock)})
        changes.put_version(name, latest)
        return latest
