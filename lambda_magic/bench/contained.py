"""Functions in containers, beside `docker run` and beside subprocesses."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

from lambda_magic.bench.measurements import ECHO, deploy, durations, milliseconds
from lambda_magic.bench.row import Row
from lambda_magic.environments.base_image import provide_base_image
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.engine_client import NoEngineError
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.environments.sandbox import CONTAINER
from lambda_magic.function import Function
from lambda_magic.region import Region

_POOL = 2
#: Warm invocations for each cold start.
_WARM = 20
#: Seconds in which a container is made on any machine.
_PATIENCE = 60


def contained(region: Region, starts: int) -> Iterator[Row]:
    """Cold starts with and without a pool, and warm invocations; nothing without an engine."""
    with closing(Engine()) as engine:
        try:
            image = provide_base_image(engine, OWN_RUNTIME, lambda line: None)
        except NoEngineError as error:
            print(f"containers are not measured: {error}", file=sys.stderr)
            return
    with closing(_region(region, "cold", 0)) as containers:
        yield from _cold(containers, image.name, starts)
        yield _warm(region, containers, starts * _WARM)
    with closing(_region(region, "pool", _POOL)) as containers:
        yield _cold_with_pool(containers, starts)


def _region(region: Region, name: str, pool: int) -> Region:
    home = Path(region.settings.home, name)
    return Region(replace(region.settings, home=home, environment=CONTAINER, container_pool=pool))


def _cold(region: Region, image: str, starts: int) -> Iterator[Row]:
    """Beside the same interpreter in a container of the same image, with nothing else."""
    docker = shutil.which("docker")
    if docker is None:
        print("no docker command to measure cold starts beside", file=sys.stderr)
        return
    program = f"/var/lang/bin/python{OWN_RUNTIME.removeprefix('python')}"
    bare = [docker, "run", "--rm", f"--entrypoint={program}", image, "-c", "pass"]
    deploy(region, "bench-first", ECHO).invoke(1)  # connects to the engine
    subprocess.run(bare, check=True)
    ours, peers = [], []
    for function in _functions(region, starts):
        ours += durations(lambda f=function: f.invoke(1).raise_for_error(), 1)  # type: ignore[misc]
        peers += durations(lambda: subprocess.run(bare, check=True), 1)
    yield Row(
        name="cold start in a container, p50",
        measured=milliseconds(median(ours)),
        peer=f"docker run {milliseconds(median(peers))}",
        figure=median(ours) / median(peers),
        bar="<= 1.3",
    )


def _warm(region: Region, containers: Region, invocations: int) -> Row:
    inside = deploy(containers, "bench-warm", ECHO)
    outside = deploy(region, "bench-warm", ECHO)
    inside.invoke(1)
    outside.invoke(1)
    ours: list[float] = []
    peers: list[float] = []
    for _ in range(10):
        ours += durations(lambda: inside.invoke(1), invocations // 10)
        peers += durations(lambda: outside.invoke(1), invocations // 10)
    return Row(
        name="warm invoke() in a container, p50",
        measured=f"{median(ours) * 1e6:,.0f} µs",
        peer=f"in a subprocess {median(peers) * 1e6:,.0f} µs",
        figure=median(ours) / median(peers),
        bar="<= 1.5",
    )


def _cold_with_pool(region: Region, starts: int) -> Row:
    deploy(region, "bench-first", ECHO).invoke(1)
    ours = []
    for function in _functions(region, starts):
        _wait_for_pool(region)
        ours += durations(lambda f=function: f.invoke(1).raise_for_error(), 1)  # type: ignore[misc]
    return Row(
        name="cold start in a container of the pool, p50",
        measured=milliseconds(median(ours)),
        peer=f"{_POOL} containers kept ready",
        figure=median(ours) * 1000,
        bar="<= 60",
    )


def _functions(region: Region, count: int) -> list[Function]:
    return [deploy(region, f"bench-{number}", ECHO) for number in range(count)]


def _wait_for_pool(region: Region) -> None:
    """What follows is to find a container that is ready, and a machine at rest."""
    deadline = time.monotonic() + _PATIENCE
    while region.ready_containers() < _POOL:
        if time.monotonic() > deadline:
            raise TimeoutError("The containers of the pool did not get ready")
        time.sleep(0.05)
