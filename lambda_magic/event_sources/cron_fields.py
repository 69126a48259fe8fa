"""The six fields of AWS's cron expressions: minutes, hours, two kinds of days, months, years.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NEAREST = re.compile(r"(\d{1,2})W")
_NTH = re.compile(r"(\w+)#([1-5])")
_LAST = re.compile(r"(\w*)L")

#: Whether a day is meant.
_DayTest = Callable[[date], bool]


class CronFieldError(ValueError):
    """A field that is none; the text says which and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Field:
    """A kind of field: its name, its values, and what these are called."""

    name: str
    low: int
    high: int
    names: Sequence[str] = ()
    #: Whether a range may go on at the beginning after the end: FRI-MON.
    is_round: bool = True

    def values(self, text: str) -> frozenset[int]:
        """What a field stands for: `5`, `1,3`, `MON-FRI`, `0/15`, `8-18/2`, `*`, `*/10`."""
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def number(self, text: str) -> int:
        """One value, by its number or its name."""
        if text in self.names:
            return self.low + self.names.index(text)
        if not text.isdecimal() or not self.low <= int(text) <= self.high:
            raise CronFieldError(
                f"{text or 'nothing'} is no value for {self.name}, {self.low}-{self.high}"
            )
        return int(text)

    def _part(self, part: str) -> range | list[int]:
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step)):
            raise CronFieldError(f"{part} in {self.name}: {step or 'nothing'} is no step")
        first, dash, last = span.partition("-")
        every = int(step) if slash else 1
        if span == "*":
            return range(self.low, self.high + 1, every)
        start = self.number(first)
        end = self.number(last) if dash else self.high if slash else start
        if start <= end:
            return range(start, end + 1, every)
        if not self.is_round:
            raise CronFieldError(f"{part} in {self.name} ends before it begins")
        around = [*range(start, self.high + 1), *range(self.low, end + 1)]
        return around[::every]


_MINUTES = _Field(name="minutes", low=0, high=59)
_HOURS = _Field(name="hours", low=0, high=23)
_DAY_OF_MONTH = _Field(name="day of the month", low=1, high=31)
_MONTH = _Field(name="month", low=1, high=12, names=_MONTHS)
_DAY_OF_WEEK = _Field(name="day of the week", low=1, high=7, names=_WEEKDAYS)
_YEAR = _Field(name="year", low=1970, high=2199, is_round=False)


@dataclass(frozen=True, slots=True)
class CronFields:
    """When a cron expression is due. Two are equal if they are written alike."""

    #: The fields, in upper case.
    text: tuple[str, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]

    @classmethod
    def parse(cls, fields: Sequence[str]) -> Self:
        """From the six fields, in upper case. Raises `CronFieldError`."""
        if len(fields) != 6:
            raise CronFieldError(
                f"it has {len(fields)} fields, not six: minutes, hours, day of the month, month, "
                "day of the week, year"
            )
        minutes, hours, day, month, weekday, year = fields
        if (day == "?") is (weekday == "?"):
            raise CronFieldError("one of the two days is ?, and not both")
        _day_test(day, weekday)
        _MONTH.values(month)
        _YEAR.values(year)
        return cls(
            tuple(fields),
            tuple(sorted(_MINUTES.values(minutes))),
            tuple(sorted(_HOURS.values(hours))),
        )

    def days_from(self, start: date) -> Iterator[date]:
        """All days on which it is due, from one on, in order."""
        _, _, day, month, weekday, year = self.text
        is_meant = _day_test(day, weekday)
        months = sorted(_MONTH.values(month))
        for one_year in sorted(_YEAR.values(year)):
            if one_year < start.year:
                continue
            for one_month in months:
                if (one_year, one_month) < (start.year, start.month):
                    continue
                for number in range(1, _length(one_year, one_month) + 1):
                    found = date(one_year, one_month, number)
                    if found >= start and is_meant(found):
                        yield found


def _day_test(day: str, weekday: str) -> _DayTest:
    """L, W and # stand alone: they are not for lists or ranges."""
    return _of_month(day) if weekday == "?" else _of_week(weekday)


def _of_month(field: str) -> _DayTest:
    if field == "L":
        return lambda day: day.day == _length(day.year, day.month)
    if found := _NEAREST.fullmatch(field):
        wanted = _DAY_OF_MONTH.number(found[1])
        return lambda day: day.day == _nearest_weekday(day.year, day.month, wanted)
    days = _DAY_OF_MONTH.values(field)
    return lambda day: day.day in days


def _of_week(field: str) -> _DayTest:
    if found := _LAST.fullmatch(field):
        last = _DAY_OF_WEEK.number(found[1] or "SAT")
        is_any = not found[1]
        return lambda day: (
            _weekday(day) == last and (is_any or day.day + 7 > _length(day.year, day.month))
        )
    if found := _NTH.fullmatch(field):
        wanted, which = _DAY_OF_WEEK.number(found[1]), int(found[2])
        return lambda day: _weekday(day) == wanted and (day.day + 6) // 7 == which
    weekdays = _DAY_OF_WEEK.values(field)
    return lambda day: _weekday(day) in weekdays


def _weekday(day: date) -> int:
    """1 is Sunday."""
    return day.isoweekday() % 7 + 1


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _nearest_weekday(year: int, month: int, wanted: int) -> int:
    """The weekday nearest to a day, within its month; 0 where the month has no such day."""
    length = _length(year, month)
    if wanted > length:
        return 0
    match date(year, month, wanted).isoweekday():
        case 6:
            return wanted - 1 if wanted > 1 else wanted + 2
        case 7:
            return wanted + 1 if wanted < length else wanted - 2
    return wanted
