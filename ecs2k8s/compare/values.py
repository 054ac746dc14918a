"""Spellings of one value: each form gives equal texts to values that mean the same, and None to what is not of it."""

from __future__ import annotations

import json
import re
from dataclasses import astuple
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.quantity import quantity
from ecs2k8s.core.cron_fields import (
    DAYS_OF_MONTH,
    DAYS_OF_WEEK,
    HOURS,
    MINUTES,
    MONTHS_OF_YEAR,
    YEARS,
    Bounds,
    UnreadableError,
    values,
)
from ecs2k8s.core.kubernetes_cron import Cron, CronError
from ecs2k8s.core.schedule_expressions import FIELDS, FORM, UNITS
from ecs2k8s.core.units import cpu_units, task_mebibytes

if TYPE_CHECKING:
    from collections.abc import Callable

NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 24 * 3600 * 10**9,
    "w": 7 * 24 * 3600 * 10**9,
    "y": 365 * 24 * 3600 * 10**9,
}
GO = re.compile(r"([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+|0)", re.ASCII)
GO_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
PROMETHEUS = re.compile(r"(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?", re.ASCII)
PROMETHEUS_PART = re.compile(r"(\d+)(ms|[ywdhms])", re.ASCII)
TRUE, FALSE = {"1", "t", "T", "TRUE", "true", "True"}, {"0", "f", "F", "FALSE", "false", "False"}
DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}")
RATE = re.compile(r"\s*(\d{1,5})\s+([a-z]+)\s*", re.ASCII)
CRON_FIELDS = (MINUTES, HOURS, DAYS_OF_MONTH, MONTHS_OF_YEAR, DAYS_OF_WEEK, YEARS)
MACROS = {  # https://pkg.go.dev/github.com/robfig/cron/v3#hdr-Predefined_schedules
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def scalar(value: Any) -> str:
    """The text of a value without any form: of equal type and equal value. Numbers are equal by value (1 and 1.0)."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124 (NaN)
        return f"number {value}"
    return f"number {_plain(Decimal(repr(value)))}" if isinstance(value, int | float) else f"{type(value)} {value}"


def _plain(number: Decimal) -> str:
    """`100`, never `1E+2`; equal numbers have equal texts."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _quantity(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return _plain(quantity(value))
    except ValueError:
        return None


def _go_duration(value: Any) -> str | None:
    found = GO.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    total = sum((Decimal(number) * NANOSECONDS[unit] for number, unit in GO_PART.findall(found[2])), Decimal(0))
    return _plain(-total if found[1] == "-" else total)


def _prometheus_duration(value: Any) -> str | None:
    if not isinstance(value, str) or not value or not (value == "0" or PROMETHEUS.fullmatch(value)):
        return None
    return str(sum(int(number) * NANOSECONDS[unit] for number, unit in PROMETHEUS_PART.findall(value)))


def _boolean(value: Any) -> str | None:
    if isinstance(value, bool):
        return json.dumps(value)
    return "true" if value in ("true", "True", "TRUE") else "false" if value in ("false", "False", "FALSE") else None


def _go_boolean(value: Any) -> str | None:
    """https://pkg.go.dev/strconv#ParseBool."""
    if not isinstance(value, str):
        return None
    return "true" if value in TRUE else "false" if value in FALSE else None


def _words(value: Any) -> str | None:
    """IAM takes `true` and `3600` with quotes and without."""
    if isinstance(value, str):
        return json.dumps(value)
    return json.dumps(json.dumps(value)) if isinstance(value, bool | int | float) else None


def _lower(value: Any) -> str | None:
    return json.dumps(value.lower()) if isinstance(value, str) and value.isascii() else None


def _instant(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC).isoformat() if moment.tzinfo else None


def _image(value: Any) -> str | None:
    """`name@digest` where there is a digest: whoever pulls by it does not look at the tag."""
    parts = image_parts(value) if isinstance(value, str) else None
    if not parts:
        return None
    name, tag, digest = parts
    return f"{name}@{digest}" if digest else f"{name}:{tag}"


def image_parts(text: str) -> tuple[str, str, str] | None:
    """Repository, tag and digest of an image; None where it is none. A tag or a digest may be empty, not both."""
    name, at, digest = text.partition("@")
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if not last or (colon and not tag) or (at and not DIGEST.fullmatch(digest)) or re.search(r"\s", text):
        return None
    return _familiar(f"{head}{slash}{last}"), tag or ("" if digest else "latest"), digest


def _familiar(name: str) -> str:
    """https://github.com/distribution/reference/blob/main/normalize.go, `splitDockerDomain`."""
    host, slash, rest = name.partition("/")
    if not slash or not (set(host) & set(".:") or host == "localhost" or host.lower() != host):
        host, rest = "docker.io", name
    host = "docker.io" if host == "index.docker.io" else host
    return f"{host}/library/{rest}" if host == "docker.io" and "/" not in rest else f"{host}/{rest}"


def _cron(value: Any) -> str | None:
    """The minutes, hours and days at which it fires."""
    if not isinstance(value, str):
        return None
    try:
        cron = Cron.parse(MACROS.get(value, value))
    except CronError:
        return None
    return repr([sorted(part) if isinstance(part, frozenset) else part for part in astuple(cron)])


def _schedule(value: Any) -> str | None:
    """An expression of EventBridge: the interval, the moment, or the values of each field."""
    found = FORM.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    kind, body = found.groups()
    if kind == "at":
        return f"at {body.strip()}"
    if kind == "rate":
        rate = RATE.fullmatch(body)
        return f"rate {int(rate[1]) * UNITS[rate[2]]}" if rate and rate[2] in UNITS else None
    fields = body.split()
    if len(fields) != FIELDS:
        return None
    return f"cron {[_field(text, bounds) for text, bounds in zip(fields, CRON_FIELDS, strict=True)]}"


def _field(text: str, bounds: Bounds) -> str:
    if text in ("*", "?"):
        return text
    try:
        return str(sorted(values(text, bounds)))
    except UnreadableError:
        return text.upper()  # L, 15W, 2#1


def _pairs(value: Any) -> str | None:
    """`a=1,b=2` in any order; a key that stands twice is left to whoever reads it."""
    if not isinstance(value, str):
        return None
    pairs = [
        (key.strip(), equals, held.strip()) for key, equals, held in (part.partition("=") for part in value.split(","))
    ]
    keys = {key for key, _, _ in pairs}
    return json.dumps(sorted(pairs)) if len(keys) == len(pairs) else None


def _commas(value: Any) -> str | None:
    """Names with commas between them, in any order."""
    return json.dumps(sorted({part.strip() for part in value.split(",")})) if isinstance(value, str) else None


def _ecs_cpu(value: Any) -> str | None:
    units = None if isinstance(value, bool) else cpu_units(str(value))
    return None if units is None else str(units)


def _ecs_memory(value: Any) -> str | None:
    mebibytes = None if isinstance(value, bool) else task_mebibytes(str(value))
    return None if mebibytes is None else str(mebibytes)


FORMS: dict[str, Callable[[Any], str | None]] = {
    "boolean": _boolean,
    "commas": _commas,
    "cron": _cron,
    "duration": _go_duration,
    "ecs-cpu": _ecs_cpu,
    "ecs-memory": _ecs_memory,
    "go-boolean": _go_boolean,
    "image": _image,
    "instant": _instant,
    "lower": _lower,
    "pairs": _pairs,
    "prometheus-duration": _prometheus_duration,
    "quantity": _quantity,
    "schedule": _schedule,
    "words": _words,
}
PARSED = ("json", "policy")  # forms of texts that hold documents


def text_of(value: Any, form: str) -> str:
    """The text of *value* in *form*; of what is not of that form, its own."""
    found = FORMS[form](value) if form in FORMS else None
    return scalar(value) if found is None else f"{form} {found}"
