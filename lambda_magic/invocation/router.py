"""The router: from a function name and a qualifier to the version that runs.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html

What it finds is kept until the catalog changes, since every invocation asks.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_magic.core.arns import LATEST, Arns, is_version
from lambda_magic.core.aws import function_credentials, stand_in_url
from lambda_magic.core.errors import ResourceConflictException, ResourceNotFoundException
from lambda_magic.core.settings import Settings
from lambda_magic.environments.sandbox import CONTAINER, DEFAULT_NETWORK, ContainerImage
from lambda_magic.environments.spec import (
    ENVIRONMENT_TAG,
    NETWORK_TAG,
    RUNTIME_CLIENT_TAG,
    EnvironmentSpec,
    LambdaEndpoint,
)
from lambda_magic.invocation.concurrency import Limits
from lambda_magic.store.catalog import Catalog, FunctionVersion
from lambda_magic.store.code import CodeStore
from lambda_magic.store.settings import Setting

#: Seconds for which nobody asks whether another kernel has written. Our own writes are seen at
#: once; theirs after this, which is less than what a second invocation takes.
_LOOK_INTERVAL = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Where an invocation goes."""

    spec: EnvironmentSpec
    #: The ARN that the caller asked for, with its qualifier.
    invoked_function_arn: str
    #: The alias that was asked for, or None.
    alias: str | None
    #: The qualifiers whose provisioned concurrency may serve it, the first one first.
    allotments: tuple[str, ...]
    limits: Limits


