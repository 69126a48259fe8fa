"""Schedule expressions, from AWS's documentation where there is one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.event_sources.schedule import ScheduleError, parse_schedule

#: A Friday.
NOW = datetime(2026, 1, 30, 12, 0, 30, tzinfo=UTC)


def following(expression: str, count: int = 1, zone: str = "UTC") -> list[str]:
    """The moments after NOW at which it is due."""
    schedule = parse_schedule(expression, zone)
    moments: list[str] = []
    after: float | None = NOW.timestamp()
    while after is not None and len(moments) < count:
        after = schedule.next(after)
        if after is not None:
            moments.append(f"{datetime.fromtimestamp(after, UTC):%Y-%m-%d %H:%M:%S}")
    return moments


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", ["2026-01-30 12:01:30", "2026-01-30 12:02:30"]),
        ("rate(5 minutes)", ["2026-01-30 12:05:30", "2026-01-30 12:10:30"]),
        ("rate(1 hour)", ["2026-01-30 13:00:30", "2026-01-30 14:00:30"]),
        ("rate(7 days)", ["2026-02-06 12:00:30", "2026-02-13 12:00:30"]),
        ("cron(0 10 * * ? *)", ["2026-01-31 10:00:00", "2026-02-01 10:00:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-30 12:15:00", "2026-01-31 12:15:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-30 18:00:00", "2026-02-02 18:00:00"]),
        ("cron(0 8 1 * ? *)", ["2026-02-01 08:00:00", "2026-03-01 08:00:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-30 12:15:00", "2026-01-30 12:30:00"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-01-30 12:05:00", "2026-01-30 12:10:00"]),
        ("cron(0 0 ? * 1 *)", ["2026-02-01 00:00:00", "2026-02-08 00:00:00"]),
        ("cron(0 0 ? * SUN,TUE *)", ["2026-02-01 00:00:00", "2026-02-03 00:00:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00:00", "2026-02-28 00:00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-31 00:00:00", "2026-02-07 00:00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-02-27 00:00:00", "2026-03-27 00:00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-02-10 00:00:00", "2026-03-10 00:00:00"]),
        ("cron(0 0 ? * TUE#2 *)", ["2026-02-10 00:00:00", "2026-03-10 00:00:00"]),
        # The weekday nearest to the 15th, a Sunday twice; to the 1st, without leaving the month.
        ("cron(0 0 15W * ? *)", ["2026-02-16 00:00:00", "2026-03-16 00:00:00"]),
        ("cron(0 0 1W * ? *)", ["2026-02-02 00:00:00", "2026-03-02 00:00:00"]),
        ("cron(0 0 31W 1,5 ? *)", ["2026-05-29 00:00:00", "2027-01-29 00:00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
        ("cron(0 0 1 JAN ? 2028-2029)", ["2028-01-01 00:00:00", "2029-01-01 00:00:00"]),
        ("cron(0 0 1 1 ? 2020)", []),
        ("cron(0 0 30W 2 ? *)", []),
        ("cron(0 0 30 2 ? *)", []),
        # A range may go around.
        ("cron(0 0 ? * FRI-MON *)", ["2026-01-31 00:00:00", "2026-02-01 00:00:00"]),
        ("cron(0 22-1/2 * * ? *)", ["2026-01-30 22:00:00", "2026-01-31 00:00:00"]),
        ("cron(50/5 12 ? jan fri 2026)", ["2026-01-30 12:50:00", "2026-01-30 12:55:00"]),
        ("at(2026-02-01T08:00:00)", ["2026-02-01 08:00:00"]),
        ("at(2020-02-01T08:00:00)", []),
    ],
)  # fmt: skip
def test_when_it_is_due(expression: str, expected: list[str]) -> None:
    assert following(expression, 2) == expected


def test_a_time_zone_has_its_summer() -> None:
    assert following("cron(0 8 29 3,4 ? *)", 2, "Europe/Berlin") == [
        "2026-03-29 06:00:00",
        "2026-04-29 06:00:00",
    ]
    # 29 March has no 2:30, and 25 October has two.
    assert following("cron(30 2 28-30 3 ? *)", 2, "Europe/Berlin") == [
        "2026-03-28 01:30:00",
        "2026-03-30 00:30:00",
    ]
    assert following("cron(30 2 25-26 10 ? *)", 2, "Europe/Berlin") == [
        "2026-10-25 00:30:00",
        "2026-10-26 01:30:00",
    ]
    assert following("at(2026-02-01T08:00:00)", 1, "Europe/Berlin") == ["2026-02-01 07:00:00"]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("rate(0 minutes)", "the number must be positive"),
        ("rate(1 minutes)", "one is singular, more are plural"),
        ("rate(5 minute)", "one is singular, more are plural"),
        ("rate(999999999 days)", "that is never"),
        ("rate(5 seconds)", "is no schedule"),
        ("cron(0 10 * * ?)", "has 5 fields, not six"),
        ("cron(0 10 * * * *)", "one of the two days is [?], and not both"),
        ("cron(0 10 ? * ? *)", "one of the two days is [?], and not both"),
        ("cron(61 0 * * ? *)", "61 is no value for minutes, 0-59"),
        ("cron(0 ? * * ? *)", "[?] is no value for hours, 0-23"),
        ("cron(0 0 32 * ? *)", "32 is no value for day of the month, 1-31"),
        ("cron(0 0 32W * ? *)", "32 is no value for day of the month, 1-31"),
        ("cron(0 0 1 13 ? *)", "13 is no value for month, 1-12"),
        ("cron(0 0 ? * 0 *)", "0 is no value for day of the week, 1-7"),
        ("cron(0 0 ? * MON#6 *)", "MON#6 is no value for day of the week, 1-7"),
        ("cron(0 0 ? * 3#1,6#3 *)", "3#1 is no value for day of the week, 1-7"),
        ("cron(0 0 ? * NOW *)", "NOW is no value for day of the week, 1-7"),
        ("cron(0 0 1 * ? 2200)", "2200 is no value for year, 1970-2199"),
        ("cron(0 0 1 * ? 2030-2020)", "2030-2020 in year ends before it begins"),
        ("cron(0/0 0 1 * ? *)", "0/0 in minutes: 0 is no step"),
        ("cron(1,,2 0 1 * ? *)", "nothing is no value for minutes, 0-59"),
        ("every minute", "is no schedule: rate"),
        ("at(tomorrow)", "is no schedule"),
        ("at(2026-02-30T00:00:00)", "day is out of range for month|day 30 must be in range"),
    ],
)
def test_what_is_no_schedule(expression: str, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason) as caught:
        parse_schedule(expression)
    assert str(caught.value).startswith("Parameter ScheduleExpression is not valid. ")


def test_a_time_zone_that_is_none() -> None:
    with pytest.raises(ScheduleError, match="There is no time zone Atlantis"):
        parse_schedule("cron(0 0 * * ? *)", "Atlantis")


@given(
    st.sampled_from(["0/7", "5", "*", "10-20"]),
    st.sampled_from(["*", "3", "8-17"]),
    st.integers(1_700_000_000, 1_900_000_000),
)
def test_the_next_moment_is_later_and_fits(minutes: str, hours: str, after: int) -> None:
    moment: Any = parse_schedule(f"cron({minutes} {hours} * * ? *)").next(float(after))
    found = datetime.fromtimestamp(moment, UTC)
    assert moment > after
    assert found.second == 0
    assert minutes != "5" or found.minute == 5
    assert hours != "3" or found.hour == 3
    assert hours != "8-17" or 8 <= found.hour <= 17
