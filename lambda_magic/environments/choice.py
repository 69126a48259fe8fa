"""Which kind of sandbox each function gets: one of subprocesses, or a container."""

import asyncio

from lambda_magic.environments.sandbox import (
    CONTAINER,
    Sandbox,
    SandboxFactory,
    SandboxListener,
    SandboxSpec,
)
from lambda_magic.runtime_api.api import RuntimeApi


class SandboxChoice:
    """A factory of both kinds, which goes by what each `SandboxSpec` says."""

    def __init__(self, subprocesses: SandboxFactory, containers: SandboxFactory) -> None:
        self._subprocesses = subprocesses
        self._containers = containers

    def __repr__(self) -> str:
        return f"<SandboxChoice [{self._subprocesses!r}, {self._containers!r}]>"

    @property
    def isolation(self) -> str:
        """The isolation of subprocesses on this machine."""
        return self._subprocesses.isolation

    def sandbox(self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener) -> Sandbox:
        """A sandbox of the kind that is asked for; it does not exist yet."""
        factory = self._containers if spec.environment == CONTAINER else self._subprocesses
        return factory.sandbox(spec, api, listener)

    async def close(self) -> None:
        """Destroy what is left of all sandboxes, of either kind."""
        await asyncio.gather(self._subprocesses.close(), self._containers.close())
