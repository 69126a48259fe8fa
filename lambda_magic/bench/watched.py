"""What a warm invocation costs while a monitor is open, beside one while none is."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from jupyter_client.session import Session

from lambda_magic.bench.measurements import ECHO, deploy
from lambda_magic.bench.row import Row
from lambda_magic.function import Function
from lambda_magic.region import Region
from lambda_magic.widgets.feed import Feed

_ROUNDS = 20


def watched(region: Region, invocations: int) -> Iterator[Row]:
    """Warm invocations with and without a monitor, in turns."""
    function = deploy(region, "bench-watched", ECHO)
    function.invoke(1)
    session = Session(key=b"bench")

    def send(content: dict[str, Any], buffers: list[bytes]) -> None:
        """As much of sending a message to the page as happens on the loop thread."""
        message = session.msg("comm_msg", {"data": {"method": "custom", "content": content}})
        session.serialize(message)

    feed = Feed(region, ["bench-watched"], send)
    alone: list[float] = []
    seen: list[float] = []
    for _ in range(_ROUNDS):
        region.call(_stop(feed))
        alone += _times(function, invocations // _ROUNDS)
        region.call(_show(feed))
        seen += _times(function, invocations // _ROUNDS)
    region.call(_stop(feed))
    yield Row(
        name="warm invoke() with the monitor open, p50",
        measured=f"{median(seen) * 1e6:,.0f} µs",
        peer=f"without it {median(alone) * 1e6:,.0f} µs",
        figure=median(seen) / median(alone),
        bar="<= 1.10",
    )


def _times(function: Function, count: int) -> list[float]:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        function.invoke(1)
        times.append(time.perf_counter() - started)
    return times


async def _show(feed: Feed) -> None:
    feed.show("bench")


async def _stop(feed: Feed) -> None:
    feed.stop()
