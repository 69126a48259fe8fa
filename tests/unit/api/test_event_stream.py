from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from lambda_magic.api import event_stream


def read(data: bytes) -> list[Any]:
    """The messages that botocore reads."""
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return list(buffer)


@pytest.mark.parametrize("payload", [b"", b"{}", b"x" * 100_000])
def test_botocore_reads_an_event(payload: bytes) -> None:
    (message,) = read(event_stream.event("PayloadChunk", payload, "application/octet-stream"))
    assert message.headers == {
        ":event-type": "PayloadChunk",
        ":content-type": "application/octet-stream",
        ":message-type": "event",
    }
    assert message.payload == payload


def test_messages_follow_each_other() -> None:
    data = event_stream.event("a", b"1") + event_stream.exception("Broken", b"{}")
    first, second = read(data)
    assert first.to_response_dict()["status_code"] == 200
    assert second.headers[":exception-type"] == "Broken"
    assert second.to_response_dict()["status_code"] == 400
