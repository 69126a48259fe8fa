"""Schedules against a slow and obvious reading of AWS's page, field by field and day by day."""

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.event_sources.schedule import parse_schedule

_MONTHS = ["", *(name.upper() for name in calendar.month_abbr[1:])]
_DAYS = ["", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
#: So many days are looked at: there is a 29 February on each weekday in them.
_HORIZON = 366 * 29


def numbers(field: str, low: int, high: int, names: list[str]) -> set[int]:
    """The values that a field of numbers stands for."""

    def number(text: str) -> int:
        return names.index(text) if text in names else int(text)

    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else number(first)
        end = high if first == "*" or (step and not last) else number(last or first)
        found |= set(range(start, end + 1, int(step or 1)))
    return found


def weekday(day: date) -> int:
    """1 is Sunday."""
    return day.isoweekday() % 7 + 1


def last_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def is_day_of_month(field: str, day: date) -> bool:
    if field == "L":
        return day.day == last_of_month(day)
    if field.endswith("W"):
        wanted = int(field[:-1])
        if wanted > last_of_month(day):
            return False
        around = [day.replace(day=one) for one in range(1, last_of_month(day) + 1)]
        weekdays = [one for one in around if one.isoweekday() < 6]
        return day == min(weekdays, key=lambda one: abs(one.day - wanted))
    return day.day in numbers(field, 1, 31, [])


def is_day_of_week(field: str, day: date) -> bool:
    if field == "L":
        return weekday(day) == 7
    if field.endswith("L"):
        name = field[:-1]
        wanted = _DAYS.index(name) if name in _DAYS else int(name)
        return weekday(day) == wanted and day.day + 7 > last_of_month(day)
    if "#" in field:
        name, _, which = field.partition("#")
        wanted = _DAYS.index(name) if name in _DAYS else int(name)
        return weekday(day) == wanted and (day.day + 6) // 7 == int(which)
    return weekday(day) in numbers(field, 1, 7, _DAYS)


def moments(expression: str, after: datetime) -> Iterator[datetime]:
    """Every moment after another one, in order."""
    minute, hour, of_month, month, of_week, year = expression[5:-1].split()
    minutes, hours = sorted(numbers(minute, 0, 59, [])), sorted(numbers(hour, 0, 23, []))
    months, years = numbers(month, 1, 12, _MONTHS), numbers(year, 1970, 2199, [])
    for offset in range(_HORIZON):
        day = after.date() + timedelta(days=offset)
        if day.month not in months or day.year not in years:
            continue
        if not (
            is_day_of_week(of_week, day) if of_month == "?" else is_day_of_month(of_month, day)
        ):
            continue
        for h in hours:
            for m in minutes:
                moment = datetime(day.year, day.month, day.day, h, m, tzinfo=UTC)
                if moment > after:
                    yield moment


def spans(low: int, high: int, names: list[str]) -> st.SearchStrategy[str]:
    """Fields of numbers: one, ranges, lists, steps."""
    number = st.integers(low, high)
    one = number.map(str)
    if names:
        one |= number.map(names.__getitem__)
    pair = st.tuples(number, number).map(sorted)
    several = pair.map(lambda ends: f"{ends[0]}-{ends[1]}")
    step = st.integers(1, high)
    every = st.tuples(number, step).map(lambda of: f"{of[0]}/{of[1]}")
    all_of = st.one_of(st.just("*"), step.map(lambda n: f"*/{n}"))
    stepped = st.tuples(several, step).map(lambda of: f"{of[0]}/{of[1]}")
    listed = st.lists(one | several, min_size=1, max_size=3).map(",".join)
    return st.one_of(one, several, every, all_of, stepped, listed)


days_of_month = st.one_of(
    spans(1, 31, []), st.just("L"), st.integers(1, 31).map(lambda day: f"{day}W")
)
days_of_week = st.one_of(
    spans(1, 7, _DAYS),
    st.just("L"),
    st.integers(1, 7).map(lambda day: f"{day}L"),
    st.sampled_from(_DAYS[1:]).map(lambda day: f"{day}L"),
    st.tuples(st.sampled_from([*_DAYS[1:], *"1234567"]), st.integers(1, 5)).map(
        lambda of: f"{of[0]}#{of[1]}"
    ),
)
days = st.one_of(st.tuples(days_of_month, st.just("?")), st.tuples(st.just("?"), days_of_week))
years = st.one_of(
    st.just("*"), st.integers(2026, 2040).map(str), st.just("2027-2030"), st.just("2027/2")
)


@given(
    spans(0, 59, []),
    spans(0, 23, []),
    days,
    spans(1, 12, _MONTHS),
    years,
    st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)),
)
def test_it_is_due_exactly_then(
    minute: str, hour: str, day: tuple[str, str], month: str, year: str, now: datetime
) -> None:
    expression = f"cron({minute} {hour} {day[0]} {month} {day[1]} {year})"
    after = now.replace(tzinfo=UTC, microsecond=0)
    schedule = parse_schedule(expression)
    expected = moments(expression, after)
    time: float | None = after.timestamp()
    for _ in range(3):
        assert time is not None
        time = schedule.next(time)
        following = next(expected, None)
        found = None if time is None else datetime.fromtimestamp(time, UTC)
        if following is None:  # never, or too far away for the slow way
            assert found is None or found > after + timedelta(days=_HORIZON)
            return
        assert found == following
