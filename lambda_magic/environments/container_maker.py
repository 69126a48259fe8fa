"""Makes containers: for one function, or ahead for any that has the same runtime."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lambda_magic.core.settings import Settings
from lambda_magic.environments.base_image import CLIENT, find_base_image, provide_base_image
from lambda_magic.environments.client_volume import ClientVolume
from lambda_magic.environments.container_host import SOCKET, ContainerHost, EngineThreads
from lambda_magic.environments.container_images import find_pinned
from lambda_magic.environments.container_options import OVERHEAD_MB, ContainerOptions
from lambda_magic.environments.container_owner import ContainerOwner
from lambda_magic.environments.engine import Engine, Image
from lambda_magic.environments.engine_client import CONNECTIONS
from lambda_magic.environments.equipment import Equipment
from lambda_magic.environments.image_place import ImagePlace
from lambda_magic.environments.interpreters import OWN_RUNTIME, Interpreter
from lambda_magic.environments.languages import OS_ONLY
from lambda_magic.environments.place import Place
from lambda_magic.environments.runtime_packages import RUNTIMES
from lambda_magic.environments.sandbox import SandboxSpec
from lambda_magic.runtimes import launch

#: AWS's port for `AWS_LAMBDA_RUNTIME_API`; on a loopback of the container's own.
_PORT = 9001
#: Where a container finds the socket to its region.
_REGION = "/run/lambda_magic"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerKind:
    """What all containers of an image have in common."""

    image_id: str
    place: Place
    #: How an interpreter is started there.
    interpreter: tuple[str, ...]
    #: Whether the runtime is forked from that, and not a program of the image's.
    forks: bool
    volumes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Furnishing:
    """What one container is given."""

    memory_size_mb: int
    ephemeral_storage_mb: int
    network: str
    shown: Mapping[str, Path]
    function_name: str
    environment_id: str


class ContainerMaker:
    """The engine, what it has, and what is made on it. Used on the loop thread."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._executor: ThreadPoolExecutor | None = None
        self._preparation: asyncio.Task[EngineThreads] | None = None
        self._owner: ContainerOwner | None = None
        self._kinds: dict[str, asyncio.Task[ContainerKind]] = {}
        self._volume: ClientVolume | None = None

    def __repr__(self) -> str:
        return f"<ContainerMaker [{self._engine!r}]>"

    async def prepared(self) -> EngineThreads:
        """The engine; the first who asks connects, and removes what others have left behind."""
        if self._preparation is None or _has_failed(self._preparation):
            self._preparation = asyncio.create_task(self._prepare())
        return await asyncio.shield(self._preparation)

    async def kind(self, spec: SandboxSpec) -> ContainerKind:
        """What a function's containers are made of; fetches or makes what is missing.

        Raises `OSError` where that cannot be had.
        """
        engine = await self.prepared()
        name = spec.runtime if spec.image is None else spec.image.digest
        finding = self._kinds.get(name)
        if finding is None or _has_failed(finding):
            # Many may ask at once, and making an image takes seconds: it is done for all of them.
            finding = asyncio.create_task(engine.call(self._find_kind, spec))
            self._kinds[name] = finding
        return await asyncio.shield(finding)

    async def make(self, kind: ContainerKind, furnishing: Furnishing) -> ContainerHost:
        """A running container. Raises `OSError` where the engine refuses."""
        engine = await self.prepared()
        assert self._owner is not None
        number = uuid.uuid4().hex[:12]
        directory = self._owner.directory / number
        region = directory / "region"
        region.mkdir(parents=True)
        runtimes = {f"{CLIENT}/runtimes": RUNTIMES, _REGION: region}
        function_name = furnishing.function_name
        options = ContainerOptions(
            image=kind.image_id,
            name=container_name(function_name, number),
            command=_command(kind),
            memory_limit_mb=memory_limit_mb(
                furnishing.memory_size_mb, furnishing.ephemeral_storage_mb
            ),
            ephemeral_storage_mb=furnishing.ephemeral_storage_mb,
            network=furnishing.network,
            shown={**furnishing.shown, **runtimes},
            labels=self._owner.labels(function_name, furnishing.environment_id),
            volumes=kind.volumes,
        )
        host = ContainerHost(engine, options, directory)
        try:
            await host.start(region)
        except OSError:
            # Perhaps the image has gone, and can be had again.
            self._kinds.clear()
            raise
        return host

    async def image(self, spec: SandboxSpec) -> Image:
        """The image that a function runs on; fetches or makes it if need be."""
        engine = await self.prepared()
        return await engine.call(self._find_image, spec)

    def image_labels(self) -> dict[str, str]:
        """The labels of an image that is made for the region's containers."""
        assert self._owner is not None
        return self._owner.image_labels()

    def labels(self, function_name: str, environment_id: str) -> dict[str, str]:
        """The labels of a container."""
        assert self._owner is not None
        return self._owner.labels(function_name, environment_id)

    async def directory(self) -> Path:
        """A new directory that is the container's own to be shown, and gone with the region."""
        await self.prepared()
        assert self._owner is not None
        directory = self._owner.directory / f"shown-{uuid.uuid4().hex[:12]}"
        directory.mkdir()
        return directory

    async def close(self) -> None:
        """Let the engine go; all containers are gone."""
        if self._owner is not None:
            await asyncio.to_thread(self._owner.close)
        if self._executor is not None:
            self._executor.shutdown()
        self._engine.close()
        self._owner = self._executor = self._preparation = None

    # Within...

    def _find_image(self, spec: SandboxSpec) -> Image:
        if spec.image is not None:
            return find_pinned(self._engine, spec.image.uri, spec.image.digest, _silent)
        return provide_base_image(self._engine, spec.runtime, _silent)

    def _find_kind(self, spec: SandboxSpec) -> ContainerKind:
        if spec.image is not None:
            return self._foreign_kind(self._find_image(spec))
        if spec.runtime.startswith("python"):
            return self._python_kind(spec.runtime)
        if spec.runtime in OS_ONLY and find_base_image(self._engine, spec.runtime) is None:
            # A function that brings its own runtime needs a system only.
            return self._python_kind(OWN_RUNTIME, brings_runtime=True)
        return self._foreign_kind(self._find_image(spec))

    def _python_kind(self, runtime: str, *, brings_runtime: bool = False) -> ContainerKind:
        image = provide_base_image(self._engine, runtime, _silent)
        version = runtime.removeprefix("python")
        program = Path(f"/var/lang/bin/python{version}")
        python = Interpreter(release=version, executable=program, prefix=Path("/var/lang"))
        return ContainerKind(
            image_id=image.image_id,
            place=Place.isolated(
                Equipment(interpreter=None if brings_runtime else python, host=python, packages=())
            ),
            interpreter=(str(program),),
            forks=True,
        )

    def _foreign_kind(self, image: Image) -> ContainerKind:
        """An image that runs a program of its own, and may have no interpreter for ours."""
        if self._volume is None:
            self._volume = ClientVolume.provide(self._engine, _silent)
        return ContainerKind(
            image_id=image.image_id,
            place=ImagePlace.of(image),
            interpreter=self._volume.command,
            forks=False,
            volumes={self._volume.place: self._volume.name},
        )

    async def _prepare(self) -> EngineThreads:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(CONNECTIONS, "lambda_magic engine")
        threads = EngineThreads(self._engine, self._executor)
        await threads.call(self._engine.connect)
        self._owner = self._owner or ContainerOwner(self._settings.home)
        await threads.call(self._owner.remove_orphans, self._engine)
        return threads


def container_name(function_name: str, number: str) -> str:
    """What the engine shows a container as."""
    return f"lambda-magic-{function_name or 'spare'}-{number}"


def memory_limit_mb(memory_size_mb: int, ephemeral_storage_mb: int) -> int:
    """The engine's limit: files in /tmp lie in memory, and ours is to come before it."""
    return memory_size_mb + ephemeral_storage_mb + OVERHEAD_MB


def _command(kind: ContainerKind) -> tuple[str, ...]:
    configuration = {"socket": f"{_REGION}/{SOCKET}", "port": _PORT, "forks": kind.forks}
    *options, program = kind.interpreter
    started = launch.command(program, "container_init", CLIENT, json.dumps(configuration))
    return (*options, *started)


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _silent(line: str) -> None:
    """Nobody looks."""
