"""Conditions of a listener rule as matches of the Gateway API, where both sides read them alike.

A match names one host, one path, one method and one value of each header and parameter, so a rule with several of them
becomes several matches. What a match would read otherwise is refused: globs that are no prefix, regular expressions of
anything but a path, values of headers that the controller would split or unescape.
https://gateway-api.sigs.k8s.io/reference/spec/#httproutematch
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from ecs2k8s.translate.ingress_rules import ADDRESS, HOST, MOST_VALUES, is_strict
from ecs2k8s.translate.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecs2k8s.resolve.workload import AwsMap
    from ecs2k8s.translate.routes import Condition

Match = dict[str, Any]

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
EVERYWHERE = ("/*", "*")  # path patterns that every request meets
MOST_MATCHES = 64  # of one rule of a route
PATH = re.compile(r"/(?:[-A-Za-z0-9/._~!$&'()+,;=:@]|%[0-9a-fA-F]{2})*")
LONGEST_PATH = 1024
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
WILD = re.compile(r"[*?]")
ESCAPED = re.compile(r"[*?\\]")
SPLIT = re.compile(r"[*?\\,]")  # the controller splits the value of a header at commas, and reads backslashes
SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*", re.IGNORECASE)
METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
LONGEST_HEADER, LONGEST_PARAMETER = 4096, 1024


class Unmatched(Exception):  # noqa: N818
    """No match says what the condition at *place* says, because of *value*."""

    def __init__(self, place: int, field: str, value: str, why: str) -> None:
        super().__init__(why)
        self.place, self.field, self.value, self.why = place, field, value, why

    def refusal(self, rule: AwsMap) -> Refusal:
        """Of the condition of *rule*, the rule's own view."""
        at = ("Conditions", self.place, "Field")
        return Refusal("condition-not-in-gateway", rule, at, field=self.field, value=self.value, why=self.why)


@dataclass(frozen=True, slots=True)
class Matches:
    """What a rule becomes: each of `matches` for each of `hosts`, the peer in one of `sources` (none: anywhere).

    An empty host stands for all. `values` is how many condition values one match costs at most, sources aside.
    """

    hosts: tuple[str, ...]
    matches: tuple[Match, ...]
    sources: tuple[str, ...]
    values: int

    def chunks(self) -> list[tuple[str, ...]]:
        """`sources` in parts that fit beside the values of a match; no part where nothing fits."""
        room = MOST_VALUES - self.values
        if not self.sources:
            return [()] if room >= 0 else []
        return [self.sources[at : at + room] for at in range(0, len(self.sources), room)] if room > 0 else []


def http_matches(conditions: Sequence[Condition]) -> Matches:
    """Raises `Unmatched`."""
    found: dict[str, list[list[Match]]] = {"path": [], "method": [], "headers": [], "queryParams": []}
    hosts, sources = _hosts_and_sources(conditions)
    for place, condition in enumerate(conditions):
        match condition.field:
            case "path-pattern":
                found["path"].append(_paths(place, condition))
            case "http-request-method":
                found["method"].append(_methods(place, condition))
            case "http-header":
                found["headers"].append(_headers(place, condition))
            case "query-string":
                found["queryParams"].append(_parameters(place, condition))
    _once(conditions, found["headers"], "http-header")
    _once(conditions, found["queryParams"], "query-string")
    paths = found["path"][0] if found["path"] else [{"type": "PathPrefix", "value": "/"}]
    methods: list[Match] = found["method"][0] if found["method"] else [{}]
    combined = product(paths, methods, product(*found["headers"]), product(*found["queryParams"]))
    made = tuple(
        {"path": path} | method | _listed("headers", headers) | _listed("queryParams", parameters)
        for path, method, headers, parameters in combined
    )
    return Matches(hosts, made, sources, max(_values(match, hosts) for match in made))


def grpc_matches(conditions: Sequence[Condition]) -> Matches:
    """As matches of a GRPCRoute, whose paths are `/service/method`. Raises `Unmatched`."""
    hosts, sources = _hosts_and_sources(conditions)
    paths: list[Match | None] = [None]
    headers: list[list[Match]] = []
    for place, condition in enumerate(conditions):
        match condition.field:
            case "path-pattern":
                paths = _calls(place, condition)
            case "http-header":
                headers.append(_headers(place, condition))
            case "http-request-method" | "query-string":
                raise Unmatched(place, condition.field, "", "a GRPCRoute has no match for it")
    _once(conditions, headers, "http-header")
    made = tuple(
        ({"method": path} if path else {}) | _listed("headers", chosen)
        for path, chosen in product(paths, product(*headers))
    )
    return Matches(hosts, made, sources, max(1 + len(m.get("headers", [])) + (hosts != ("",)) for m in made))


def _listed(key: str, items: Iterable[Match]) -> Match:
    found = list(items)
    return {key: found} if found else {}


def _values(match: Match, hosts: tuple[str, ...]) -> int:
    """What the match costs on the load balancer, where a prefix is two values."""
    path: dict[str, str] = match["path"]
    wide = path["type"] == "PathPrefix" and path["value"] != "/"
    others = len(match.get("headers", [])) + len(match.get("queryParams", [])) + ("method" in match)
    return 1 + wide + others + (hosts != ("",))


