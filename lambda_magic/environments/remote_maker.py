"""Makes what containers on another machine are made of: an image with the code, and a way back."""

import hashlib
import tarfile
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO

from lambda_magic.core.settings import Settings
from lambda_magic.environments.base_image import context_entry
from lambda_magic.environments.container_host import EngineThreads
from lambda_magic.environments.container_maker import (
    ContainerMaker,
    container_name,
    memory_limit_mb,
)
from lambda_magic.environments.container_options import ContainerOptions
from lambda_magic.environments.engine import Engine, Image
from lambda_magic.environments.engine_client import EngineError
from lambda_magic.environments.image_place import ImagePlace
from lambda_magic.environments.sandbox import SandboxSpec
from lambda_magic.runtime_api.api import RuntimeApi

_REPOSITORY = "lambda-magic/remote"
#: What containers of Docker Desktop call the machine that it runs on, whose loopback it reaches.
_DESKTOP_HOST = "host.docker.internal"


class RemoteMaker:
    """What remote sandboxes ask for. Used on the loop thread."""

    def __init__(self, settings: Settings, maker: ContainerMaker) -> None:
        self._settings = settings
        self._maker = maker
        self._built: set[str] = set()

    async def engine(self) -> EngineThreads:
        """The engine, connected."""
        return await self._maker.prepared()

    async def listen(self, api: RuntimeApi) -> str:
        """Have the Runtime API served where containers reach it; returns their address for it.

        Raises `OSError` where nobody has said what this machine is called there.
        """
        api.admit_dialed()
        engine = (await self._maker.prepared()).engine
        address = self._settings.container_address
        if address is None and engine.is_named:
            raise OSError(
                "The container engine is on another machine (DOCKER_HOST): say at what address its "
                "containers reach this one, by %config LambdaMagic.container_address"
            )
        if address is None:
            served = await api.listen("127.0.0.1")
        else:
            try:
                served = await api.listen(address)
            except OSError:  # It is not this machine's own: a router's, or a tunnel's.
                served = await api.listen("0.0.0.0")
        return f"{address or _DESKTOP_HOST}:{served.rpartition(':')[2]}"

    async def options(self, spec: SandboxSpec, runtime_api: str) -> ContainerOptions:
        """What a container is made with; its image has the code."""
        threads = await self._maker.prepared()
        image = await self._maker.image(spec)
        program = ImagePlace.of(image).runtime_program(spec, runtime_api)
        image_id = image.image_id
        if spec.image is None:
            image_id = await threads.call(self._with_code, threads.engine, image, spec)
        function_name = spec.environment_variables.get("AWS_LAMBDA_FUNCTION_NAME", "")
        return ContainerOptions(
            image=image_id,
            name=container_name(function_name, uuid.uuid4().hex[:12]),
            command=program.arguments,
            memory_limit_mb=memory_limit_mb(spec.memory_size_mb, spec.ephemeral_storage_mb),
            ephemeral_storage_mb=spec.ephemeral_storage_mb,
            network=spec.network,
            shown={},
            labels=self._maker.labels(function_name, spec.environment_id),
            environment_variables=program.environment_variables,
            working_directory=program.working_directory,
            is_restarted=True,
        )

    async def close(self) -> None:
        """Remove the images; all containers are gone."""
        if not self._built:
            return
        threads = await self._maker.prepared()
        while self._built:
            with suppress(EngineError):
                await threads.call(threads.engine.remove_image, self._built.pop())

    def _with_code(self, engine: Engine, image: Image, spec: SandboxSpec) -> str:
        """An image with a function's code and layers in it. In a thread."""
        trees = {"task": spec.code.resolve()}
        if spec.layers is not None:
            trees["opt"] = spec.layers.resolve()
        # What is in the code store is named by its content.
        named = "\0".join([image.image_id, *map(str, trees.values())])
        name = f"{_REPOSITORY}:{hashlib.sha256(named.encode()).hexdigest()[:32]}"
        found = engine.find_image(name)
        if found is None:
            places = {"task": "/var/task", "opt": "/opt"}
            copies = "".join(f"COPY {tree} {places[tree]}/\n" for tree in trees)
            with tempfile.TemporaryFile() as context:
                _write_context(context, f"FROM {image.image_id}\n{copies}", trees)
                context.seek(0)
                engine.build(context, name, self._maker.image_labels(), lambda line: None)
            found = engine.find_image(name)
        if found is None:
            raise EngineError(f"The image {name} has vanished")
        self._built.add(name)
        return found.image_id


def _write_context(context: IO[bytes], dockerfile: str, trees: dict[str, Path]) -> None:
    with tarfile.open(fileobj=context, mode="w") as tar:
        context_entry(tar, "Dockerfile", dockerfile.encode())
        for name, tree in trees.items():
            tar.add(tree, name, filter=_as_roots)


def _as_roots(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever owns it here is nobody there."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
