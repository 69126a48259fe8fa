"""A sandbox and the two ends it has on this side: what the environment is to it, only simpler."""

import asyncio
import json
import textwrap
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.invocation import Invocation
from lambda_magic.core.settings import Settings
from lambda_magic.environments.fork_server import try_isolations
from lambda_magic.environments.interpreters import OWN_RUNTIME, own_python
from lambda_magic.environments.isolation import Isolation, candidates
from lambda_magic.environments.process import ProcessSandboxFactory
from lambda_magic.environments.process_sandbox import ProcessSandbox
from lambda_magic.environments.sandbox import ExitStatus, SandboxSpec
from lambda_magic.runtime_api.api import RuntimeApi

STRONGEST = try_isolations(own_python(), candidates("auto"))
#: What this user may have on this machine, strongest first.
ISOLATIONS = list(dict.fromkeys([STRONGEST, Isolation.PROCESS]))

#: Everything here is over in milliseconds; what takes seconds has failed.
PATIENCE = 20


class Environment:
    """A sandbox, its Runtime API, and everything that they tell."""

    def __init__(self, factory: ProcessSandboxFactory, spec: SandboxSpec) -> None:
        self.logs: list[str] = []
        self.outputs: list[tuple[str, str]] = []
        self.failures: list[str] = []
        self._ready = asyncio.Event()
        self._answers: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._exits: asyncio.Queue[tuple[str, ExitStatus]] = asyncio.Queue()
        self.spec = spec
        self.api = RuntimeApi(self, dialable=spec.dials)
        self.sandbox: ProcessSandbox = factory.sandbox(spec, self.api, self)

    async def start(self) -> None:
        """Create the sandbox, start the runtime and wait until it asks for its first event."""
        await self.sandbox.create()
        await self.start_runtime()

    async def start_runtime(self) -> None:
        self._ready.clear()
        await self.sandbox.start_runtime()
        await asyncio.wait_for(self._ready.wait(), PATIENCE)

    def send(self, event: Any = None) -> None:
        self._ready.clear()
        invocation = Invocation(
            request_id="8f507cfc-0000-4697-b07a-ac58fc914c95",
            invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
            function_name="f",
            version="$LATEST",
            alias=None,
            payload=json.dumps(event).encode(),
            trace_id="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
        )
        self.api.send(invocation, int(time.time() * 1000) + 3000)

    async def invoke(self, event: Any = None) -> Any:
        """The handler's result; an error document if it raised."""
        await asyncio.wait_for(self._ready.wait(), PATIENCE)
        self.send(event)
        _, payload = await self.answer()
        await asyncio.wait_for(self._ready.wait(), PATIENCE)
        return json.loads(payload)

    async def answer(self) -> tuple[str, Any]:
        """What the runtime says next: "response", "too large", an error type; and the payload."""
        return await asyncio.wait_for(self._answers.get(), PATIENCE)

    async def exit(self, name: str = "runtime") -> ExitStatus:
        """How the runtime ends, or a program."""
        ended, status = await asyncio.wait_for(self._exits.get(), PATIENCE)
        assert ended == name
        return status

    # What the Runtime API tells...

    def runtime_ready(self) -> None:
        self._ready.set()

    def runtime_responded(self, payload: bytes) -> None:
        self.sandbox.drain_logs()
        self._answers.put_nowait(("response", payload))

    def runtime_response_too_large(self) -> None:
        self._answers.put_nowait(("too large", None))

    def runtime_failed(self, payload: bytes, error_type: str) -> None:
        self.sandbox.drain_logs()
        self._answers.put_nowait((error_type, payload))

    init_failed = runtime_failed

    # What the sandbox tells...

    def log_written(self, message: str, time: float) -> None:
        self.logs.append(message)

    def program_wrote(self, name: str, message: str, time: float) -> None:
        self.outputs.append((name, message))

    def process_exited(self, name: str, status: ExitStatus) -> None:
        self._exits.put_nowait((name, status))

    def sandbox_failed(self, reason: str) -> None:
        self.failures.append(reason)


class Maker:
    """Makes environments of one factory."""

    def __init__(self, factory: ProcessSandboxFactory, directory: Path) -> None:
        self.factory = factory
        self._directory = directory
        self._made: list[Environment] = []

    def __call__(self, source: str, **changes: Any) -> Environment:
        """An environment whose handler is `handler` in `source`, not yet created."""
        number = len(self._made)
        code = self._directory / f"code{number}"
        code.mkdir(parents=True, mode=0o755)
        (code / "app.py").write_text(textwrap.dedent(source))
        spec = SandboxSpec(
            environment_id=f"environment{number}",
            runtime=OWN_RUNTIME,
            handler="app.handler",
            code=code,
            layers=None,
            environment_variables={"_HANDLER": "app.handler", "TZ": ":UTC", "MINE": "1"},
            memory_size_mb=256,
        )
        environment = Environment(self.factory, replace(spec, **changes))
        self._made.append(environment)
        return environment

    async def close(self) -> None:
        for environment in self._made:
            environment.api.close()
        await self.factory.close()


@pytest.fixture(params=ISOLATIONS)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    """Each isolation that this machine allows."""
    return request.param


@pytest.fixture
async def make_with(tmp_path: Path) -> AsyncGenerator[Callable[..., Maker]]:
    """Makes a `Maker` with these settings."""
    makers = []

    def make(**settings: Any) -> Maker:
        home = tmp_path / f"factory{len(makers)}"
        maker = Maker(ProcessSandboxFactory(Settings(home=home, **settings)), home)
        makers.append(maker)
        return maker

    yield make
    for maker in makers:
        await maker.close()


@pytest.fixture
def make(make_with: Callable[..., Maker], isolation: Isolation) -> Maker:
    """Makes environments in each isolation that this machine allows."""
    return make_with(isolation=isolation)


@pytest.fixture
def make_isolated(make_with: Callable[..., Maker]) -> Maker:
    """Makes environments in the strongest isolation."""
    return make_with(isolation=STRONGEST)
