"""The queue of asynchronous events, and who adopts what a process left in it."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.errors import DamagedStoreError, StoreError
from lambda_magic.store.event_queue import Changes, Delivery, EventQueue, QueuedEvent


def event(number: int, **members: Any) -> QueuedEvent:
    return QueuedEvent(
        **{
            "request_id": f"request-{number}",
            "function_name": "hello",
            "qualifier": None,
            "payload": b'{"number": %d}' % number,
            "client_context": None,
            "trace_id": "Root=1",
            "received": float(number),
            "due": float(number),
        }
        | members
    )


def delivery(number: int) -> Delivery:
    return Delivery(
        delivery_id=f"delivery-{number}",
        kind="DeadLetter",
        target="arn:aws:sqs:us-east-1:123456789012:dead",
        function_name="hello",
        qualifier="LIVE",
        function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello:LIVE",
        trace_id="Root=1",
        body=b"{}",
        attributes={"RequestID": "request", "ErrorCode": "200"},
    )


def path(home: Path) -> Path:
    return home / "us-east-1.queue.sqlite"


async def test_what_was_written_is_found_by_the_next_process(tmp_path: Path) -> None:
    first = EventQueue(path(tmp_path))
    later = event(1, due=90.0, qualifier="LIVE", client_context="{}", trace_id="Root=2")
    await first.write(Changes(add=[later, event(2)], deliver=[delivery(1)]))
    first.close()

    second = EventQueue(path(tmp_path))
    assert await second.adopt() == ([event(2), later], [delivery(1)])
    # They are its own now.
    assert await second.adopt() == ([], [])
    second.close()


async def test_an_event_is_written_anew_each_time_it_must_wait(tmp_path: Path) -> None:
    first = EventQueue(path(tmp_path))
    await first.write(Changes(add=[event(1)]))
    waiting = event(1, due=61.0, attempts=1, answer=b"{}", executed_version="3")
    await first.write(Changes(reschedule=[waiting]))
    first.close()

    second = EventQueue(path(tmp_path))
    assert await second.adopt() == ([waiting], [])
    second.close()


async def test_what_is_done_with_is_gone(tmp_path: Path) -> None:
    first = EventQueue(path(tmp_path))
    await first.write(Changes(add=[event(1), event(2)]))
    # One step: the event ends, and what follows from it begins.
    await first.write(Changes(remove=["request-1"], deliver=[delivery(1)], add=[event(3)]))
    await first.write(Changes(delivered=["delivery-1"]))
    first.close()

    second = EventQueue(path(tmp_path))
    assert await second.adopt() == ([event(2), event(3)], [])
    second.close()


async def test_nobody_takes_from_the_living(tmp_path: Path) -> None:
    first, second = EventQueue(path(tmp_path)), EventQueue(path(tmp_path))
    await first.write(Changes(add=[event(1)]))

    assert await second.adopt() == ([], [])

    first.close()
    assert await second.adopt() == ([event(1)], [])
    second.close()


async def test_of_two_who_adopt_at_once_one_gets_it(tmp_path: Path) -> None:
    dead = EventQueue(path(tmp_path))
    await dead.write(Changes(add=[event(number) for number in range(50)]))
    dead.close()
    heirs = [EventQueue(path(tmp_path)) for _ in range(4)]

    adopted = await asyncio.gather(*(heir.adopt() for heir in heirs))

    assert sorted(len(events) for events, _ in adopted) == [0, 0, 0, 50]
    for heir in heirs:
        heir.close()


async def test_many_at_once_are_all_written(tmp_path: Path) -> None:
    queue = EventQueue(path(tmp_path))
    await asyncio.gather(*(queue.write(Changes(add=[event(number)])) for number in range(500)))
    assert repr(queue) == "<EventQueue us-east-1.queue.sqlite [0 steps waiting]>"
    queue.close()

    connection = sqlite3.connect(path(tmp_path))
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (500,)
    connection.close()


async def test_what_cannot_be_written_does_not_take_others_with_it(tmp_path: Path) -> None:
    queue = EventQueue(path(tmp_path))
    await queue.write(Changes(add=[event(1)]))

    twice, other = await asyncio.gather(
        queue.write(Changes(add=[event(1)])),
        queue.write(Changes(add=[event(2)])),
        return_exceptions=True,
    )

    assert isinstance(twice, StoreError)
    assert "UNIQUE constraint failed" in twice.message
    assert other is None
    queue.close()


async def test_a_closed_queue_takes_nothing(tmp_path: Path) -> None:
    queue = EventQueue(path(tmp_path))
    queue.close()

    with pytest.raises(StoreError, match="is closed"):
        await queue.write(Changes(add=[event(1)]))


async def test_closing_writes_what_is_waiting(tmp_path: Path) -> None:
    queue = EventQueue(path(tmp_path))
    written = asyncio.ensure_future(queue.write(Changes(add=[event(1)])))
    await asyncio.sleep(0)
    queue.close()
    await written

    heir = EventQueue(path(tmp_path))
    assert await heir.adopt() == ([event(1)], [])
    heir.close()


def test_a_damaged_queue_is_left_as_it_is(tmp_path: Path) -> None:
    path(tmp_path).write_bytes(b"nonsense" * 1000)

    with pytest.raises(DamagedStoreError, match="it is left as it is"):
        EventQueue(path(tmp_path))

    assert path(tmp_path).read_bytes() == b"nonsense" * 1000


def test_an_event_changes_only_as_a_copy() -> None:
    assert replace(event(1), due=2.0) != event(1)
    assert "number" not in repr(event(1))
