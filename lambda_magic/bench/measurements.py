"""What is measured, and how; each function gives one row or two.

Ours and the peer take turns in short rounds, so that a noisy machine disturbs both alike.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import median

from lambda_magic.bench.memory import total_pss_mib
from lambda_magic.bench.row import Row
from lambda_magic.deployment.package import build_zip
from lambda_magic.function import Function
from lambda_magic.monitoring.events import Event, Start
from lambda_magic.region import Region

ECHO = "def handler(event, context):\n    return event\n"
_SLEEP = "import time\n\ndef handler(event, context):\n    time.sleep(event)\n"
_ROLE = "arn:aws:iam::123456789012:role/bench"

_ROUNDS = 10


def echo(value: object) -> object:
    """What the peer of a warm invocation runs."""
    return value


def deploy(region: Region, name: str, source: str, *, timeout: int = 60) -> Function:
    """A function made of one module."""
    client = region.client()
    client.create_function(
        FunctionName=name,
        Role=_ROLE,
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",  # type: ignore[arg-type]  # a Literal
        Handler="lambda_function.handler",
        Code={"ZipFile": build_zip({"lambda_function.py": source.encode()})},
        Timeout=timeout,
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(region, name)


def warm(region: Region, invocations: int) -> Iterator[Row]:
    """Warm invocations from the notebook thread and from its asyncio loop."""
    function = deploy(region, "bench-echo", ECHO)
    function.invoke(1)
    ours: list[float] = []
    ours_async: list[float] = []
    peers: list[float] = []
    with ProcessPoolExecutor(1) as executor:
        executor.submit(echo, 1).result()
        for _ in range(_ROUNDS):
            count = invocations // _ROUNDS
            ours += durations(lambda: function.invoke(1), count)
            peers += durations(lambda: executor.submit(echo, 1).result(), count)
            ours_async += asyncio.run(_async_times(function, count))
    peer = median(peers)
    for name, times, bar in (
        ("warm invoke(), p50", ours, "<= 1.0"),
        ("warm await ainvoke(), p50", ours_async, "<= 0.7"),
    ):
        yield Row(
            name=name,
            measured=_microseconds(median(times)),
            peer=f"ProcessPoolExecutor(1) {_microseconds(peer)}",
            figure=median(times) / peer,
            bar=bar,
        )


def cold(region: Region, starts: int) -> Iterator[Row]:
    """Cold starts of a handler that imports nothing, beside starting an interpreter."""
    functions = [deploy(region, f"bench-cold-{number}", ECHO) for number in range(starts)]
    deploy(region, "bench-cold-first", ECHO).invoke(1)  # starts the fork server
    ours, peers = [], []
    for function in functions:
        ours += durations(lambda f=function: f.invoke(1), 1)  # type: ignore[misc]
        peers += durations(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 1)
    yield Row(
        name=f"cold start ({region.isolation}), p50",
        measured=milliseconds(median(ours)),
        peer=f"python -c pass {milliseconds(median(peers))}",
        figure=median(ours) / median(peers),
        bar="<= 0.5",
    )


def throughput(region: Region, invocations: int) -> Iterator[Row]:
    """Invocations per second from one kernel."""
    function = deploy(region, "bench-throughput", ECHO)
    concurrency = 8
    for _ in function.map(range(concurrency * 4), concurrency=concurrency):
        pass
    started = time.perf_counter()
    for result in function.map(range(invocations), concurrency=concurrency):
        result.raise_for_error()
    rate = invocations / (time.perf_counter() - started)
    yield Row(
        name=f"throughput, fn.map with concurrency {concurrency}",
        measured=f"{rate:,.0f} invocations/s",
        peer=f"{invocations:,} invocations",
        figure=rate,
        bar=">= 6000",
    )


def many(region: Region, environments: int) -> Iterator[Row]:
    """Environments of one function, all alive at once."""
    function = deploy(region, "bench-many", _SLEEP, timeout=300)
    function.invoke(0)
    starts = _Starts(environments)
    region.call(starts.subscribe(region))
    # Nobody waits for their end: it comes when the region is closed.
    events = [300] * environments
    results = threading.Thread(target=lambda: list(function.map(events, environments)), daemon=True)
    started = time.perf_counter()
    results.start()
    complete = starts.all_there.wait(60)
    elapsed = time.perf_counter() - started
    alive = sum(one.state == "Running" for one in region.environments())
    memory = total_pss_mib()
    yield Row(
        name=f"{environments:,} concurrent environments",
        measured=f"{alive:,} alive at once",
        peer=f"after {elapsed:.1f} s",
        figure=elapsed if complete and alive == environments else float("inf"),
        bar="<= 10",
    )
    if memory is not None:
        yield Row(
            name="memory of each (PSS)",
            measured=f"{memory / environments:.2f} MiB",
            peer=f"all together {memory:,.0f} MiB",
            figure=memory / environments,
            bar="<= 4",
        )


class _Starts:
    """Counts invocations as they begin."""

    def __init__(self, expected: int) -> None:
        self.all_there = threading.Event()
        self._missing = expected

    async def subscribe(self, region: Region) -> None:
        region.bus.subscribe(self._receive)

    def _receive(self, events: Sequence[Event]) -> None:
        self._missing -= sum(isinstance(event, Start) for event in events)
        if self._missing <= 0:
            self.all_there.set()


def durations(call: Callable[[], object], count: int) -> list[float]:
    """How long each of some calls takes, in seconds."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return times


async def _async_times(function: Function, count: int) -> list[float]:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        await function.ainvoke(1)
        times.append(time.perf_counter() - started)
    return times


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"


def milliseconds(seconds: float) -> str:
    """As people read it."""
    return f"{seconds * 1e3:,.1f} ms"
