"""When a schedule is due: `rate(5 minutes)`, `cron(0 12 ? * MON-FRI *)`, `at(2030-01-01T00:00:00)`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from lambda_magic.event_sources.cron_fields import CronFieldError, CronFields

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0}
#: No rate is slower, in seconds: clocks end some time.
_SLOWEST = 1e9


class ScheduleError(ValueError):
    """This is no schedule; the text says so as AWS does, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Parameter ScheduleExpression is not valid. {reason}")


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
    """Whenever date and time fit.

    Where clocks are put forward, times that are left out are, too; where they are put back, what
    is there twice is meant once.
    """

    fields: CronFields
    zone: tzinfo

    def next(self, after: float) -> float | None:
        """The first moment after another one; None if there is none."""
        start = datetime.fromtimestamp(after, self.zone)
        for day in self.fields.days_from(start.date()):
            for hour in self.fields.hours:
                last = datetime(day.year, day.month, day.day, hour, 59, 59, tzinfo=self.zone)
                if last.timestamp() <= after:
                    continue
                for minute in self.fields.minutes:
                    moment = last.replace(minute=minute, second=0).timestamp()
                    if moment > after and self._is_there(moment, hour, minute):
                        return moment
        return None

    def _is_there(self, moment: float, hour: int, minute: int) -> bool:
        found = datetime.fromtimestamp(moment, self.zone)
        return (found.hour, found.minute) == (hour, minute)


Schedule = Rate | Cron | At


def parse_schedule(expression: str, zone: str = "UTC") -> Schedule:
    """The schedule that an expression stands for. Raises `ScheduleError`.

    >>> parse_schedule("rate(5 minutes)").next(0)
    300.0
    """
    if match := _RATE.fullmatch(expression):
        return _rate(expression, int(match[1]), match[2], bool(match[3]))
    try:
        place = UTC if zone == "UTC" else ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        raise ScheduleError(f"There is no time zone {zone}") from None
    if match := _AT.fullmatch(expression):
        try:
            moment = datetime.fromisoformat(match[1])
        except ValueError as error:
            raise ScheduleError(f"{expression}: {error}") from None
        return At(moment.replace(tzinfo=place).timestamp())
    if match := _CRON.fullmatch(expression):
        try:
            return Cron(CronFields.parse(match[1].upper().split()), place)
        except CronFieldError as error:
            raise ScheduleError(f"{expression}: {error}") from None
    raise ScheduleError(
        f"{expression} is no schedule: rate(5 minutes), cron(0 12 * * ? *) or "
        "at(2030-01-01T00:00:00)"
    )


def _rate(expression: str, number: int, unit: str, is_plural: bool) -> Rate:
    if number < 1:
        raise ScheduleError(f"{expression}: the number must be positive")
    if (number == 1) is is_plural:
        raise ScheduleError(f"{expression}: one is singular, more are plural")
    seconds = number * _SECONDS[unit]
    if seconds > _SLOWEST:
        raise ScheduleError(f"{expression}: that is never")
    return Rate(seconds)
