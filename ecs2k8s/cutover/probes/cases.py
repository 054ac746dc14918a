"""The file of cases: which requests are sent, how each side is reached, and which differences somebody accepted."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import msgspec
import yaml

from ecs2k8s.core.errors import MappingError, UsageError
from ecs2k8s.core.mappings import StrictLoader
from ecs2k8s.core.yaml_lines import problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FORMAT, RULES = "ecs2k8s/probes/v1", "ecs2k8s/probe-rules/v1"
SAFE = ("GET", "HEAD")
FROM_ENVIRONMENT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
NO_LINE = re.compile(r"[\x00-\x1f\x7f]")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is not known is refused."""


class Array(Part, frozen=True):
    """How a list of JSON is compared: in its order, or whatever the order, by the member `key` where it has one."""

    mode: Literal["ordered", "multiset"] = "multiset"
    key: str = ""


class Case(Part, frozen=True):
    """One request. `route` is what results are counted by; the path where it is empty.

    A method that may change something has to be declared idempotent by somebody who knows. Cases of one `transaction`
    are sent in the order of the file and compared with nothing: each has to be answered with `status` (none: any below
    400) and to have `contains` in its body.
    """

    path: str
    name: str = ""
    method: str = "GET"
    route: str = ""
    headers: dict[str, str] = {}
    body: str = ""
    idempotent: bool = False
    transaction: str = ""
    status: int = 0
    contains: str = ""

    @property
    def counted_by(self) -> str:
        return f"{self.method} {self.route or self.path.partition('?')[0]}"


class Side(Part, frozen=True):
    """`connect`: host and port to connect to instead of those of the address, as `curl --connect-to` does."""

    connect: str = ""
    headers: dict[str, str] = {}


class Probes(Part, frozen=True):
    """`base` is the address that users have: its host stays in Host and in the TLS name for both sides."""

    format: str
    base: str
    cases: tuple[Case, ...]
    ecs: Side = Side()
    eks: Side = Side()
    headers: dict[str, str] = {}
    arrays: dict[str, Array] = {}
    ca: str = ""  # a file of certificates to trust instead of the system's

    @property
    def leads_to_eks(self) -> bool:
        """Whether the file itself tells the sides apart."""
        return bool(self.eks.headers) or self.eks.connect != self.ecs.connect

    @property
    def to_compare(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if not case.transaction)

    @property
    def transactions(self) -> dict[str, list[Case]]:
        names = dict.fromkeys(case.transaction for case in self.cases if case.transaction)
        return {name: [case for case in self.cases if case.transaction == name] for name in names}


class Rule(Part, frozen=True):
    """A difference that somebody looked at: `path` as results name it (`json.items[].price`), * for any part."""

    path: str
    reason: str
    expires: date
    route: str = "*"

    def covers(self, route: str, path: str) -> bool:
        return fnmatchcase(route, self.route) and fnmatchcase(path, self.path.replace("[]", "[[]]"))


class Rules(Part, frozen=True):
    format: str
    ignore: tuple[Rule, ...]


def read_probes(file: Path, environment: Mapping[str, str]) -> Probes:
    """The cases with `${NAME}` filled in from the environment. Raises `UsageError` with the file and the place."""
    found: Probes = _read(file, Probes)
    if found.format != FORMAT:
        raise UsageError(f"{file}: format {found.format!r} is not {FORMAT!r}")
    if why := next(_wrong(found), ""):
        raise UsageError(f"{file}: {why}")
    return msgspec.convert(_filled(file, msgspec.to_builtins(found), environment), Probes)


def _wrong(found: Probes) -> Iterator[str]:
    address = urlsplit(found.base)
    if address.scheme not in ("http", "https") or not address.hostname or address.path.strip("/") or address.query:
        yield f"base: {found.base!r} is no address like https://shop.example.com"
    if not found.cases:
        yield "cases: there is none"
    for at, case in enumerate(found.cases):
        yield from (f"cases[{at}].{why}" for why in _wrong_case(case))
    for where, headers in _headers(found):
        yield from (f"{where}: {why}" for name, value in headers.items() for why in _wrong_header(name, value))


def _wrong_case(case: Case) -> Iterator[str]:
    if not case.path.startswith("/") or NO_LINE.search(case.path) or " " in case.path:
        yield f"path: {case.path!r} does not begin with / or has blanks"
    if not TOKEN.fullmatch(case.method) or case.method != case.method.upper():
        yield f"method: {case.method!r} is no method in capitals"
    elif case.method not in SAFE and not case.idempotent:
        yield f"method: {case.method} may change something: declare `idempotent: true` if it does not"
    if (case.status or case.contains) and not case.transaction:
        yield "status and contains are for cases of a transaction; others are compared with ECS"


def _wrong_header(name: str, value: str) -> Iterator[str]:
    if not TOKEN.fullmatch(name) or NO_LINE.search(value):
        yield f"{name!r} is no header of one line"
    if name.lower() == "host":
        yield "Host is that of `base`: say with `connect` where to connect to"


def _headers(found: Probes) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield from (("headers", found.headers), ("ecs.headers", found.ecs.headers), ("eks.headers", found.eks.headers))
    yield from ((f"cases[{at}].headers", case.headers) for at, case in enumerate(found.cases))


def _filled(file: Path, value: Any, environment: Mapping[str, str]) -> Any:
    """Credentials stand in no file."""
    if isinstance(value, dict):
        return {key: _filled(file, child, environment) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(file, child, environment) for child in value]
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise UsageError(f"{file}: {match[0]}: the environment has no {match[1]}")
        if NO_LINE.search(environment[match[1]]):
            raise UsageError(f"{file}: {match[0]}: {match[1]} is more than one line")
        return environment[match[1]]

    return FROM_ENVIRONMENT.sub(variable, value)


def read_rules(file: Path, now: float) -> tuple[Rule, ...]:
    """The reviewed rules that hold today. Raises `UsageError` of one without a reason."""
    found: Rules = _read(file, Rules)
    if found.format != RULES:
        raise UsageError(f"{file}: format {found.format!r} is not {RULES!r}")
    for at, rule in enumerate(found.ignore):
        if not rule.reason.strip():
            raise UsageError(f"{file}: ignore[{at}]: needs a reason")
    today = datetime.fromtimestamp(now, UTC).date()
    return tuple(rule for rule in found.ignore if rule.expires >= today)


def _read(file: Path, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(yaml.load(file.read_bytes(), StrictLoader), kind)  # noqa: S506 (it is a safe one)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{file}: {problem(error)}") from error
    except (MappingError, msgspec.ValidationError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: {error}") from error
