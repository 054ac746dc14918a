"""Two lists of rules with one normal form choose the same for every request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.alb import Request, choose
from ecs2k8s.assess.normal_form import is_certain, is_hidden, normal_form
from ecs2k8s.assess.witness import probes
from ecs2k8s.translate.routes import Condition, FixedResponse, Route

HOSTS = st.lists(st.sampled_from(["a.b", "*.b", "*", "A.b"]), min_size=1, max_size=2, unique=True)
PATHS = st.lists(st.sampled_from(["/*", "*", "/a", "/a/*", ".*"]), min_size=1, max_size=2, unique=True)
SOURCES = st.lists(st.sampled_from(["0.0.0.0/0", "::/0", "10.0.0.0/8"]), min_size=1, max_size=2, unique=True)
HEADERS = st.lists(st.sampled_from(["1", "2"]), min_size=1, max_size=2, unique=True)
QUERIES = st.lists(st.sampled_from([("k", "v"), (None, "v"), ("k", "w")]), min_size=1, max_size=2, unique=True)
PATH = st.builds(lambda v, r: Condition("path-pattern", tuple(v), regex=r), PATHS, st.booleans())
CONDITIONS = st.one_of(
    st.builds(lambda v: Condition("host-header", tuple(v)), HOSTS),
    PATH,
    PATH,
    st.builds(lambda v: Condition("source-ip", tuple(v)), SOURCES),
    st.builds(lambda v, n: Condition("http-header", tuple(v), name=n), HEADERS, st.sampled_from(["x", "X", "y"])),
    st.builds(lambda v: Condition("query-string", queries=tuple(v)), QUERIES),
)
# A regular expression that begins with `*` is none.
VALID = CONDITIONS.filter(lambda c: not (c.regex and any(v.startswith("*") for v in c.values)))
ACTIONS = st.sampled_from([FixedResponse("200"), FixedResponse("403")])
RULES = st.lists(
    st.builds(lambda c, a: Route(tuple(c), a), st.lists(VALID, min_size=1, max_size=3), ACTIONS), max_size=4
)
DEFAULT = Route((), FixedResponse("403"))


def requests(rules: list[Route], *, dual_stack: bool) -> list[Request]:
    """Every path begins with a slash; a glob such as `.*` matches none."""
    return [request for request in probes(rules, dual_stack=dual_stack) if request.path.startswith("/")]


def differing(one: list[Route], other: list[Route], *, dual_stack: bool) -> list[Any]:
    return [
        request
        for request in requests([*one, *other], dual_stack=dual_stack)
        if choose(one, DEFAULT, request).action != choose(other, DEFAULT, request).action
    ]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[Route], list[Route]]:
    """Two lists that are often alike: the other has edits of the kinds that the normal form looks through, or others."""
    one = draw(RULES)
    other = list(one)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(other)))
        match draw(st.sampled_from(["insert", "double", "twin", "swap", "cut", "filler", "drop"])):
            case "insert":
                other[place:place] = draw(RULES)[:1]
            case "double" if place < len(other):
                other.insert(place, other[place])
            case "twin" if place < len(other):
                other.insert(place + 1, twin(other[place]))
            case "swap" if place + 1 < len(other):
                other[place : place + 2] = other[place : place + 2][::-1]
            case "cut" if place < len(other):
                other[place : place + 1] = cut(other[place])
            case "filler" if place < len(other):
                filler = draw(VALID)
                other[place] = replace(other[place], conditions=(*other[place].conditions, filler))
            case "drop" if place < len(other):
                del other[place]
    return one, other


def twin(route: Route) -> Route:
    """The same texts, but globs as regular expressions and the other way round, and the other action."""
    changed = tuple(replace(c, regex=not c.regex) if c.field == "path-pattern" else c for c in route.conditions)
    valid = all(c.regex <= (not any(v.startswith("*") for v in c.values)) for c in changed)
    other = FixedResponse("200" if route.action == FixedResponse("403") else "403")
    return replace(route, conditions=changed if valid else route.conditions, action=other)


def cut(route: Route) -> list[Route]:
    first, *others = route.conditions
    if len(first.values) < 2:
        return [route, route]
    return [replace(route, conditions=(replace(first, values=(value,)), *others)) for value in first.values]


@settings(max_examples=400, deadline=None)
@given(pairs(), st.booleans())
def test_one_normal_form_is_one_behaviour(both: tuple[list[Route], list[Route]], dual_stack: bool) -> None:
    one, other = both
    if normal_form(one, DEFAULT, dual_stack=dual_stack) == normal_form(other, DEFAULT, dual_stack=dual_stack):
        assert differing(one, other, dual_stack=dual_stack) == []


@settings(max_examples=200, deadline=None)
@given(RULES, st.booleans())
def test_a_rule_that_is_called_hidden_is_chosen_for_nothing(rules: list[Route], dual_stack: bool) -> None:
    for number, rule in enumerate(rules):
        if is_hidden(rule, rules[:number]):
            assert all(choose(rules, DEFAULT, r) is not rule for r in requests(rules, dual_stack=dual_stack))


def test_what_always_holds() -> None:
    def certain(field: Any, *values: str, regex: bool = False, dual_stack: bool = False) -> bool:
        return is_certain(Condition(field, values, regex=regex), dual_stack=dual_stack)

    assert certain("path-pattern", "/*")
    assert certain("path-pattern", "/a", "*")
    assert certain("path-pattern", ".*", regex=True)
    assert certain("host-header", "*")
    assert certain("source-ip", "0.0.0.0/0")
    assert certain("source-ip", "::/0", "0.0.0.0/0", dual_stack=True)
    assert not certain("path-pattern", "/")
    assert not certain("path-pattern", ".*")
    assert not certain("path-pattern", "/*", regex=True)
    assert not certain("host-header", "*.b")
    assert not certain("host-header", ".*", regex=True)
    assert not certain("http-header", "*")
    assert not certain("source-ip", "0.0.0.0/0", dual_stack=True)
    assert not certain("source-ip", "0.0.0.0/1", "128.0.0.0/1")


def test_what_the_form_looks_through() -> None:
    """A cut, a filler, a doubled rule, a rule behind one that takes it all, and a last rule that does as the default."""
    path, host = Condition("path-pattern", ("/a", "/b")), Condition("host-header", ("h",))
    filler = Condition("source-ip", ("0.0.0.0/0",))
    open_, closed = FixedResponse("200"), FixedResponse("403")
    one = [Route((path, host), open_)]
    pieces = [Route((replace(path, values=(value,)), host, filler), open_) for value in path.values]
    form = normal_form(one, DEFAULT)
    assert normal_form(pieces, DEFAULT) == form
    assert normal_form([*one, *one], DEFAULT) == form
    assert normal_form([*one, Route((host, replace(path, values=("/a",))), closed)], DEFAULT) == form
    assert normal_form([*one, Route((Condition("path-pattern", ("/c",)),), closed)], DEFAULT) == form
    assert normal_form(pieces[:1], DEFAULT) != form
    assert normal_form([Route((Condition("path-pattern", ("/a",)),), closed), *one], DEFAULT) != form
