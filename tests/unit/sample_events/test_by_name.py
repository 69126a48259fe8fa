import json

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.sample_events import library
from lambda_magic.sample_events.by_name import EventsByName


def test_has_every_event_by_its_name() -> None:
    events = EventsByName(Settings())
    assert tuple(events) == library.names()
    assert len(events) == len(library.names())
    assert events["sqs/message"]["Records"][0]["eventSource"] == "aws:sqs"
    assert all(json.dumps(event) for event in events.values())


def test_has_no_other() -> None:
    assert "sqs/nope" not in EventsByName(Settings())
    with pytest.raises(KeyError):
        EventsByName(Settings())["sqs"]
