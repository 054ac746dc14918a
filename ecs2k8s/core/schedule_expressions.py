"""AWS's schedule expressions in Kubernetes' cron: the same times, or the nearest form and why it is not the same.

Exactly one of AWS's day fields is `?`, so one of Kubernetes' is `*` and its rule that two restricted day fields are
alternatives never applies. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ecs2k8s.core.cron_fields import (
    DAYS_OF_MONTH,
    DAYS_OF_WEEK,
    HOURS,
    MINUTES,
    MONTHS_OF_YEAR,
    YEARS,
    UnreadableError,
    value,
    values,
    written,
)
from ecs2k8s.core.zones import zone

UTC_NAME = "Etc/UTC"
FORM = re.compile(r"\s*(cron|rate|at)\s*\((.*)\)\s*", re.DOTALL)
FIELDS = 6
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEBRUARY, LAST = 2, 31
UNITS = {"minute": 1, "minutes": 1, "hour": 60, "hours": 60, "day": 1440, "days": 1440}
HOUR, DAY, WEEK = 60, 1440, 10080
Problem = tuple[str, tuple[tuple[str, str], ...]]  # slug, arguments


@dataclass(frozen=True, slots=True)
class Said:
    """What Kubernetes can say of an expression.

    `held`: a slug with its arguments for each reason why the times differ; a schedule with one stays suspended.
    `every`: minutes between two runs of a rate; `once`: the moment (UTC) of an `at`. `over`: it never fires again.
    """

    schedule: str = ""
    zone: str = UTC_NAME
    held: tuple[Problem, ...] = ()
    every: int = 0
    once: datetime | None = None
    over: bool = False

    @property
    def exact(self) -> bool:
        return not self.held


def convert(expression: str, zone_name: str, phase: datetime | None, read: datetime | None) -> Said:
    """*expression* for Kubernetes.

    *phase*: when a rate began. *read*: the moment at which AWS was read, where that is known. Raises
    `UnreadableError` for what AWS's grammar does not have, and for a zone that nobody knows.
    """
    form = FORM.fullmatch(expression)
    if not form:
        raise UnreadableError("it is no cron, rate or at expression")
    kind, body = form.groups()
    if kind == "rate":
        return _rate(body, phase)
    if zone(zone_name) is None:
        raise UnreadableError(f"{zone_name} is no time zone of the IANA database")
    return _at(body, zone_name, read) if kind == "at" else _cron(body, zone_name, read)


def _at(body: str, zone_name: str, read: datetime | None) -> Said:
    try:
        shown = datetime.strptime(body.strip(), "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007
    except ValueError as error:
        raise UnreadableError("its time is none of the form yyyy-mm-ddThh:mm:ss") from error
    if not YEARS.least <= shown.year <= YEARS.most:
        raise UnreadableError("its year is none that AWS takes")
    moment = shown.replace(tzinfo=zone(zone_name)).astimezone(UTC)
    return Said(zone=zone_name, once=moment, over=read is not None and moment <= read)


def _cron(body: str, zone_name: str, read: datetime | None) -> Said:
    fields = body.split()
    if len(fields) != FIELDS:
        raise UnreadableError("it has not six fields")
    minutes, hours, days, months, weekdays, years = fields
    if (days == "?") is (weekdays == "?"):
        raise UnreadableError("not exactly one of its day fields is ?")
    clock = [written(minutes, MINUTES), written(hours, HOURS)]
    in_year = written(months, MONTHS_OF_YEAR)
    in_month, in_week, held = ("*", *_weekdays(weekdays)) if days == "?" else _days(days, months)
    over = days != "?" and _never(days, months)
    said = Said(" ".join([*clock, in_month, in_year, in_week]), zone_name, held, over=over)
    return said if years == "*" else _in_years(said, years, read)


def _in_years(said: Said, text: str, read: datetime | None) -> Said:
    years = values(text, YEARS)
    held = (*said.held, _problem("schedule-of-years", years=text))
    return replace(said, held=held, over=said.over or (read is not None and max(years) < read.year))


def _never(days: str, months: str) -> bool:
    """Whether no month has such a day, as 30 February."""
    chosen = values(months, MONTHS_OF_YEAR)
    if not set(days) <= set("0123456789,-/"):
        return False
    return all(min(values(days, DAYS_OF_MONTH)) > LENGTHS[month - 1] for month in chosen)


def _days(text: str, months: str) -> tuple[str, str, tuple[Problem, ...]]:
    """Day of month and day of week in Kubernetes, for AWS's day of month."""
    upper = text.upper()
    if upper == "L":
        return _last_day(values(months, MONTHS_OF_YEAR))
    if upper == "LW":
        return "26-31", "*", (_problem("nearest-weekday", days=upper),)
    if found := re.fullmatch(r"(\d{1,2})W", upper):
        day = value(found[1], DAYS_OF_MONTH)
        near = f"{max(1, day - 2)}-{min(LAST, day + 2)}"
        return near, "*", (_problem("nearest-weekday", days=upper),)
    return written(text, DAYS_OF_MONTH), "*", ()


