"""An engine that is reached by TCP: containers share nothing with this machine but the network."""

import asyncio
import fcntl
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_magic.core.errors import ServiceException
from lambda_magic.core.settings import Settings
from lambda_magic.environments.container_owner import FUNCTION_LABEL, HOME_LABEL
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.remote_container import RemoteContainerSandbox
from lambda_magic.region import Region

from .conftest import Build, create_image_function, deploy
from .test_functions import OBEDIENT, answer
from .test_images import BASE, HANDLER

_SIOCGIFADDR = 0x8915
RELAY = Path(__file__).with_name("relay.py")


def bridge_address() -> str:
    """This machine's address in the engine's usual network."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        request = struct.pack("256s", b"docker0")
        return socket.inet_ntoa(fcntl.ioctl(asking, _SIOCGIFADDR, request)[20:24])


@pytest.fixture
def far(container_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Makes the engine one that is reached by TCP; what this machine is called from there."""
    relay = subprocess.Popen(
        [sys.executable, str(RELAY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with relay:
        assert relay.stdout is not None
        port = int(relay.stdout.readline())
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        yield bridge_address()
        relay.kill()


@pytest.fixture
def region(far: str, tmp_path: Path) -> Iterator[Region]:
    region = Region(Settings(home=tmp_path / "home", container_address=far))
    yield region
    region.close()


def test_a_function_runs_there_with_its_lifecycle(region: Region, container_engine: Engine) -> None:
    function = deploy(region, OBEDIENT, Timeout=20)
    first = function.invoke()
    assert (answer(first), answer(function.invoke())) == (1, 2)
    assert first.report.init_duration_ms is not None
    host = answer(function.invoke("answer = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')[0]"))
    assert host == region.settings.container_address

    failed = function.invoke("os._exit(3)")
    assert "Runtime exited with error: exit status 3" in failed.payload["errorMessage"]
    assert answer(function.invoke()) == 1, "started again, in the same container"
    killed = function.invoke("os.kill(os.getpid(), signal.SIGSEGV)")
    assert "signal: segmentation fault" in killed.payload["errorMessage"]
    assert len(container_engine.containers([f"{FUNCTION_LABEL}={function.name}"])) == 1


def test_a_timeout_there_resets_the_container(region: Region) -> None:
    function = deploy(region, OBEDIENT, Timeout=2)
    assert answer(function.invoke()) == 1
    assert function.invoke("while True: pass").payload["errorType"] == "Sandbox.Timedout"
    assert answer(function.invoke()) == 1


def test_an_init_that_ends_while_its_container_starts_is_done_again(
    far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Engine.start
    starts = []

    def start_slowly(engine: Engine, container: str) -> None:
        starts.append(container)
        if len(starts) == 1:
            reset.wait(30)
        start(engine, container)

    reset = threading.Event()
    reset_sandbox = RemoteContainerSandbox.reset

    async def reset_noted(sandbox: RemoteContainerSandbox) -> None:
        asyncio.get_running_loop().call_later(0.1, reset.set)
        await reset_sandbox(sandbox)

    monkeypatch.setattr(Engine, "start", start_slowly)
    monkeypatch.setattr(RemoteContainerSandbox, "reset", reset_noted)
    region = Region(Settings(home=tmp_path, container_address=far, init_timeout=1.0))
    try:
        assert answer(deploy(region, OBEDIENT, Timeout=20).invoke()) == 1
    finally:
        region.close()
    assert len(starts) == 2
    assert starts[0] == starts[1]


def test_a_frozen_function_makes_no_progress_there(region: Region) -> None:
    function = deploy(
        region,
        """
        import threading, time

        ticks = 0

        def tick():
            global ticks
            while True:
                ticks += 1
                time.sleep(0.001)

        threading.Thread(target=tick, daemon=True).start()

        def handler(event, context):
            return ticks
        """,
    )
    other = deploy(region, OBEDIENT)
    answer(other.invoke())
    before = answer(function.invoke())
    answer(other.invoke("time.sleep(1)"))
    assert answer(function.invoke()) - before < 300


def test_its_output_is_its_log(region: Region) -> None:
    function = deploy(region, OBEDIENT)
    answer(function.invoke("print('told from afar')"))
    # It comes a moment after the response, so it is in the log, and not in the result.
    while "told from afar" not in str(function.logs()):
        region.flush()
    assert function.logs().splitlines().count("told from afar") == 1


def test_an_image_runs_there(region: Region, build: Build) -> None:
    uri = build(f'FROM {BASE}\nCOPY app /var/task/app.py\nCMD ["app.handler"]', {"app": HANDLER})
    assert create_image_function(region, uri).invoke(1).payload == [1, 993, None]


def test_nothing_is_left_there(far: str, tmp_path: Path, container_engine: Engine) -> None:
    region = Region(Settings(home=tmp_path, container_address=far))
    assert answer(deploy(region, OBEDIENT).invoke()) == 1
    label = f"{HOME_LABEL}={(tmp_path / 'containers' / 'home_id').read_text()}"
    assert container_engine.containers([label])
    assert container_engine.images(label)
    region.close()
    assert container_engine.containers([label]) == []
    assert container_engine.images(label) == []


def test_without_an_address_one_line_says_so(far: str, tmp_path: Path) -> None:
    region = Region(Settings(home=tmp_path))
    with pytest.raises(ServiceException, match=r"%config LambdaMagic\.container_address"):
        deploy(region, OBEDIENT).invoke()
    region.close()
