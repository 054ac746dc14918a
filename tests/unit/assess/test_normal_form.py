"""Two lists of rules with one normal form choose the same for every request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.assess.alb import Request, choose
from ecs2k8s.assess.normal_form import normal_form
from ecs2k8s.assess.parts import MOST_PARTS, is_certain, is_taken, met
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
def test_a_rule_whose_parts_are_taken_before_is_chosen_for_nothing(rules: list[Route], dual_stack: bool) -> None:
    earlier: list[Any] = []
    for rule in rules:
        asked = met(rule, dual_stack=dual_stack)
        if all(is_taken(part, earlier) for part in asked):
            assert all(choose(rules, DEFAULT, r) is not rule for r in requests(rules, dual_stack=dual_stack))
        earlier += asked


@st.composite
def cut_anywhere(draw: st.DrawFn) -> tuple[list[Route], list[Route]]:
    """Rules, and the same cut along any of their conditions, without most of what an earlier one takes whole."""
    rules = draw(RULES)
    made: list[Route] = []
    for rule in rules:
        place = draw(st.integers(0, len(rule.conditions) - 1))
        pieces = along(rule, place) if draw(st.booleans()) else [rule]
        made += [piece for piece in pieces if draw(st.integers(0, 4)) == 0 or not taken_by_one(piece, made)]
    return rules, made


def along(route: Route, place: int) -> list[Route]:
    before, condition, after = route.conditions[:place], route.conditions[place], route.conditions[place + 1 :]
    pieces = [replace(condition, values=(value,)) for value in condition.values]
    pieces += [replace(condition, queries=(query,)) for query in condition.queries]
    return [replace(route, conditions=(*before, piece, *after)) for piece in pieces]


def taken_by_one(route: Route, earlier: list[Route]) -> bool:
    """As the controller compares: one earlier rule has no other conditions, and all values of each."""

    def covers(wanted: Condition, given: Condition) -> bool:
        same = replace(wanted, values=(), queries=()) == replace(given, values=(), queries=())
        return same and set(given.values) <= set(wanted.values) and set(given.queries) <= set(wanted.queries)

    return any(all(any(covers(w, g) for g in route.conditions) for w in one.conditions) for one in earlier)


@settings(max_examples=400, deadline=None)
@given(cut_anywhere())
def test_what_is_cut_and_freed_of_dead_parts_has_the_form_of_the_whole(both: tuple[list[Route], list[Route]]) -> None:
    one, other = both
    assert normal_form(one, DEFAULT) == normal_form(other, DEFAULT)
    assert differing(one, other, dual_stack=False) == []


def test_a_rule_with_more_parts_than_are_counted_is_compared_whole() -> None:
    """No export of AWS has one; a file may."""
    many = tuple(f"/{number}" for number in range(MOST_PARTS + 1))
    rule, other = (Route((Condition("path-pattern", values),), FixedResponse("200")) for values in (many, many[:-1]))
    assert normal_form([rule], DEFAULT) == normal_form([rule, rule], DEFAULT)
    assert normal_form([rule], DEFAULT) != normal_form([other], DEFAULT)


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


def test_a_value_is_left_out_where_earlier_rules_take_it_and_nowhere_else() -> None:
    to = Condition("host-header", ("h",))
    open_, closed = FixedResponse("200"), FixedResponse("404")

    def of(*values: str, more: tuple[Condition, ...] = (), action: FixedResponse = open_) -> Route:
        return Route((Condition("path-pattern", values), *more), action)

    def form(*rules: Route) -> Any:
        return normal_form(rules, DEFAULT)

    first = of("/a", action=closed)
    assert form(first, of("/a", "/b")) == form(first, of("/b"))
    assert form(first, of("/a", "/b", more=(to,))) == form(first, of("/b", more=(to,)))
    assert form(first, of("/b", action=DEFAULT.action), of("/a", "/b")) == form(first, of("/b", action=DEFAULT.action))  # type: ignore[arg-type]
    assert form(of("/a", "/b"), first) == form(of("/a", "/b"))
    # Later rules hide nothing, nor do those that take less.
    assert form(of("/a", "/b"), first) != form(of("/b"), first)
    narrow = of("/a", more=(to,), action=closed)
    assert form(narrow, of("/a", "/b")) != form(narrow, of("/b"))
    assert form(first, of("/a", "/a/b")) != form(first, of("/a"))
    # Neighbours of another action are not one.
    assert form(first, of("/b")) != form(of("/a", "/b"))
    assert form(of("/b"), of("/a", "/b", action=closed)) != form(of("/a", action=closed))


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
