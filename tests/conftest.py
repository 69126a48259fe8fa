"""What holds for all tests: in CI nothing is skipped, and nothing is left running."""

import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from lambda_magic.environments.container_owner import HOME_LABEL, OWNER_LABEL
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.engine_client import NoEngineError
from lambda_magic.monitoring.events import Event, Measurement
from lambda_magic.region import Region


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything can run, so a skipped test is a test that was not run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("Skipped tests count as failures in CI.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _no_stray_processes() -> Generator[None]:
    """Whatever the tests start, they end."""
    before = _children()
    yield
    left = {pid: command for pid, command in _children().items() if pid not in before}
    assert not left, f"Processes were left running: {left}"


@pytest.fixture
def ctrl_c() -> Generator[None]:
    """Ctrl-C interrupts, also where the tests were started ignoring it, as shells do after `&`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def container_engine() -> Generator[Engine]:
    """The engine that containers run on. Whatever the tests start on it, they remove."""
    engine = Engine()
    try:
        engine.connect()
    except NoEngineError as error:
        pytest.skip(str(error))
    yield engine
    mine = f"lambda_magic-{os.getpid()}-"
    left = [
        (container, labels)
        for container, labels in engine.containers([HOME_LABEL])
        if labels[OWNER_LABEL].startswith(mine)
    ]
    engine.close()
    assert not left, f"Containers were left: {left}"


def _children() -> dict[int, str]:
    """The child processes of this one, with their command lines; none where /proc is not."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid():
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(path.name)] = command
        except (OSError, ValueError):
            continue  # It ended while we looked.
    return found


class Heard:
    """Everything that a region's bus has told since this was made."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._events: list[Event] = []
        self._changed = threading.Condition()
        region.call(self._subscribe())

    async def _subscribe(self) -> None:
        self._region.bus.subscribe(self._receive)

    def _receive(self, events: Sequence[Event]) -> None:
        with self._changed:
            self._events += events
            self._changed.notify_all()

    def total(self, metric: str) -> float:
        """The sum of a metric's values."""
        measured = [one for one in self._events if isinstance(one, Measurement)]
        return sum(one.value for one in measured if one.metric == metric)

    def wait(self, metric: str, total: float, timeout: float = 60) -> None:
        """Return when a metric's values add up to so much; fail if they do not."""
        with self._changed:
            happened = self._changed.wait_for(lambda: self.total(metric) >= total, timeout)
        assert happened, f"{metric} is {self.total(metric)}"


@pytest.fixture
def hear() -> Callable[[Region], Heard]:
    """Listens to a region from now on."""
    return Heard
