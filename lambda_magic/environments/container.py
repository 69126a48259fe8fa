"""Makes sandboxes in containers, on whatever engine there is."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lambda_magic.core.settings import Settings
from lambda_magic.environments.base_image import CLIENT, provide_base_image
from lambda_magic.environments.container_host import SOCKET, ContainerHost, EngineThreads
from lambda_magic.environments.container_options import OVERHEAD_MB, ContainerOptions
from lambda_magic.environments.container_owner import ContainerOwner
from lambda_magic.environments.container_sandbox import ContainerGround, ContainerSandbox
from lambda_magic.environments.engine import CONNECTIONS, Engine, Image
from lambda_magic.environments.equipment import Equipment
from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.place import Place
from lambda_magic.environments.process_sandbox import ProcessSandbox
from lambda_magic.environments.runtime_packages import RUNTIMES
from lambda_magic.environments.sandbox import SandboxListener, SandboxSpec
from lambda_magic.environments.shell import Shell
from lambda_magic.runtime_api.api import RuntimeApi
from lambda_magic.runtimes import launch
from lambda_magic.runtimes.container_init import ISOLATION

#: AWS's port for `AWS_LAMBDA_RUNTIME_API`; on a loopback of the container's own.
_PORT = 9001
#: Where a container finds the socket to its region.
_REGION = "/run/lambda_magic"


class ContainerSandboxFactory:
    """The containers of one region. Used on the loop thread; connects when the first is needed."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self._settings = settings
        self._engine = engine or Engine()
        self._executor: ThreadPoolExecutor | None = None
        self._preparation: asyncio.Task[EngineThreads] | None = None
        self._owner: ContainerOwner | None = None
        self._images: dict[str, Image] = {}
        self._sandboxes: set[ProcessSandbox] = set()

    def __repr__(self) -> str:
        return f"<ContainerSandboxFactory [{self._engine!r}, {len(self._sandboxes)} sandboxes]>"

    @property
    def isolation(self) -> str:
        """What this kind of isolation is called."""
        return ISOLATION

    def sandbox(
        self, spec: SandboxSpec, api: RuntimeApi, listener: SandboxListener
    ) -> ContainerSandbox:
        """A sandbox that does not exist yet: its `create` makes it."""
        sandbox = ContainerSandbox(spec, api, listener, self)
        self._sandboxes.add(sandbox)
        return sandbox

    async def close(self) -> None:
        """Remove all containers, and let the engine go."""
        await asyncio.gather(*(sandbox.destroy() for sandbox in tuple(self._sandboxes)))
        if self._owner is not None:
            await asyncio.to_thread(self._owner.close)
        if self._executor is not None:
            self._executor.shutdown()
        self._engine.close()
        self._owner = self._executor = self._preparation = None

    # What sandboxes ask for...

    async def provide(self, spec: SandboxSpec) -> ContainerGround:
        """A container for a new sandbox."""
        engine = await self._prepared()
        image = await self._image(engine, spec.runtime)
        version = spec.runtime.removeprefix("python")
        program = Path(f"/var/lang/bin/python{version}")
        python = Interpreter(release=version, executable=program, prefix=Path("/var/lang"))
        shown = {"/var/task": spec.code.resolve()}
        if spec.layers is not None:
            shown["/opt"] = spec.layers.resolve()
        function_name = spec.environment_variables.get("AWS_LAMBDA_FUNCTION_NAME", "")
        host = await self._start(engine, image, program, function_name, shown, spec)
        return ContainerGround(
            server=host,
            place=Place.isolated(Equipment(interpreter=python, host=python, packages=())),
            cgroup=host.cgroup,
            spare=None,
            work=None,
            host=host,
            shell=Shell(host, host.cgroup),
        )

    def vacated(self, sandbox: ProcessSandbox) -> None:
        """The sandbox has given everything back."""
        self._sandboxes.discard(sandbox)

    async def _start(
        self,
        engine: EngineThreads,
        image: Image,
        program: Path,
        function_name: str,
        shown: dict[str, Path],
        spec: SandboxSpec,
    ) -> ContainerHost:
        assert self._owner is not None
        number = uuid.uuid4().hex[:12]
        directory = self._owner.directory / number
        (directory / "region").mkdir(parents=True)
        configuration = {"socket": f"{_REGION}/{SOCKET}", "port": _PORT}
        options = ContainerOptions(
            image=image.image_id,
            name=f"lambda-magic-{function_name or 'spare'}-{number}",
            command=tuple(_command(str(program), configuration)),
            memory_limit_mb=spec.memory_size_mb + spec.ephemeral_storage_mb + OVERHEAD_MB,
            ephemeral_storage_mb=spec.ephemeral_storage_mb,
            network=spec.network,
            shown={
                **shown,
                _REGION: directory / "region",
                f"{CLIENT}/runtimes": RUNTIMES,
            },
            labels=self._owner.labels(function_name, spec.environment_id),
        )
        host = ContainerHost(engine, options)
        await host.start(directory / "region")
        return host

    async def _image(self, engine: EngineThreads, runtime: str) -> Image:
        image = self._images.get(runtime)
        if image is None:
            image = await engine.call(provide_base_image, engine.engine, runtime, _silent)
            self._images[runtime] = image
        return image

    async def _prepared(self) -> EngineThreads:
        """The engine; the first who asks connects, and removes what others have left behind."""
        if self._preparation is None or _has_failed(self._preparation):
            self._preparation = asyncio.create_task(self._prepare())
        return await asyncio.shield(self._preparation)

    async def _prepare(self) -> EngineThreads:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(CONNECTIONS, "lambda_magic engine")
        threads = EngineThreads(self._engine, self._executor)
        await threads.call(self._engine.connect)
        self._owner = self._owner or ContainerOwner(self._settings.home)
        await threads.call(self._owner.remove_orphans, self._engine)
        return threads


def _command(program: str, configuration: dict[str, Any]) -> list[str]:
    return launch.command(program, "container_init", CLIENT, json.dumps(configuration))


def _has_failed(task: asyncio.Task[EngineThreads]) -> bool:
    return task.done() and task.exception() is not None


def _silent(line: str) -> None:
    pass
