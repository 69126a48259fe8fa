"""A sandbox in a container. Only its beginning and its end differ from one of subprocesses."""

import asyncio
import socket
from dataclasses import dataclass
from typing import Protocol

from lambda_magic.environments.container_host import ContainerHost
from lambda_magic.environments.dialing import connect
from lambda_magic.environments.memory import Memory
from lambda_magic.environments.process_sandbox import Ground, ProcessSandbox
from lambda_magic.environments.sandbox import SandboxListener, SandboxSpec
from lambda_magic.environments.shell import Shell
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtimes import messages


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerGround(Ground):
    """A container for one sandbox."""

    host: ContainerHost
    #: What becomes its init; `spare` is the same if it has been made ahead.
    shell: Shell


class Landlord(Protocol):
    """Who provides containers: the factory."""

    @property
    def isolation(self) -> str:
        """What this kind of isolation is called."""

    async def provide(self, spec: SandboxSpec) -> ContainerGround:
        """A container for a new sandbox; raises `OSError` where there can be none."""

    def vacated(self, sandbox: ProcessSandbox) -> None:
        """The sandbox has given everything back."""


class ContainerSandbox(ProcessSandbox):
    """One container, with an init process and what that starts. Made by `ContainerSandboxFactory`.

    Freezing it stops its processes by a signal to all of them at once, sent by init: that takes
    microseconds, where pausing a container takes the engine some 8 ms, and thawing it as long; and
    a stopped process can still be killed.
    """

    def __init__(
        self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener, landlord: Landlord
    ) -> None:
        super().__init__(spec, api, listener, landlord)
        self._containers = landlord
        self._host: ContainerHost | None = None
        self._dialing = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<ContainerSandbox {self.spec.environment_id} [{self._host or 'not created'}]>"

    async def create(self) -> None:
        """Have a container made, or take one that was made ahead."""
        ground = await self._containers.provide(self.spec)
        self._host = host = ground.host
        self._isolation = host.isolation
        self._cgroup = ground.cgroup
        self._memory = Memory(self.spec.memory_size_mb, ground.cgroup, self._kill_for_memory)
        try:
            if self._destruction is not None:
                # It could not know of what has been provided since.
                raise OSError("The sandbox was destroyed while it was being made")
            await self._api.serve(host.take_listener())
            self._move_in(ground.shell, ground.place, host.address)
            if ground.spare is None:
                ground.shell.fork()
        except BaseException:
            await host.remove()
            await ground.shell.discard()
            raise

    async def dial(self, port: int) -> socket.socket:
        """A connection to whoever listens on the container's loopback, where nobody else comes."""
        assert self._init is not None
        # One question at a time: the answers do not say which one they are to.
        async with self._dialing:
            _, (fd,) = await self._init.ask(messages.SOCKET, "socket")
        return await connect(socket.socket(fileno=fd), "127.0.0.1", port)

    async def _give_back(self) -> None:
        if self._host is not None:
            await self._host.remove()
        await super()._give_back()
