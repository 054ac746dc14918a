"""How an Application Load Balancer picks the rule for a request.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from ecs2k8s.assess.globs import glob
from ecs2k8s.assess.regexes import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecs2k8s.translate.routes import Condition, Field, Route

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """What conditions can see of a request. `source` is the address of the peer, whatever headers say."""

    method: str = "GET"
    host: str = "example.com"
    path: str = "/"
    headers: Pairs = ()
    query: Pairs = ()
    source: str = "203.0.113.7"

    def __str__(self) -> str:
        query = "&".join(f"{key}={value}" for key, value in self.query)
        parts = [f"{self.method} {self.host}{self.path}{'?' if query else ''}{query}"]
        return " ".join([*parts, *(f"{name}: {value}" for name, value in self.headers), f"from {self.source}"])


def matches(condition: Condition, request: Request) -> bool:
    """Whether *request* meets *condition*.

    Case counts in paths and methods only. A header that comes several times, and a query string with several
    parameters, need one that fits.
    """
    return MATCHERS[condition.field](condition, request)


def choose(rules: Sequence[Route], default: Route, request: Request) -> Route:
    """The first of *rules* whose conditions all hold, else *default*."""
    return next((rule for rule in rules if all(matches(part, request) for part in rule.conditions)), default)


def _fits(condition: Condition, text: str, *, fold: bool = True) -> bool:
    fits = regex if condition.regex else glob
    return any(fits(value, text, fold=fold) for value in condition.values)


def _header(condition: Condition, request: Request) -> bool:
    name = condition.name.lower()
    return any(_fits(condition, value) for header, value in request.headers if header.lower() == name)


def _query(condition: Condition, request: Request) -> bool:
    return any(
        (key is None or glob(key, found_key, fold=True, escapes=True)) and glob(value, found, fold=True, escapes=True)
        for key, value in condition.queries
        for found_key, found in request.query
    )


@lru_cache(maxsize=4096)
def network(text: str) -> IPv4Network | IPv6Network | None:
    """The network that *text* is in CIDR notation; None where it is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _source(condition: Condition, request: Request) -> bool:
    address = ip_address(request.source)
    return any(address in found for found in map(network, condition.values) if found is not None)


MATCHERS: dict[Field, Callable[[Condition, Request], bool]] = {
    "host-header": lambda condition, request: _fits(condition, request.host),
    "path-pattern": lambda condition, request: _fits(condition, request.path, fold=False),
    "http-header": _header,
    "http-request-method": lambda condition, request: request.method in condition.values,
    "query-string": _query,
    "source-ip": _source,
}
