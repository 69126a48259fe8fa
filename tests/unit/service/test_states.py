from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.core.errors import ResourceConflictException
from lambda_magic.service.states import check_settled, in_progress, pending, settled, timestamp

ESSENCE = {"FunctionArn": "the-arn", "Timeout": 3}


def without_revision(configuration: dict[str, Any]) -> dict[str, Any]:
    assert configuration.pop("RevisionId")
    return configuration


def test_each_state_replaces_the_one_before() -> None:
    assert without_revision(pending(in_progress(ESSENCE))) == ESSENCE | {
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }
    assert without_revision(in_progress(pending(ESSENCE))) == ESSENCE | {
        "State": "Active",
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }
    assert without_revision(settled(pending(ESSENCE))) == ESSENCE | {
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }


def test_each_state_is_another_revision() -> None:
    first = pending(ESSENCE)

    assert len({first["RevisionId"], settled(first)["RevisionId"]}) == 2


def test_only_what_is_ready_may_be_changed() -> None:
    check_settled(settled(ESSENCE))

    with pytest.raises(ResourceConflictException, match="in the following state: Pending"):
        check_settled(pending(ESSENCE))
    with pytest.raises(ResourceConflictException, match="in progress for resource: the-arn"):
        check_settled(in_progress(ESSENCE))


@pytest.mark.parametrize(
    ("microsecond", "expected"),
    [
        (0, "2026-01-31T12:00:00.000+0000"),
        (7_999, "2026-01-31T12:00:00.007+0000"),
        (999_999, "2026-01-31T12:00:00.999+0000"),
    ],
)
def test_a_timestamp_is_written_as_aws_does(microsecond: int, expected: str) -> None:
    moment = datetime(2026, 1, 31, 12, 0, 0, microsecond, tzinfo=UTC)

    assert timestamp(ManualClock(moment.timestamp())) == expected
