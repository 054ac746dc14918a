"""A request that two lists of rules route differently: a difference that a person can try out."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, islice
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.alb import Request, choose, matches, network
from ecs2k8s.assess.globs import glob_example
from ecs2k8s.assess.regexes import regex_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecs2k8s.translate.routes import Condition, Field, Route

    Rules = tuple[Sequence[Route], Route]  # in order of priority, and the default

Change = tuple[str, Any]  # a field of the request, and what it becomes, or what is added to headers or query
NOTHING: Change = ("", None)
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
ELSEWHERE = ("198.51.100.9", "192.0.2.9", "2001:db8::9")


def witness(source: Rules, made: Rules, *, dual_stack: bool = True) -> tuple[Request, Route, Route] | None:
    """A request with the routes that *source* and *made* choose for it, where they do different things with it.

    None where none was found among the probes of both, which does not prove that there is none. Only a load balancer
    that is *dual_stack* has peers with IPv6 addresses.
    """
    if [route.normal for route in (*source[0], source[1])] == [route.normal for route in (*made[0], made[1])]:
        return None
    for request in probes([*source[0], *made[0]], dual_stack=dual_stack):
        wanted, got = choose(*source, request), choose(*made, request)
        if _deed(wanted) != _deed(got):
            return request, wanted, got
    return None


def _deed(route: Route) -> tuple[object, ...]:
    return route.normal[1:]  # all but the conditions


def probes(routes: Sequence[Route], *, dual_stack: bool = True) -> Iterator[Request]:
    """Requests worth trying, each once: for each value of each route one that meets it, and ones that just miss it.

    Then one for each two routes that can be met at once. A route with a regular expression that cannot be read has
    none. Every path begins with `/`, whatever a glob asks for.
    """
    seen = set()
    distinct = list(dict.fromkeys(routes))
    alone = (request for route in distinct for request in _requests(route))
    together = (request for pair in combinations(distinct, 2) for request in _overlap(*pair))
    for request in chain([Request()], alone, together):
        if request not in seen and request.path[:1] == "/" and (dual_stack or ":" not in request.source):
            seen.add(request)
            yield request


def _overlap(one: Route, other: Route) -> Iterator[Request]:
    """A request that meets both, if one can be put together of what meets each."""
    conditions = (*one.conditions, *other.conditions)
    changes = [change for condition in conditions for change in islice(_shared(condition, conditions), 1)]
    if len(changes) == len(conditions):
        yield _request(changes)


def _shared(condition: Condition, conditions: Sequence[Condition]) -> Iterator[Change]:
    """What meets *condition* and all others about the same thing. Headers and parameters may come several times."""
    same = [c for c in conditions if c.field == condition.field and c.field not in {"http-header", "query-string"}]
    candidates = (change for part in same or [condition] for change in HITS[part.field](part))
    return (change for change in candidates if all(matches(part, _changed(Request(), change)) for part in same))


def _requests(route: Route) -> Iterator[Request]:
    hits = [list(HITS[condition.field](condition)) for condition in route.conditions]
    if not all(hits):
        return
    first = [changes[0] for changes in hits]
    yield _request(first)
    for place, condition in enumerate(route.conditions):
        for change in (*hits[place][1:], *MISSES[condition.field](hits[place])):
            yield _request([*first[:place], change, *first[place + 1 :]])
    base = _request(first)
    yield from (_changed(base, change) for change in (*_path_misses([("path", base.path)]), ("method", "POST")))


def _request(changes: Sequence[Change]) -> Request:
    request = Request()
    for change in changes:
        request = _changed(request, change)
    return request


def _changed(request: Request, change: Change) -> Request:
    field, value = change
    if not field:
        return request
    known: Any = getattr(request, field)
    changed: dict[str, Any] = {field: (*known, value) if isinstance(known, tuple) else value}
    return replace(request, **changed)


def _texts(condition: Condition, before: str = "") -> Iterator[str]:
    """Texts that the values of *condition* match, beginning with *before*."""
    for value in condition.values:
        if condition.regex:
            yield from regex_examples(value, before, fold=condition.field != "path-pattern")
            continue
        for fill in ("x", "x/y.z") if "*" in value else ("",):
            text = glob_example(value, fill)
            yield text if text.startswith(before) or not value.startswith(("*", "?")) else before + text


def _queries(condition: Condition) -> Iterator[Change]:
    for key, value in condition.queries:
        name = "any" if key is None else glob_example(key, "x", escapes=True)
        yield "query", (name, glob_example(value, "x", escapes=True))


def _sources(condition: Condition) -> Iterator[Change]:
    for found in map(network, condition.values):
        if found is not None:
            yield "source", str(found[min(1, found.num_addresses - 1)])


HITS: dict[Field, Callable[[Condition], Iterator[Change]]] = {
    "host-header": lambda condition: (("host", text.replace("/", ".")) for text in _texts(condition)),
    "path-pattern": lambda condition: (("path", text) for text in _texts(condition, "/")),
    "http-header": lambda condition: (("headers", (condition.name, text)) for text in _texts(condition)),
    "http-request-method": lambda condition: (("method", method) for method in condition.values),
    "query-string": _queries,
    "source-ip": _sources,
}


def _host_misses(hits: Sequence[Change]) -> list[Change]:
    host = hits[0][1]
    others = ["other.test", f"x.{host}", host.partition(".")[2] or "test", host.swapcase()]
    return [("host", other) for other in others]


def _path_misses(hits: Sequence[Change]) -> list[Change]:
    path = hits[0][1]
    parent = path.rstrip("/").rpartition("/")[0]
    others = ["/other", "/", parent or "/", f"{parent}/", path.rstrip("/") or "/", f"{path}x", f"{path}/x"]
    return [("path", other) for other in (*others, path.swapcase())]


def _pair_misses(hits: Sequence[Change]) -> list[Change]:
    """Without the header or parameter, with another value, with another name."""
    field, (name, value) = hits[0]
    return [NOTHING, (field, (name, f"{value}x")), (field, (f"{name}x", value)), (field, (name, value.swapcase()))]


MISSES: dict[Field, Callable[[Sequence[Change]], list[Change]]] = {
    "host-header": _host_misses,
    "path-pattern": _path_misses,
    "http-header": _pair_misses,
    "http-request-method": lambda hits: [("method", m) for m in METHODS if ("method", m) not in hits],
    "query-string": _pair_misses,
    "source-ip": lambda _: [("source", address) for address in ELSEWHERE],
}
