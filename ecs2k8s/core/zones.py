"""Time zones from the package `tzdata`, never from the machine, so that results are the same everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

YEARS = 3  # that repeated hours are looked for
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@cache
def zone_names() -> frozenset[str]:
    """The names that the IANA database knows; Kubernetes takes these and no others."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def zone(name: str) -> ZoneInfo | None:
    """The zone called *name*; None where there is none."""
    if name not in zone_names():
        return None
    place = files("tzdata") / "zoneinfo"
    for part in name.split("/"):
        place /= part
    with place.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def instants(day: datetime, its: ZoneInfo, *, again: bool) -> list[datetime]:
    """The instants (UTC) at which clocks in the zone show *day* (naive): none in a gap, two in a repeated hour.

    Only the first of two unless *again*.
    """
    found = []
    for fold in (0, 1) if again else (0,):
        instant = day.replace(tzinfo=its, fold=fold).astimezone(UTC)
        if instant.astimezone(its).replace(tzinfo=None) == day and instant not in found:
            found.append(instant)
    return found


@cache
def repeated(name: str, start: date) -> tuple[tuple[datetime, datetime], ...]:
    """The spans of local time (naive, from and until) that clocks of zone *name* show twice from *start* on."""
    its = zone(name)
    return tuple(_repeated(its, datetime(start.year, start.month, start.day, tzinfo=UTC))) if its else ()


def _repeated(its: ZoneInfo, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    end = start + DAY * 366 * YEARS
    while start < end:
        before, after = _offset(its, start), _offset(its, start + DAY)
        if after < before:
            moment = next(t for t in _minutes(start) if _offset(its, t) < before).replace(tzinfo=None)
            yield moment + _offset(its, moment.replace(tzinfo=UTC)), moment + before
        start += DAY


def _minutes(start: datetime) -> Iterator[datetime]:
    return (start + MINUTE * number for number in range(24 * 60 + 1))


def _offset(its: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(its).utcoffset() or timedelta(0)
