"""What is left when a kernel is killed, and when the engine goes: nothing, and the right error."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_magic.core.errors import ServiceException
from lambda_magic.core.settings import Settings
from lambda_magic.environments.base_image import base_image_name, context_archive
from lambda_magic.environments.container_owner import HOME_LABEL, OWNER_LABEL, ContainerOwner
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.region import Region

from .conftest import deploy, lasting

ECHO = "def handler(event, context):\n    return event\n"
KERNEL = Path(__file__).with_name("kernel.py")


def kill_a_kernel(home: Path, engine: Engine) -> str:
    """Run a kernel with a warm container, and kill it; returns its home's label."""
    kernel = subprocess.Popen(
        [sys.executable, str(KERNEL), str(home), "victim"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with kernel:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == "warm\n"
        label = f"{HOME_LABEL}={(home / 'containers' / 'home_id').read_text()}"
        assert engine.containers([label])
        kernel.kill()
    return label


def made_and_not_started(engine: Engine, labels: dict[str, str]) -> str:
    """A container as a kernel leaves it that is killed between two calls of the engine."""
    image = base_image_name(OWN_RUNTIME)
    name = f"lambda-magic-test-{labels[OWNER_LABEL]}-{labels[HOME_LABEL]}"
    return engine.create(image, name=name, host={}, labels=labels, command=["sh"])


def an_image(engine: Engine, labels: dict[str, str]) -> str:
    """An image with nothing in it."""
    name = f"lambda-magic-test:{labels[OWNER_LABEL]}"
    context = context_archive({"Dockerfile": b"FROM scratch\nCMD nothing"})
    engine.build(context, name, labels, lambda line: None)
    return name


def test_the_containers_of_a_killed_kernel_end_with_it(
    container_engine: Engine, tmp_path: Path
) -> None:
    label = kill_a_kernel(tmp_path / "home", container_engine)
    # Their first processes have lost their connection, and end; the engine removes them.
    assert lasting(container_engine, label) == []


def test_the_next_start_removes_this_homes_orphans_and_only_those(
    container_engine: Engine, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    label = kill_a_kernel(home, container_engine)
    (killed,) = (path for path in (home / "containers").iterdir() if path.is_dir())
    mine = {HOME_LABEL: label.partition("=")[2]}
    orphan = made_and_not_started(container_engine, mine | {OWNER_LABEL: killed.name})
    orphaned_image = an_image(container_engine, mine | {OWNER_LABEL: killed.name})
    # Of another kernel on this home, that lives; and of another home, whoever owns it.
    neighbour = ContainerOwner(home)
    neighbours_image = an_image(container_engine, neighbour.image_labels())
    others = [
        made_and_not_started(container_engine, mine | {OWNER_LABEL: neighbour.name}),
        made_and_not_started(
            container_engine, {HOME_LABEL: "another", OWNER_LABEL: "lambda_magic-1-1-0"}
        ),
    ]

    region = Region(Settings(home=home))
    assert deploy(region, ECHO).invoke(1).payload == 1
    region.close()

    left = {
        container
        for container, labels in container_engine.containers([OWNER_LABEL])
        if container in (orphan, *others)
    }
    for container in others:
        container_engine.remove(container)
    neighbour.close()
    images = [container_engine.find_image(name) for name in (orphaned_image, neighbours_image)]
    container_engine.remove_image(neighbours_image)
    assert left == set(others)
    assert images[0] is None
    assert images[1] is not None
    assert not killed.exists()


class Passage:
    """A socket that leads to the engine's, and can be blocked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: list[socket.socket] = []
        self.open()

    def open(self) -> None:
        """Let everybody through."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def block(self) -> None:
        """The engine is gone, with all connections."""
        self.path.unlink()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        while self._open:
            with self._open.pop() as sock, suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect("/var/run/docker.sock")
            self._open += [client, engine]
            for source, target in ((client, engine), (engine, client)):
                threading.Thread(target=self._copy, args=[source, target], daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture
def passage(
    container_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Passage]:
    if not os.path.exists("/var/run/docker.sock"):
        pytest.skip("the engine's socket is elsewhere")
    directory = Path("/tmp", f"lambda-magic-passage-{os.getpid()}")
    directory.mkdir()
    made = Passage(directory / "engine.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{made.path}")
    yield made
    made.block()
    shutil.rmtree(directory)


def test_an_engine_that_goes_fails_what_needs_it_and_may_come_back(
    passage: Passage, tmp_path: Path
) -> None:
    region = Region(Settings(home=tmp_path / "home"))
    warm = deploy(region, ECHO)
    assert warm.invoke(1).payload == 1
    cold = deploy(region, ECHO)

    passage.block()
    assert warm.invoke(2).payload == 2, "an environment that is there needs no engine"
    with pytest.raises(ServiceException, match="container engine does not answer"):
        cold.invoke(3)

    passage.open()
    assert cold.invoke(4).payload == 4
    region.close()


def test_a_region_leaves_nothing_behind(container_engine: Engine, tmp_path: Path) -> None:
    region = Region(Settings(home=tmp_path, container_pool=2))
    function = deploy(region, ECHO)
    assert [result.payload for result in function.map([1, 2, 3], concurrency=3)] == [1, 2, 3]
    label = f"{HOME_LABEL}={(tmp_path / 'containers' / 'home_id').read_text()}"
    assert container_engine.containers([label])
    region.close()
    assert container_engine.containers([label]) == []
    assert sorted(path.name for path in (tmp_path / "containers").iterdir()) == ["guard", "home_id"]
