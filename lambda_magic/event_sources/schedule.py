"""When a schedule is due: `rate(5 minutes)`, `cron(0 12 ? * MON-FRI *)`, `at(2030-01-01T00:00:00)`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import croniter  # type: ignore[import-untyped]  # it ships no types

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0}
_NEAREST = re.compile(r"(\d{1,2})W")
_DAYS = {"SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6}
_WORDS = re.compile("|".join(_DAYS))
#: A schedule that is not due within this time never is: 40 years, in seconds.
_HORIZON = 40 * 366 * 86_400.0


class ScheduleError(ValueError):
    """This is no schedule; the text says why."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many seconds."""

    seconds: float

    def next(self, after: float) -> float | None:
        """The first moment after one at which it was due, or began."""
        return after + self.seconds


@dataclass(frozen=True, slots=True)
class At:
    """Once."""

    time: float

    def next(self, after: float) -> float | None:
        """That moment, if it is still to come."""
        return self.time if self.time > after else None


@dataclass(frozen=True, slots=True)
class Cron:
    """Whenever date and time fit."""

    #: As croniter takes it: minute, hour, day, month, day of the week (0 is Sunday), second, year.
    expression: str
    zone: tzinfo
    #: The day of the month to which it is the nearest weekday, or None.
    nearest: int | None = None

    def next(self, after: float) -> float | None:
        """The first moment after another one; None if there is none."""
        moments = croniter.croniter(self.expression, datetime.fromtimestamp(after, self.zone))
        try:
            while (found := moments.get_next(float)) < after + _HORIZON:
                day = datetime.fromtimestamp(found, self.zone).date()
                if self.nearest is None or day.day == _weekday(day, self.nearest):
                    return float(found)
        except croniter.CroniterError:  # it never is again
            return None
        return None


Schedule = Rate | Cron | At


def parse_schedule(expression: str, zone: str = "UTC") -> Schedule:
    """The schedule that an expression stands for. Raises `ScheduleError`.

    >>> parse_schedule("rate(5 minutes)").next(0)
    300.0
    """
    if match := _RATE.fullmatch(expression):
        number = int(match[1])
        if number < 1 or (number == 1) is bool(match[3]):
            raise ScheduleError(f"{expression}: one is singular, more are plural")
        return Rate(number * _SECONDS[match[2]])
    try:
        place = UTC if zone == "UTC" else ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        raise ScheduleError(f"There is no time zone {zone}") from None
    if match := _AT.fullmatch(expression):
        return At(datetime.fromisoformat(match[1]).replace(tzinfo=place).timestamp())
    if match := _CRON.fullmatch(expression):
        return _cron(expression, match[1].upper().split(), place)
    raise ScheduleError(
        f"{expression} is no schedule: rate(5 minutes), cron(0 12 * * ? *) or "
        "at(2030-01-01T00:00:00)"
    )


def _cron(expression: str, fields: list[str], zone: tzinfo) -> Cron:
    if len(fields) != 6:
        raise ScheduleError(
            f"{expression} has {len(fields)} fields, not six: minutes, hours, day of the month, "
            "month, day of the week, year"
        )
    minute, hour, day, month, weekday, year = fields
    if (day == "?") is (weekday == "?"):
        raise ScheduleError(f"{expression}: one of the two days is ?, and not both")
    nearest = None
    if match := _NEAREST.fullmatch(day):
        nearest = int(match[1])
        day = f"{max(1, nearest - 2)}-{min(31, nearest + 2)}"
    translated = " ".join(
        [minute, hour, day.replace("?", "*"), month, _weekdays(weekday), "0", year]
    )
    if "?" in translated or not croniter.croniter.is_valid(translated):
        raise ScheduleError(f"{expression} is no schedule")
    return Cron(translated, zone, nearest)


def _weekdays(field: str) -> str:
    """The field with Sunday as 0; AWS counts it as 1. "6L" is the last Friday, "6#3" the third."""
    if field in ("?", "*"):
        return "*"
    if field == "L":
        return "6"
    field = _WORDS.sub(lambda word: str(_DAYS[word[0]] + 1), field)
    parts = []
    for part in field.split(","):
        days, step, every = part.partition("/")
        days, number, which = days.partition("#")
        is_last = days.endswith("L")
        shifted = re.sub(r"\d+", lambda day: str(int(day[0]) - 1), days.removesuffix("L"))
        parts.append(f"{'L' if is_last else ''}{shifted}{number}{which}{step}{every}")
    return ",".join(parts)


def _weekday(day: date, nearest: int) -> int:
    """The weekday of this month that is nearest to a day of it."""
    last = calendar.monthrange(day.year, day.month)[1]
    if nearest > last:
        return 0
    wanted = day.replace(day=nearest)
    shift = {5: -1, 6: 1}.get(wanted.weekday(), 0)
    moved = wanted + timedelta(days=shift)
    if moved.month != day.month:
        moved = wanted - timedelta(days=2 * shift)
    return moved.day
