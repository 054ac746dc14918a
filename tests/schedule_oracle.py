"""When EventBridge and Kubernetes fire, minute by minute, written apart from the product: the tests hold it against this.

AWS: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Kubernetes: the documented rules of
the parser robfig/cron v3. Each minute is asked by itself whether it fits; nothing is expanded into lists.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    Fits = Callable[[datetime], bool]

NAMES = {name: str(n + 1) for n, name in enumerate(calendar.month_abbr[1:])}
AWS_DAYS = {"SUN": "1", "MON": "2", "TUE": "3", "WED": "4", "THU": "5", "FRI": "6", "SAT": "7"}
DAYS = 400  # that are looked at


def _plain(text: str, names: dict[str, str]) -> int:
    return int(names.get(text.upper(), names.get(text.capitalize(), text)))


def aws_field(text: str, value: int, least: int, most: int, names: dict[str, str]) -> bool:
    """Whether *value* is in a field of AWS; a range whose end is before its start goes over the end."""
    for part in text.split(","):
        body, _, by = part.partition("/")
        step = int(by) if by else 1
        if body == "*":
            start, end = least, most
        elif "-" in body:
            start, end = (_plain(side, names) for side in body.split("-"))
        else:
            start = _plain(body, names)
            end = most if by else start
        span = end - start if end >= start else end - start + most - least + 1
        away = value - start if value >= start else value - start + most - least + 1
        if away <= span and away % step == 0 and (end < start or value >= start):
            return True
    return False


def aws_fits(expression: str) -> tuple[Callable[[date], bool], Callable[[int, int], bool]]:
    """Which days and which minutes of a day `cron(...)` names."""
    minute, hour, day, month, weekday, year = expression.removeprefix("cron(").removesuffix(")").split()

    def on(at: date) -> bool:
        in_month = aws_field(month, at.month, 1, 12, NAMES) and aws_field(year, at.year, 1970, 2199, {})
        if day != "?":
            return in_month and _in_month(day, at)
        return in_month and _in_week(weekday, at)

    return on, lambda h, m: aws_field(hour, h, 0, 23, {}) and aws_field(minute, m, 0, 59, {})


def _in_month(text: str, at: date) -> bool:
    last = calendar.monthrange(at.year, at.month)[1]
    if text == "L":
        return at.day == last
    if text.endswith("W"):
        wanted = last if text == "LW" else int(text[:-1])
        if wanted > last or at.weekday() > 4:
            return False
        working = [d for d in range(1, last + 1) if date(at.year, at.month, d).weekday() < 5]
        return at.day == min(working, key=lambda d: abs(d - wanted))
    return aws_field(text, at.day, 1, 31, {})


def _in_week(text: str, at: date) -> bool:
    number = (at.weekday() + 1) % 7 + 1
    if text == "L":
        return number == 7
    if "#" in text:
        name, nth = text.split("#")
        same = [d for d in range(1, at.day + 1) if (at.day - d) % 7 == 0]
        return _plain(name, AWS_DAYS) == number and len(same) == int(nth)
    if text.endswith("L"):
        return _plain(text[:-1], AWS_DAYS) == number and (at + timedelta(days=7)).month != at.month
    return aws_field(text, number, 1, 7, AWS_DAYS)


def kubernetes_fits(schedule: str) -> tuple[Callable[[date], bool], Callable[[int, int], bool]]:
    """Which days and minutes five fields name. Two restricted day fields are alternatives; a star with a step counts as
    restricted."""
    minute, hour, day, month, weekday = schedule.split()

    def on(at: date) -> bool:
        one, other = _go(day, at.day, 1, 31), _go(weekday, (at.weekday() + 1) % 7, 0, 6)
        both = any(part in ("*", "*/1") for field in (day, weekday) for part in field.split(","))
        return _go(month, at.month, 1, 12) and (one and other if both else one or other)

    return on, lambda h, m: _go(hour, h, 0, 23) and _go(minute, m, 0, 59)


def _go(text: str, value: int, least: int, most: int) -> bool:
    fits = False
    for part in text.split(","):
        body, slash, by = part.partition("/")
        start, end = (least, most) if body == "*" else (int(body.split("-")[0]), int(body.split("-")[-1]))
        if body != "*" and slash and "-" not in body:
            end = most
        assert least <= start <= end <= most, f"Kubernetes refuses {text}"
        assert not slash or int(by) > 0, f"Kubernetes refuses {text}"
        fits = fits or (start <= value <= end and (value - start) % int(by or 1) == 0)
    return fits


def times(
    fits: tuple[Callable[[date], bool], Callable[[int, int], bool]],
    zone: ZoneInfo,
    after: datetime,
    *,
    again: bool,
) -> Iterator[datetime]:
    """Each minute (UTC) whose clock in the zone fits; in a repeated hour the second one only where *again*."""
    on, at = fits
    for number in range(DAYS):
        start = after + timedelta(days=number)
        days = {(start + timedelta(hours=hours)).astimezone(zone).date() for hours in (0, 12, 24)}
        if not any(on(day) for day in days):
            continue
        for minute in range(1440):
            moment = start + timedelta(minutes=minute)
            shown = moment.astimezone(zone)
            if at(shown.hour, shown.minute) and on(shown.date()) and (again or not shown.fold):
                yield moment


def rate_times(minutes: int, begun: datetime, after: datetime) -> Iterator[datetime]:
    moment = begun.astimezone(UTC).replace(second=0, microsecond=0)
    while True:
        if moment >= after:
            yield moment
        moment += timedelta(minutes=minutes)


def _numbers(least: int, most: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    plain = st.integers(least, most).map(str)
    return st.one_of(plain, st.sampled_from(names)) if names else plain


def _items(least: int, most: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    number, step = _numbers(least, most, names), st.integers(1, most).map(str)
    span = st.builds("{}-{}".format, number, number)
    stepped = st.builds("{}/{}".format, st.one_of(st.just("*"), number, span), step)
    return st.one_of(number, span, stepped)


def _field(least: int, most: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    listed = st.lists(_items(least, most, names), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), listed)


@st.composite
def crons(draw: st.DrawFn) -> str:
    """Any expression of AWS's grammar, and now and then one that is outside of it."""
    months, days = tuple(name.upper() for name in NAMES), tuple(AWS_DAYS)
    of_month = st.one_of(_field(1, 31), st.sampled_from(["L", "LW", "15W", "1W", "31W", "L-3", "32", "W"]))
    of_week = st.one_of(_field(1, 7, days), st.sampled_from(["L", "6L", "FRIL", "3#2", "MON#5", "5#6", "0", "8"]))
    by_month = draw(st.booleans())
    year = draw(st.sampled_from(["*", "*", "*", "*", "*", "2027", "2026-2030", "2020/2"]))
    clock = f"{draw(_field(0, 59))} {draw(_field(0, 23))}"
    day, weekday = (draw(of_month), "?") if by_month else ("?", draw(of_week))
    return f"cron({clock} {day} {draw(_field(1, 12, months))} {weekday} {year})"


@st.composite
def rates(draw: st.DrawFn) -> str:
    usual = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 24, 30, 60, 90])
    number = draw(st.one_of(usual, st.integers(1, 3000)))
    return f"rate({number} {draw(st.sampled_from(['minutes', 'hours', 'days']))})"


@st.composite
def moments(draw: st.DrawFn) -> str:
    at = draw(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1))).replace(microsecond=0)  # noqa: DTZ001
    return f"at({at.isoformat()})"


EXPRESSIONS = st.one_of(crons(), crons(), crons(), rates(), moments())
