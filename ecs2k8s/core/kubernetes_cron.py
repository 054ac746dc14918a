"""Kubernetes' cron: five fields, as the parser that the CronJob controller uses reads them.

https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ecs2k8s.core.zones import instants, repeated, zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
NAMES = ((), (), (), ("", *MONTHS), DAYS)
YEARS = 8  # after which a schedule that did not fire is taken never to fire: 29 February comes within them
ONE_DAY = timedelta(days=1)


class CronError(ValueError):
    """A schedule that Kubernetes refuses."""


@dataclass(frozen=True, slots=True)
class Cron:
    """The values of each field. `any_day`: one of the two day fields is unrestricted, so both must hold."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """*text* as five fields. Raises `CronError`."""
        fields = text.split()
        if len(fields) != len(BOUNDS):
            raise CronError(f"{text}: expected five fields")
        read = [_field(field, index) for index, field in enumerate(fields)]
        minutes, hours, days, months, weekdays = (values for values, _ in read)
        free = read[2][1] or read[4][1]
        return cls(
            tuple(sorted(minutes)), tuple(sorted(hours)), frozenset(days), frozenset(months), frozenset(weekdays), free
        )

    def fires_on(self, day: date) -> bool:
        """Whether it fires on *day*. Two restricted day fields are alternatives, as in every cron."""
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (in_month and in_week if self.any_day else in_month or in_week)

    def clock(self, day: date) -> Iterator[datetime]:
        """What the clock shows (naive) when it fires on *day*."""
        if self.fires_on(day):
            for hour in self.hours:
                for minute in self.minutes:
                    yield datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001

    def times(self, its: ZoneInfo, after: datetime, *, again: bool = True) -> Iterator[datetime]:
        """The instants (UTC) after *after* at which it fires, twice in a repeated hour where *again*."""
        day = after.astimezone(its).date() - ONE_DAY
        for _ in range(366 * YEARS):
            found = sorted(t for shown in self.clock(day) for t in instants(shown, its, again=again))
            yield from (t for t in found if t > after)
            day += ONE_DAY

    def repeats(self, zone_name: str, start: date) -> date | None:
        """The first day from *start* on which clocks go back over a time at which it fires."""
        if zone(zone_name) is None or not self.hours:
            return None
        for first, end in repeated(zone_name, start):
            days = {first.date(), (end - timedelta(minutes=1)).date()}
            if any(first <= shown < end for day in sorted(days) for shown in self.clock(day)):
                return first.date()
        return None


def midnight(day: date) -> datetime:
    """The start of *day* in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _field(text: str, index: int) -> tuple[set[int], bool]:
    values: set[int] = set()
    free = False
    for item in text.split(","):
        its, star = _item(item, index)
        values |= its
        free = free or star
    return values, free


def _item(text: str, index: int) -> tuple[set[int], bool]:
    """The values of one item, and whether it is a star that restricts nothing (a step of one counts as none)."""
    least, most = BOUNDS[index]
    body, slash, by = text.partition("/")
    step = _number(by, text) if slash else 1
    if step < 1:
        raise CronError(f"{text}: a step of zero")
    if body in ("*", "?"):
        return set(range(least, most + 1, step)), step == 1
    first, dash, last = body.partition("-")
    start = _value(first, index, text)
    end = _value(last, index, text) if dash else most if slash else start
    if not least <= start <= end <= most:
        raise CronError(f"{text}: outside {least}-{most}, or beyond its end")
    return set(range(start, end + 1, step)), False


def _value(text: str, index: int, whole: str) -> int:
    names = NAMES[index]
    return names.index(text.upper()) if text and text.upper() in names else _number(text, whole)


def _number(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise CronError(f"{whole}: {text or 'nothing'} is no number")
    return int(text)
