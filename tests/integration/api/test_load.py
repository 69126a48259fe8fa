"""Many clients at once: nobody gets an error, everybody the own answer."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lambda_magic.api.endpoint import Endpoint

from .conftest import deploy

CLIENTS = 64


class Load:
    """Clients that invoke as fast as they can."""

    def __init__(self, make_client: Callable[[], Any], seconds: float) -> None:
        self.answered = 0
        self.errors: list[str] = []
        self._counting = threading.Lock()
        self._until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._run, args=(number, make_client()))
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run(self, number: int, client: Any) -> None:
        answered = 0
        while answered < 2 or time.monotonic() < self._until:
            event = {"client": number, "request": answered}
            try:
                answer = client.invoke(FunctionName="hello", Payload=json.dumps(event).encode())
                assert json.load(answer["Payload"]) == event
            except Exception as error:
                self.errors.append(repr(error))
                return
            answered += 1
        with self._counting:
            self.answered += answered


@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_many_clients(endpoint: Endpoint, connect: Callable[..., Any], seconds: float) -> None:
    deploy(connect(endpoint), Timeout=60)
    load = Load(lambda: connect(endpoint), seconds)
    assert load.errors == []
    assert load.answered >= 2 * CLIENTS
