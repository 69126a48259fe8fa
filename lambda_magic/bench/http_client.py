"""What a client of two HTTP servers sees; run as a program of its own, so that it slows neither.

    python http_client.py PORT PEER_PORT REQUESTS

Prints a JSON object: the seconds of each request to either server, and requests per second. It
uses the standard library only, and one kept-alive connection for each of its threads.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable

_PATH = "/2015-03-31/functions/bench-http/invocations"
_SCOPE = "bench/20261120/us-east-1/lambda/aws4_request"
_HEADERS = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={_SCOPE}, SignedHeaders=host, Signature=0"
}
_ROUNDS = 10
_CONNECTIONS = 8


def caller(port: int) -> Callable[[], None]:
    """Something that makes a request, always on the same connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call() -> None:
        connection.request("POST", _PATH, b"1", _HEADERS)
        response = connection.getresponse()
        body = response.read()
        if (response.status, body) != (200, b"1"):
            raise RuntimeError(f"{response.status} {body!r}")

    return call


def times(call: Callable[[], None], count: int) -> list[float]:
    """How long each of some requests takes, one after the other."""
    found = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return found


def rate(port: int, count: int) -> float:
    """Requests per second on several connections at once."""
    callers = [caller(port) for _ in range(_CONNECTIONS)]
    for call in callers:
        call()
    threads = [
        threading.Thread(target=times, args=(call, count // _CONNECTIONS)) for call in callers
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count // _CONNECTIONS * _CONNECTIONS / (time.perf_counter() - started)


def main(port: int, peer_port: int, count: int) -> None:
    """Measure both, in turns."""
    ours: list[float] = []
    peers: list[float] = []
    call, call_peer = caller(port), caller(peer_port)
    times(call, 10)
    times(call_peer, 10)
    for _ in range(_ROUNDS):
        ours += times(call, count // _ROUNDS)
        peers += times(call_peer, count // _ROUNDS)
    rates = {"rate": rate(port, count), "peer_rate": rate(peer_port, count)}
    print(json.dumps({"ours": ours, "peers": peers} | rates))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
