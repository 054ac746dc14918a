"""One small function for each type of a service model: takes a value, or says what is wrong with it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ecs2k8s.collect.yaml_text import DEPTH, Odd
from ecs2k8s.core.escape import escape
from ecs2k8s.core.paths import Path, show
from ecs2k8s.core.placeholders import PLACEHOLDER

DIGITS = re.compile(r"-?[0-9]{1,19}")
DECIMAL = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,19})?")
FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a document is not taken."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{escape(show(self.path))}: {self.reason}" if self.path else self.reason


@dataclass(frozen=True, slots=True)
class Coerced:
    """A value that was taken for what was meant; `expected` is its type now."""

    path: Path
    expected: str


@dataclass(slots=True)
class Log:
    """What one validation has to say."""

    problems: list[Problem] = field(default_factory=list)
    coerced: list[Coerced] = field(default_factory=list)

    def wrong(self, path: Path, expected: str, value: Any, *, shown: bool = False) -> None:
        """A string is shown only where it cannot be anybody's secret, that is, where a number or a flag belongs."""
        if isinstance(value, str) and PLACEHOLDER.search(value[:10_000]):
            found = f"{_quote(value) if shown else _kind(value)}, which looks like a template: render it first"
        elif expected == "a string" and not isinstance(value, dict | list):
            found = f"{_kind(value)}: quote it"
        else:
            found = _quote(value) if shown else _kind(value)
        self.problems.append(Problem(path, f"expected {expected}, found {found}"))

    def taken(self, path: Path, expected: str) -> None:
        self.coerced.append(Coerced(path, expected))


def _kind(value: Any) -> str:
    if isinstance(value, Odd):
        return value.kind
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "null")


def _quote(value: Any) -> str:
    if isinstance(value, Odd) or not isinstance(value, str | int | float):
        return value[:40] if isinstance(value, Odd) else _kind(value)
    # str() of a long number raises; its magnitude is all that a person needs.
    if isinstance(value, int) and abs(value) >= 10**40:
        return "a number of more than 40 digits"
    short = value[:60] + "…" if isinstance(value, str) and len(value) > 60 else value  # noqa: PLR2004
    return escape(json.dumps(short, ensure_ascii=False))


Check = Callable[[Any, Path, "Log"], Any]


def _sound(text: str, path: Path, log: Log) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        log.problems.append(Problem(path, "holds half of a surrogate pair, which is no character: correct it"))


def plain(value: Any, path: Path, log: Log) -> Any:
    """Any JSON: what AWS leaves open, and what botocore does not know (the ledger reports it)."""
    if isinstance(value, str):
        _sound(value, path, log)
        return str(value)
    if isinstance(value, dict | list) and len(path) > DEPTH:
        log.problems.append(Problem(path[:8], f"nested deeper than {DEPTH} levels"))
        return None
    if isinstance(value, dict):
        for key in value:
            _sound(key, (*path, key), log)
        return {key: plain(child, (*path, key), log) for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child, (*path, index), log) for index, child in enumerate(value)]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        log.wrong(path, "a number of 64 bits", value, shown=True)
    elif isinstance(value, float) and not math.isfinite(value):
        log.problems.append(Problem(path, "expected a number, found one that is too large"))
    return value


def structure(members: dict[str, Check]) -> Check:
    def check(value: Any, path: Path, log: Log) -> Any:
        if not isinstance(value, dict):
            return log.wrong(path, "an object", value)
        out = {}
        for key, child in value.items():
            member = members.get(key)
            if member is None:
                _sound(key, (*path, key), log)
                out[key] = plain(child, (*path, key), log)
            else:
                out[key] = None if child is None else member(child, (*path, key), log)
        return out

    return check


def list_of(item: Check) -> Check:
    def check(value: Any, path: Path, log: Log) -> Any:
        if not isinstance(value, list):
            return log.wrong(path, "a list", value)
        return [_item(item, child, (*path, index), log) for index, child in enumerate(value)]

    return check


def _item(check: Check, value: Any, path: Path, log: Log) -> Any:
    if value is None:
        log.problems.append(Problem(path, "is null: remove it from the list"))
        return None
    return check(value, path, log)


def map_of(item: Check) -> Check:
    def check(value: Any, path: Path, log: Log) -> Any:
        if not isinstance(value, dict):
            return log.wrong(path, "an object", value)
        for key in value:
            _sound(key, (*path, key), log)
        return {key: None if child is None else item(child, (*path, key), log) for key, child in value.items()}

    return check


def _string(value: Any, path: Path, log: Log) -> Any:
    if type(value) is not str:
        return log.wrong(path, "a string", value)
    _sound(value, path, log)
    return value


def size(value: Any, path: Path, log: Log) -> Any:
    """The cpu and memory of a task: strings in the API, yet written as numbers by many."""
    if type(value) is not int or not 0 <= value < 2**31:
        return _string(value, path, log)
    log.taken(path, "a string")
    return str(value)


def _integer(bits: int) -> Check:
    end = 2 ** (bits - 1)

    def check(value: Any, path: Path, log: Log) -> Any:
        number = int(value) if type(value) is str and DIGITS.fullmatch(value) else value
        if type(number) is not int:
            return log.wrong(path, "an integer", value, shown=True)
        if not -end <= number < end:
            return log.wrong(path, f"an integer of {bits} bits", value, shown=True)
        if number is not value:
            log.taken(path, "an integer")
        return number

    return check


def _number(value: Any, path: Path, log: Log) -> Any:
    if type(value) is str and DECIMAL.fullmatch(value):
        log.taken(path, "a number")
        return float(value) if "." in value else int(value)
    if type(value) not in (int, float):
        return log.wrong(path, "a number", value, shown=True)
    return plain(value, path, log)


def _boolean(value: Any, path: Path, log: Log) -> Any:
    if type(value) is bool:
        return value
    if type(value) is str and value in FLAGS:
        log.taken(path, "a boolean")
        return FLAGS[value]
    return log.wrong(path, "a boolean", value, shown=True)


def _moment(value: Any, path: Path, log: Log) -> Any:
    if isinstance(value, bool | dict | list):
        return log.wrong(path, "a time", value)
    return plain(_utc(value), path, log)


def _utc(value: Any) -> Any:
    """A moment as all documents have it, whatever zone the machine was in that exported it; odd text stays."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return value
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment.tzinfo else value


SCALARS: dict[str, Check] = {
    "string": _string,
    "blob": _string,
    "character": _string,
    "integer": _integer(32),
    "long": _integer(64),
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _moment,
}
