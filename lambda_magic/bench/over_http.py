"""Invoke over HTTP, beside a bare Starlette application that sends back what it gets."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.bench.measurements import ECHO, deploy
from lambda_magic.bench.row import Row
from lambda_magic.region import Region

_CLIENT = Path(__file__).with_name("http_client.py")


def over_http(region: Region, requests: int) -> Iterator[Row]:
    """Warm invocations with Python's own HTTP client, on connections that are kept alive."""
    deploy(region, "bench-http", ECHO).invoke(1)
    with Endpoint(region, Address(port=0)) as endpoint, _bare_echo() as peer_port:
        arguments = [str(endpoint.address.port), str(peer_port), str(requests)]
        done = subprocess.run(
            [sys.executable, str(_CLIENT), *arguments], capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout)
    ours, peer = median(found["ours"]), median(found["peers"])
    yield Row(
        name="Invoke over HTTP, p50",
        measured=f"{ours * 1e6:,.0f} µs",
        peer=f"Starlette echo {peer * 1e6:,.0f} µs",
        figure=ours / peer,
        bar="<= 3.0",
    )
    yield Row(
        name="Invoke over HTTP, 8 connections",
        measured=f"{found['rate']:,.0f} requests/s",
        peer=f"Starlette echo {found['peer_rate']:,.0f}/s",
        figure=found["rate"] / found["peer_rate"],
        bar=">= 0.25",
    )


async def _echo(request: Request) -> Response:
    return Response(await request.body())


@contextmanager
def _bare_echo() -> Iterator[int]:
    """A Starlette application on a port, served as uvicorn does: by uvloop where there is one."""
    # With its protocol named, asyncio does not hold small writes back.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=[Route("/{path:path}", _echo, methods=["POST"])]),
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
    )
    thread = threading.Thread(target=server.run, args=[[listener]], name="bare echo", daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