def _hosts_and_sources(conditions: Sequence[Condition]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    hosts: tuple[str, ...] = ("",)
    sources: tuple[str, ...] = ()
    for place, condition in enumerate(conditions):
        if condition.field == "host-header":
            hosts = _hosts(place, condition)
        if condition.field == "source-ip":
            sources = tuple(dict.fromkeys(condition.values))
    return hosts, sources


def _hosts(place: int, condition: Condition) -> tuple[str, ...]:
    """In lower case, which makes no difference to the load balancer."""
    if condition.regex:
        raise Unmatched(place, condition.field, condition.values[0], "hosts have no regular expressions there")
    if "*" in condition.values:
        return ("",)
    for value in condition.values:
        if not is_hostname(value.lower()):
            raise Unmatched(place, condition.field, value, "a host is a DNS name, or one behind `*.`")
    return tuple(dict.fromkeys(value.lower() for value in condition.values))


def is_hostname(text: str) -> bool:
    return bool(HOST.fullmatch(text)) and not ADDRESS.fullmatch(text)


def _paths(place: int, condition: Condition) -> list[Match]:
    values = list(dict.fromkeys(condition.values))
    if condition.regex:
        return [{"type": "RegularExpression", "value": _short(place, condition, value)} for value in values]
    if any(value in EVERYWHERE for value in values):
        return [{"type": "PathPrefix", "value": "/"}]
    prefixes = [value for value in values if f"{value}/*" in values and is_path(value) and not value.endswith("/")]
    covered = {text for prefix in prefixes for text in (prefix, f"{prefix}/*")}
    found = [{"type": "PathPrefix", "value": prefix} for prefix in prefixes]
    for value in values:
        if value not in covered:
            if not is_path(value):
                raise Unmatched(place, condition.field, value, "a path is whole, or a prefix and all below it")
            found.append({"type": "Exact", "value": value})
    return found


def _short(place: int, condition: Condition, value: str) -> str:
    if len(value) > LONGEST_PATH:
        raise Unmatched(place, condition.field, value, f"it has more than {LONGEST_PATH} characters")
    return value


def is_path(text: str) -> bool:
    """Whether the API takes *text* as a whole path or as a prefix."""
    return bool(PATH.fullmatch(text)) and is_strict(text) and len(text) <= LONGEST_PATH


def _calls(place: int, condition: Condition) -> list[Match | None]:
    if condition.regex:
        raise Unmatched(place, condition.field, condition.values[0], "calls have no such regular expressions")
    if any(value in EVERYWHERE for value in condition.values):
        return [None]
    return [_call(place, condition, value) for value in dict.fromkeys(condition.values)]


def _call(place: int, condition: Condition, value: str) -> Match:
    first, service, method = [*value.split("/"), "", ""][:3]
    if first or value.count("/") != 2 or (service, method) == ("*", "*"):  # noqa: PLR2004
        raise Unmatched(place, condition.field, value, "a call is `/service/method`")
    known = (service == "*" or SERVICE.fullmatch(service)) and (method == "*" or METHOD.fullmatch(method))
    if not known or max(len(service), len(method)) > LONGEST_PATH:
        raise Unmatched(place, condition.field, value, "a call is `/service/method`")
    parts = {"service": service, "method": method}
    return {"type": "Exact"} | {key: part for key, part in parts.items() if part != "*"}


def _methods(place: int, condition: Condition) -> list[Match]:
    for value in condition.values:
        if value not in METHODS:
            raise Unmatched(place, condition.field, value, "the method is none that the API knows")
    return [{"method": value} for value in dict.fromkeys(condition.values)]


def _headers(place: int, condition: Condition) -> list[Match]:
    if condition.regex:
        raise Unmatched(place, condition.field, condition.values[0], "the controller has none for headers")
    if not TOKEN.fullmatch(condition.name):
        raise Unmatched(place, condition.field, condition.name, "it is no name of a header")
    for value in condition.values:
        if SPLIT.search(value) or len(value) > LONGEST_HEADER:
            raise Unmatched(place, condition.field, value, "a value is one whole text without comma or backslash")
    return [{"type": "Exact", "name": condition.name, "value": value} for value in dict.fromkeys(condition.values)]


def _parameters(place: int, condition: Condition) -> list[Match]:
    found = []
    for key, value in dict.fromkeys(condition.queries):
        if not key or not TOKEN.fullmatch(key) or WILD.search(key):
            raise Unmatched(place, condition.field, f"{key or ''}={value}", "a parameter has a plain name")
        if ESCAPED.search(value) or len(value) > LONGEST_PARAMETER:
            raise Unmatched(place, condition.field, f"{key}={value}", "a value is one whole text")
        found.append({"type": "Exact", "name": key, "value": value})
    return found


def _once(conditions: Sequence[Condition], found: Sequence[Sequence[Match]], field: str) -> None:
    """A match takes each name once: a second condition on it would be lost."""
    seen: set[str] = set()
    places = [place for place, condition in enumerate(conditions) if condition.field == field]
    for place, options in zip(places, found, strict=True):
        names = {option["name"].lower() for option in options}
        if names & seen:
            raise Unmatched(place, field, min(names & seen), "a match names each of them once")
        seen |= names
