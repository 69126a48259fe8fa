"""Makes sandboxes in containers, on whatever engine there is."""

import asyncio
from dataclasses import replace

from lambda_magic.core.settings import Settings
from lambda_magic.environments.container_host import ContainerHost
from lambda_magic.environments.container_maker import (
    ContainerKind,
    ContainerMaker,
    Furnishing,
    container_name,
    memory_limit_mb,
)
from lambda_magic.environments.container_pool import EPHEMERAL_STORAGE_MB, ContainerPool, Spare
from lambda_magic.environments.container_sandbox import ContainerGround, ContainerSandbox
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.image_place import ImagePlace
from lambda_magic.environments.remote_container import RemoteContainerSandbox
from lambda_magic.environments.remote_maker import RemoteMaker
from lambda_magic.environments.sandbox import (
    DEFAULT_NETWORK,
    Sandbox,
    SandboxListener,
    SandboxSpec,
)
from lambda_magic.environments.shell import Shell
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtimes.container_init import ISOLATION


class ContainerSandboxFactory:
    """The containers of one region. Used on the loop thread; connects when the first is needed."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self._engine = engine or Engine()
        self._maker = ContainerMaker(settings, self._engine)
        self._pool = ContainerPool(self._maker, settings.container_pool)
        self._remote = RemoteMaker(settings, self._maker)
        self._sandboxes: set[Sandbox] = set()

    def __repr__(self) -> str:
        return f"<ContainerSandboxFactory [{self._pool!r}, {len(self._sandboxes)} sandboxes]>"

    @property
    def isolation(self) -> str:
        """What this kind of isolation is called."""
        return ISOLATION

    @property
    def ready(self) -> int:
        """How many containers wait for a function."""
        return self._pool.ready

    def sandbox(self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener) -> Sandbox:
        """A sandbox that does not exist yet: its `create` makes it."""
        sandbox: Sandbox
        if self._engine.is_local:
            sandbox = ContainerSandbox(spec, api, listener, self)
        else:
            sandbox = RemoteContainerSandbox(spec, api, listener, self._remote, self.vacated)
        self._sandboxes.add(sandbox)
        return sandbox

    async def close(self) -> None:
        """Remove all containers, and let the engine go."""
        await asyncio.gather(*(sandbox.destroy() for sandbox in tuple(self._sandboxes)))
        await self._pool.close()
        await self._remote.close()
        await self._maker.close()

    # What sandboxes ask for...

    async def provide(self, spec: SandboxSpec) -> ContainerGround:
        """A container for a new sandbox."""
        kind = await self._maker.kind(spec)
        spare = self._pool.take(spec.runtime, kind) if _is_usual(spec, kind) else None
        if spare is not None:
            await self._move_into(spare, spec)
            return _ground(kind, spare.host, spare.shell, is_ahead=True)
        shown = {} if spec.image is not None else {"/var/task": spec.code.resolve()}
        if spec.layers is not None:
            shown["/opt"] = spec.layers.resolve()
        furnishing = Furnishing(
            memory_size_mb=spec.memory_size_mb,
            ephemeral_storage_mb=spec.ephemeral_storage_mb,
            network=spec.network,
            shown=shown,
            function_name=_function_name(spec),
            environment_id=spec.environment_id,
        )
        host = await self._maker.make(kind, furnishing)
        return _ground(kind, host, Shell(host, host.cgroup), is_ahead=False)

    def vacated(self, sandbox: Sandbox) -> None:
        """The sandbox has given everything back."""
        self._sandboxes.discard(sandbox)

    async def _move_into(self, spare: Spare, spec: SandboxSpec) -> None:
        try:
            await spare.furnish(spec.code, spec.layers)
            limit = memory_limit_mb(spec.memory_size_mb, spec.ephemeral_storage_mb)
            await spare.host.limit_memory(limit)
        except BaseException:
            await spare.discard()
            raise
        spare.host.rename(container_name(_function_name(spec), spec.environment_id[:12]))


def _is_usual(spec: SandboxSpec, kind: ContainerKind) -> bool:
    """Whether the function can have a container that was made for any."""
    usual_place = spec.ephemeral_storage_mb == EPHEMERAL_STORAGE_MB
    return kind.forks and usual_place and spec.network == DEFAULT_NETWORK


def _function_name(spec: SandboxSpec) -> str:
    return spec.environment_variables.get("AWS_LAMBDA_FUNCTION_NAME", "")


def _ground(
    kind: ContainerKind, host: ContainerHost, shell: Shell, *, is_ahead: bool
) -> ContainerGround:
    place = kind.place
    if isinstance(place, ImagePlace):
        place = replace(place, extension_names=host.extension_names)
    return ContainerGround(
        server=host,
        place=place,
        cgroup=host.cgroup,
        spare=shell if is_ahead else None,
        work=None,
        host=host,
        shell=shell,
    )
