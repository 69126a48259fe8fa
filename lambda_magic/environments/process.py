"""Makes sandboxes of isolated subprocesses, as strongly isolated as the machine allows."""

import asyncio
import resource
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from lambda_magic.core.settings import Settings
from lambda_magic.environments import owner
from lambda_magic.environments.cgroup import Cgroup, ControlGroups, control_groups
from lambda_magic.environments.equipment import Equipment, Root, equip
from lambda_magic.environments.fork_server import ForkServer, try_isolations
from lambda_magic.environments.interpreters import own_python
from lambda_magic.environments.isolation import Isolation, candidates
from lambda_magic.environments.place import Place
from lambda_magic.environments.process_sandbox import Ground, ProcessSandbox
from lambda_magic.environments.sandbox import SandboxListener, SandboxSpec
from lambda_magic.environments.shell import Shell
from lambda_magic.environments.spares import Spares
from lambda_magic.runtime_api.api import RuntimeApi

#: The memory that a shell may have before it is a function's.
_SPARE_LIMIT_MB = 128


class ProcessSandboxFactory:
    """The process sandboxes of one region, and the fork servers that make them.

    Used on the loop thread, except `isolation`, which any thread may ask for.
    """

    def __init__(self, settings: Settings) -> None:
        self._candidates = candidates(settings.isolation)
        self._isolation: Isolation | None = None
        self._cache = settings.home / "cache" / "runtimes"
        self._equipment: dict[tuple[str, str], Equipment] = {}
        self._servers: dict[Root, asyncio.Task[ForkServer]] = {}
        self._sandboxes: set[ProcessSandbox] = set()
        self._work = Path(tempfile.gettempdir()) / owner.owned_name()
        self._groups: ControlGroups | None = None
        self._groups_made = 0
        self._spares = Spares(self._make_spare)
        self._is_prepared = False

    def __repr__(self) -> str:
        isolation = self._isolation or "isolation not yet known"
        return f"<ProcessSandboxFactory [{isolation}, {len(self._sandboxes)} sandboxes]>"

    @property
    def isolation(self) -> str:
        """The isolation that this machine allows, found out by trying, once."""
        if self._isolation is None:
            self._isolation = try_isolations(own_python(), self._candidates)
        return self._isolation

    def sandbox(
        self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener
    ) -> ProcessSandbox:
        """A sandbox that does not exist yet: its `create` makes it."""
        sandbox = ProcessSandbox(spec, api, listener, self)
        self._sandboxes.add(sandbox)
        return sandbox

    async def close(self) -> None:
        """Destroy all sandboxes, end the fork servers, remove all directories."""
        await asyncio.gather(*(sandbox.destroy() for sandbox in tuple(self._sandboxes)))
        await self._spares.close()
        servers, self._servers = self._servers, {}
        for server in servers.values():
            with suppress(OSError):
                await (await server).close()
        if self._groups is not None:
            self._groups.close()
            self._groups = None
        self._is_prepared = False
        await asyncio.to_thread(shutil.rmtree, self._work, ignore_errors=True)

    # What sandboxes ask for...

    async def provide(self, spec: SandboxSpec) -> Ground:
        """Ground for a new sandbox; raises `OSError` where the machine refuses."""
        await self._prepare()
        key = (spec.runtime, spec.runtime_client)
        equipment = self._equipment.get(key)
        if equipment is None:
            # Programs may have to be started to find out.
            equipment = await asyncio.to_thread(equip, *key, self._cache)
            self._equipment[key] = equipment
        server = await self._server(equipment)
        work = None
        if server.isolation is Isolation.PROCESS:
            work = self._work / spec.environment_id
            (work / "tmp").mkdir(parents=True, mode=0o700)
            place = Place.shared(equipment, spec, self._packages(equipment), work)
        else:
            place = Place.isolated(equipment)
        limit_mb = spec.memory_size_mb + spec.ephemeral_storage_mb
        spare = self._spares.take(server)
        if spare is None:
            cgroup = self._control_group(limit_mb)
        else:
            cgroup = spare.cgroup
            if cgroup is not None:
                cgroup.limit_memory(limit_mb)
        return Ground(server=server, place=place, cgroup=cgroup, spare=spare, work=work)

    def vacated(self, sandbox: ProcessSandbox) -> None:
        """The sandbox has given everything back."""
        self._sandboxes.discard(sandbox)

    def _make_spare(self, server: ForkServer) -> Shell:
        return Shell(server, self._control_group(_SPARE_LIMIT_MB))

    def _control_group(self, limit_mb: int) -> Cgroup | None:
        if self._groups is None:
            return None
        self._groups_made += 1
        return self._groups.create(f"environment-{self._groups_made}", limit_mb)

    async def _prepare(self) -> None:
        if self._is_prepared:
            return
        self._is_prepared = True
        _allow_many_descriptors()
        for orphan in owner.orphans(self._work.parent):
            await asyncio.to_thread(shutil.rmtree, orphan, ignore_errors=True)
        self._groups = control_groups(self._work.name)

    async def _server(self, equipment: Equipment) -> ForkServer:
        """The running fork server for some equipment; the first who asks starts it."""
        starting = self._servers.get(equipment.root)
        if starting is None or _is_useless(starting):
            starting = asyncio.create_task(self._start_server(equipment, starting))
            self._servers[equipment.root] = starting
        return await asyncio.shield(starting)

    async def _start_server(
        self, equipment: Equipment, previous: asyncio.Task[ForkServer] | None
    ) -> ForkServer:
        if previous is not None and previous.exception() is None:
            await previous.result().close()
        wanted = self._candidates if self._isolation is None else [self._isolation]
        reasons = []
        for isolation in wanted:
            try:
                server = await ForkServer.start(equipment, isolation)
            except OSError as error:
                reasons.append(f"{isolation}: {error}")
            else:
                self._isolation = isolation
                return server
        raise OSError(f"This machine does not allow the isolation. {'; '.join(reasons)}")

    def _packages(self, equipment: Equipment) -> Path:
        """A directory with links to what AWS's runtime has in /var/runtime."""
        number = list(self._servers).index(equipment.root)
        directory = self._work / f"runtime-{number}"
        if not directory.exists():
            directory.mkdir(parents=True)
            for name, path in equipment.packages:
                (directory / name).parent.mkdir(exist_ok=True)
                (directory / name).symlink_to(path)
        return directory


def _is_useless(starting: asyncio.Task[ForkServer]) -> bool:
    return starting.done() and (starting.exception() is not None or starting.result().is_gone)


def _allow_many_descriptors() -> None:
    """Each environment takes several: a thousand of them more than systems allow at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # macOS names a hard limit that it does not allow.
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