def _last_day(months: set[int]) -> tuple[str, str, tuple[Problem, ...]]:
    lengths = {LENGTHS[month - 1] for month in months}
    if len(lengths) == 1 and FEBRUARY not in months:
        return str(lengths.pop()), "*", ()
    return "28-31", "*", (_problem("last-day-of-month"),)


def _weekdays(text: str) -> tuple[str, tuple[Problem, ...]]:
    """Day of week in Kubernetes, for AWS's."""
    upper = text.upper()
    if upper == "L":
        return "6", ()
    nth = re.fullmatch(r"(\w+)#([1-5])", upper) or re.fullmatch(r"(\d|SUN|MON|TUE|WED|THU|FRI|SAT)(L)", upper)
    if nth:
        day = value(nth[1], DAYS_OF_WEEK) + DAYS_OF_WEEK.shift
        return str(day), (_problem("nth-weekday", days=upper),)
    return written(text, DAYS_OF_WEEK), ()


def _rate(body: str, phase: datetime | None) -> Said:
    found = re.fullmatch(r"\s*(\d{1,5})\s+([a-z]+)\s*", body)
    if not found or found[2] not in UNITS or not int(found[1]):
        raise UnreadableError("its rate is no number of minutes, hours or days")
    every = int(found[1]) * UNITS[found[2]]
    best = min(_sayable(), key=lambda minutes: (abs(minutes - every), minutes))
    held = () if best == every else (_problem("rate-between-runs", every=body.strip(), nearest=f"{best} minutes"),)
    return Said(_every(best, phase or datetime(1970, 1, 1, tzinfo=UTC)), UTC_NAME, held, every=every)


def _sayable() -> list[int]:
    """The spans, in minutes, that cron can keep: those that divide an hour or a day, a day, a week."""
    in_hour = [minutes for minutes in range(1, HOUR) if not HOUR % minutes]
    in_day = [hours * HOUR for hours in range(1, 24) if not 24 % hours]
    return [*in_hour, *in_day, DAY, WEEK]


def _every(minutes: int, phase: datetime) -> str:
    start = phase.astimezone(UTC)
    if minutes < HOUR:
        return f"{_stepped(start.minute % minutes, minutes, 59)} * * * *"
    if minutes < DAY:
        hours = minutes // HOUR
        return f"{start.minute} {_stepped(start.hour % hours, hours, 23)} * * *"
    return f"{start.minute} {start.hour} * * {start.isoweekday() % 7 if minutes == WEEK else '*'}"


def _stepped(first: int, step: int, last: int) -> str:
    if step == 1:
        return "*"
    return f"{first}-{last}/{step}" if first else f"*/{step}"


def _problem(slug: str, **args: str) -> Problem:
    return slug, tuple(sorted(args.items()))
