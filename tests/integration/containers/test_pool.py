"""Containers that are started ahead."""

from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.environments.container_owner import (
    ENVIRONMENT_LABEL,
    FUNCTION_LABEL,
    HOME_LABEL,
)
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.spec import NETWORK_TAG
from lambda_magic.region import Region

from .conftest import deploy

#: Tells whether its container was made for any function, by what that is shown.
WHERE = """
    import os

    def handler(event, context):
        mounts = [line.split()[3] for line in open("/proc/self/mountinfo") if "/var/task" in line]
        return ["shown-" in mounts[0], sorted(os.listdir("/var/task")), os.listdir("/opt")]
"""


class Home:
    """A region with a pool, and its containers."""

    def __init__(self, engine: Engine, home: Path, size: int) -> None:
        self.region = Region(Settings(home=home, container_pool=size))
        self._engine = engine
        self._home = home

    def spares(self) -> int:
        label = f"{HOME_LABEL}={(self._home / 'containers' / 'home_id').read_text()}"
        # As labels never change, a container that has been taken still looks like a spare one.
        return sum(
            labels[FUNCTION_LABEL] == "" and labels[ENVIRONMENT_LABEL] == ""
            for _, labels in self._engine.containers([label])
        )

    def wait_for(self, count: int) -> None:
        """Return when so many have been made in all."""
        while self.spares() < count:
            pass


@pytest.fixture
def make_home(container_engine: Engine, tmp_path: Path) -> Any:
    made = []

    def make(size: int) -> Home:
        made.append(Home(container_engine, tmp_path / "home", size))
        return made[-1]

    yield make
    for home in made:
        home.region.close()


def test_a_cold_start_takes_a_container_that_is_ready(make_home: Any) -> None:
    home = make_home(1)
    first, second = (deploy(home.region, WHERE) for _ in range(2))
    assert first.invoke().payload == [False, ["app.py"], []]
    home.wait_for(1)
    found = [second.invoke()]
    while not found[-1].payload[0]:
        # It was taken before its first process had introduced itself: the next function gets it.
        found.append(deploy(home.region, WHERE).invoke())
    assert found[-1].payload == [True, ["app.py"], []]
    assert found[-1].report.init_duration_ms is not None
    assert found[-1].report.max_memory_used_mb < 60


def test_a_function_of_its_own_size_or_network_gets_a_container_of_its_own(make_home: Any) -> None:
    home = make_home(1)
    assert deploy(home.region, WHERE).invoke().payload[0] is False
    home.wait_for(1)
    unusual: list[dict[str, Any]] = [
        {"EphemeralStorage": {"Size": 1024}},
        {"Tags": {NETWORK_TAG: "none"}},
    ]
    for members in unusual:
        assert deploy(home.region, WHERE, **members).invoke().payload[0] is False


def test_a_spare_container_has_the_functions_memory(make_home: Any) -> None:
    home = make_home(1)
    grow = "def handler(event, context):\n    return len(bytearray(event * 2**20))"
    assert deploy(home.region, grow, MemorySize=1024).invoke(500).payload == 500 * 2**20
    home.wait_for(1)
    assert deploy(home.region, grow, MemorySize=1024).invoke(700).payload == 700 * 2**20
    small = deploy(home.region, grow, MemorySize=128).invoke(500)
    assert small.payload["errorType"] == "Runtime.ExitError"


def test_without_a_pool_nothing_is_made_ahead(make_home: Any) -> None:
    home = make_home(0)
    assert deploy(home.region, WHERE).invoke().payload[0] is False
    assert home.spares() == 0