class Router:
    """Resolves qualifiers. `chance` answers a number in [0, 1) for each weighted choice."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        code_store: CodeStore,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._code_store = code_store
        self._chance = chance
        self._arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        self._endpoint: LambdaEndpoint | None = None
        self._credentials = function_credentials(settings)
        # What was found in this generation of the catalog.
        self._generation = -1
        self._writes = -1
        self._looked = 0.0
        self._routes: dict[tuple[str, str | None], list[tuple[Route, float]]] = {}
        self._current: dict[tuple[str, str], str | None] = {}
        self._tenanted: dict[str, bool] = {}

    def refresh(self) -> None:
        """Forget what was found if the catalog has changed since."""
        now = time.monotonic()
        if self._writes == self._catalog.writes and now - self._looked < _LOOK_INTERVAL:
            return
        self._writes, self._looked = self._catalog.writes, now
        generation = self._catalog.generation
        if generation != self._generation:
            self._generation = generation
            self._routes.clear()
            self._current.clear()
            self._tenanted.clear()

    def use_endpoint(self, endpoint: LambdaEndpoint | None) -> None:
        """Have functions call the API there from now on: environments that do not are stale."""
        self._endpoint = endpoint
        self._routes.clear()
        self._current.clear()

    def route(self, function_name: str, qualifier: str | None) -> Route:
        """The version that an invocation runs on; by chance, where an alias has weights.

        Raises `ResourceNotFoundException`, or `ResourceConflictException` while the function is
        still being created.
        """
        self.refresh()
        routes = self._routes.get((function_name, qualifier))
        if routes is None:
            routes = self._find_routes(function_name, qualifier)
            self._routes[function_name, qualifier] = routes
        if len(routes) == 1:
            return routes[0][0]
        at = self._chance()
        for route, weight in routes:
            at -= weight
            if at < 0:
                return route
        return routes[0][0]

    def is_tenanted(self, function_name: str) -> bool:
        """Whether the function has a TenancyConfig, and so every invocation is for one tenant."""
        self.refresh()
        try:
            return self._tenanted[function_name]
        except KeyError:
            latest = self._catalog.find_version(function_name, LATEST)
            found = latest is not None and "TenancyConfig" in latest.configuration
            self._tenanted[function_name] = found
            return found

    def provisioned(self) -> list[tuple[str, str, int]]:
        """Every (function name, qualifier, number) of provisioned concurrency there should be."""
        self.refresh()
        return self._catalog.all_provisioned()

    def targets(self, function_name: str, qualifier: str) -> list[tuple[EnvironmentSpec, float]]:
        """The versions behind a qualifier, with their weights."""
        self.refresh()
        return [
            (route.spec, weight) for route, weight in self._find_routes(function_name, qualifier)
        ]

    def is_current(self, spec: EnvironmentSpec) -> bool:
        """Whether the version still is what `spec` says, as of the last `refresh`."""
        key = (spec.function_name, spec.version)
        try:
            return self._current[key] == spec.generation
        except KeyError:
            version = self._catalog.find_version(*key)
            generation = None if version is None else self._generation_of(version)
            self._current[key] = generation
            return generation == spec.generation

    def _find_routes(self, function_name: str, qualifier: str | None) -> list[tuple[Route, float]]:
        alias = None if qualifier is None or is_version(qualifier) else qualifier
        weights = {qualifier or LATEST: 1.0}
        if alias is not None:
            found = self._catalog.find_alias(function_name, alias)
            if found is None:
                raise self._not_found(function_name, qualifier)
            weights = _weights(found)
        limits = self._limits(function_name)
        provisioned = self._catalog.provisioned_configs(function_name)
        routes = []
        for number, weight in weights.items():
            version = self._catalog.find_version(function_name, number)
            if version is None:
                raise self._not_found(function_name, qualifier)
            _check_state(version.configuration)
            route = Route(
                spec=self._spec(version),
                invoked_function_arn=self._arns.function(function_name, qualifier),
                alias=alias,
                allotments=tuple(name for name in (alias, number) if name in provisioned),
                limits=limits,
            )
            routes.append((route, weight))
        return routes

    def _not_found(self, function_name: str, qualifier: str | None) -> ResourceNotFoundException:
        arn = self._arns.function(function_name, qualifier or LATEST)
        return ResourceNotFoundException(f"Function not found: {arn}")

    def _limits(self, function_name: str) -> Limits:
        catalog = self._catalog
        return Limits(
            account=self._settings.concurrent_executions,
            total_reserved=catalog.total_reserved(),
            provisioned_unreserved=sum(
                requested
                for name, _, requested in catalog.all_provisioned()
                if catalog.reserved_concurrency(name) is None
            ),
            reserved=catalog.reserved_concurrency(function_name),
            provisioned=sum(catalog.provisioned_configs(function_name).values()),
        )

    def _spec(self, version: FunctionVersion) -> EnvironmentSpec:
        configuration = version.configuration
        logging: Mapping[str, Any] = configuration.get("LoggingConfig", {})
        function_name = configuration["FunctionName"]
        return EnvironmentSpec(
            function_name=function_name,
            version=version.version,
            generation=self._generation_of(version),
            runtime=configuration.get("Runtime", ""),
            handler=configuration.get("Handler", ""),
            code=self._code(version),
            layers=self._layers(configuration),
            timeout=float(configuration["Timeout"]),
            memory_size_mb=configuration["MemorySize"],
            ephemeral_storage_mb=configuration["EphemeralStorage"]["Size"],
            architecture=configuration["Architectures"][0],
            log_group=logging.get("LogGroup", f"/aws/lambda/{function_name}"),
            log_format=logging.get("LogFormat", "Text"),
            application_log_level=logging.get("ApplicationLogLevel", "INFO"),
            system_log_level=logging.get("SystemLogLevel", "INFO"),
            region_name=self._settings.region_name,
            account_id=self._settings.account_id,
            environment_variables=dict(configuration.get("Environment", {}).get("Variables", {})),
            cpu_quota=self._settings.cpu_quota,
            runtime_client=self._runtime_client(version),
            endpoint=self._endpoint,
            environment=self._environment(version),
            network=self._tags(version).get(NETWORK_TAG, DEFAULT_NETWORK),
            aws_endpoint_url=stand_in_url(self._settings),
            aws_credentials=dict(self._credentials),
            image=self._image(version),
        )

    def _code(self, version: FunctionVersion) -> Path:
        if _is_image(version.configuration):
            return Path("/var/task")  # In the image, whatever that has there.
        return self._code_store.directory(version.code_sha256)

    def _image(self, version: FunctionVersion) -> ContainerImage | None:
        configuration = version.configuration
        if not _is_image(configuration):
            return None
        names = self._catalog.settings.find(
            Setting.IMAGE, configuration["FunctionName"], version.version
        )
        return _container_image(configuration, (names or {}).get("ImageUri", ""))

    def _environment(self, version: FunctionVersion) -> str:
        """The kind of sandbox that a version runs in."""
        if _is_image(version.configuration):
            return CONTAINER
        return self._tags(version).get(ENVIRONMENT_TAG, self._settings.environment)

    def _runtime_client(self, version: FunctionVersion) -> str:
        """Whose client runs the handler."""
        return self._tags(version).get(RUNTIME_CLIENT_TAG, self._settings.runtime_client)

    def _tags(self, version: FunctionVersion) -> Mapping[str, str]:
        function = self._catalog.find_function(version.configuration["FunctionName"])
        return {} if function is None else function.tags

    def _layers(self, configuration: Mapping[str, Any]) -> Path | None:
        """What the function finds in /opt; of versions that may be deleted by now, too."""
        described = configuration.get("Layers") or []
        contents = self._catalog.layers.contents(layer["Arn"] for layer in described)
        return self._code_store.merged(contents) if contents else None

    def _generation_of(self, version: FunctionVersion) -> str:
        """What environments of a version must agree on: its own state, where it is to run, and
        the endpoint's.
        """
        parts = [version.generation, self._environment(version)]
        tags = self._tags(version)
        parts += filter(None, [tags.get(NETWORK_TAG), tags.get(RUNTIME_CLIENT_TAG)])
        if self._endpoint is not None:
            parts.append(self._endpoint.url)
        return " ".join(parts)


def _weights(alias: Mapping[str, Any]) -> dict[str, float]:
    """The versions of an alias, each with its share of the invocations."""
    others: Mapping[str, float] = (alias.get("RoutingConfig") or {}).get(
        "AdditionalVersionWeights"
    ) or {}
    return {alias["FunctionVersion"]: 1.0 - sum(others.values()), **others}


def _container_image(configuration: Mapping[str, Any], uri: str) -> ContainerImage:
    """The image that a function is, by its name and its digest."""
    chosen = (configuration.get("ImageConfigResponse") or {}).get("ImageConfig") or {}
    return ContainerImage(
        uri=uri,
        digest=f"sha256:{configuration['CodeSha256']}",
        entry_point=_words(chosen.get("EntryPoint")),
        command=_words(chosen.get("Command")),
        working_directory=chosen.get("WorkingDirectory") or None,
    )


def _is_image(configuration: Mapping[str, Any]) -> bool:
    return configuration.get("PackageType") == "Image"


def _words(given: list[str] | None) -> tuple[str, ...] | None:
    return tuple(given) if given else None


def _check_state(configuration: Mapping[str, Any]) -> None:
    state = configuration.get("State", "Active")
    if state != "Active":
        raise ResourceConflictException(
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {state}"
        )
