"""When AWS fires a schedule: cron and rate, by a reading of the grammar that the translation does not share.

It knows all of the grammar, also what Kubernetes cannot say. Where clocks go forward over a time AWS skips it, where
they go back over it AWS fires once (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ecs2k8s.core.zones import instants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    Days = Callable[[date], bool]

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
SUNDAY, FRIDAY, SATURDAY = 1, 6, 7
LAST_YEAR = 2199
YEARS = 8  # that are looked at: 29 February comes within them
SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class AwsCron:
    """The minutes of a day at which it fires, and on which days it does."""

    minutes: tuple[tuple[int, int], ...]  # hour and minute
    fires_on: Days

    @classmethod
    def parse(cls, expression: str) -> AwsCron:
        """*expression* is `cron(...)` that AWS takes; whatever else is its caller's mistake."""
        minute, hour, day, month, weekday, year = expression.strip()[len("cron(") : -1].split()
        months, years = _numbers(month, 1, 12, MONTHS), _numbers(year, 1970, 2199, [])
        days = _of_week(weekday) if day == "?" else _of_month(day)
        hours, minutes = sorted(_numbers(hour, 0, 23, [])), sorted(_numbers(minute, 0, 59, []))
        clock = tuple((one, other) for one in hours for other in minutes)
        return cls(clock, lambda at: at.year in years and at.month in months and days(at))

    def times(self, its: ZoneInfo, after: datetime) -> Iterator[datetime]:
        """The instants (UTC) after *after* at which it fires."""
        day = after.astimezone(its).date() - timedelta(days=1)
        for _ in range(366 * YEARS):
            if self.fires_on(day):
                shown = (datetime(day.year, day.month, day.day, *clock) for clock in self.minutes)  # noqa: DTZ001
                yield from (t for t in sorted(t for at in shown for t in instants(at, its, again=False)) if t > after)
            day += timedelta(days=1)


def rate_times(expression: str, begun: datetime, after: datetime) -> Iterator[datetime]:
    """The instants (UTC), to the minute, at which a rate that began at *begun* fires after *after*."""
    number, unit = expression.strip()[len("rate(") : -1].split()
    span = timedelta(seconds=int(number) * SECONDS[unit.rstrip("s")])
    start = begun.astimezone(UTC).replace(second=0, microsecond=0)
    moment = start + span * max(0, (after - start) // span)
    while moment.year <= LAST_YEAR:
        if moment > after:
            yield moment
        moment += span


def _numbers(text: str, least: int, most: int, names: list[str]) -> set[int]:
    found: set[int] = set()
    for part in text.upper().split(","):
        span, _, step = part.partition("/")
        ends = [least, most] if span == "*" else [_number(end, least, names) for end in span.split("-")]
        last = ends[1] if len(ends) > 1 else most if step else ends[0]
        size = most - least + 1
        length = (last - ends[0]) % size if last < ends[0] else last - ends[0]
        found |= {(ends[0] - least + offset) % size + least for offset in range(0, length + 1, int(step or 1))}
    return found


def _number(text: str, least: int, names: list[str]) -> int:
    return names.index(text) + least if text in names else int(text)


def _weekday(day: date) -> int:
    """1 is Sunday, 7 Saturday."""
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _of_month(text: str) -> Days:
    upper = text.upper()
    if upper == "L":
        return lambda day: day.day == _last(day)
    if upper == "LW":
        return lambda day: day.day == _nearest(day, _last(day))
    if upper.endswith("W"):
        number = int(upper[:-1])
        return lambda day: number <= _last(day) and day.day == _nearest(day, number)
    numbers = _numbers(text, 1, 31, [])
    return lambda day: day.day in numbers


def _nearest(day: date, number: int) -> int:
    """The weekday nearest to *number* in the month of *day*, which it does not leave."""
    weekday = _weekday(day.replace(day=number))
    if weekday == SATURDAY:
        return number - 1 if number > 1 else number + 2
    if weekday == SUNDAY:
        return number + 1 if number < _last(day) else number - 2
    return number


def _of_week(text: str) -> Days:
    upper = text.upper()
    if upper == "L":
        return lambda day: _weekday(day) == SATURDAY
    if "#" in upper:
        name, _, nth = upper.partition("#")
        which, count = _number(name, 1, WEEKDAYS), int(nth)
        return lambda day: _weekday(day) == which and (day.day - 1) // 7 + 1 == count
    if re.fullmatch(r"\w+L", upper) and upper[:-1] in (*WEEKDAYS, *"1234567"):
        which = _number(upper[:-1], 1, WEEKDAYS)
        return lambda day: _weekday(day) == which and day.day + 7 > _last(day)
    numbers = _numbers(text, 1, 7, WEEKDAYS)
    return lambda day: _weekday(day) in numbers
