"""Rules may change places only where no request can tell."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.assess.alb import Request, choose, matches
from ecs2k8s.assess.globs import glob
from ecs2k8s.assess.precedence import disjoint, globs_meet, meeting, same, swaps
from ecs2k8s.assess.witness import witness
from ecs2k8s.translate.routes import Condition, FixedResponse, Forward, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

A, B = Forward((("ns/a:1", 1),)), Forward((("ns/b:1", 1),))
DEFAULT = Route((), FixedResponse("404", "text/plain"))


def host(*values: str) -> Condition:
    return Condition("host-header", values)


def path(*values: str, regex: bool = False) -> Condition:
    return Condition("path-pattern", values, regex=regex)


def method(*values: str) -> Condition:
    return Condition("http-request-method", values)


def source(*values: str) -> Condition:
    return Condition("source-ip", values)


def header(name: str, *values: str) -> Condition:
    return Condition("http-header", values, name=name)


def query(key: str, value: str) -> Condition:
    return Condition("query-string", queries=((key, value),))


def in_order(one: int, other: int) -> bool:
    return one < other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([host("a.example.com")], [host("b.example.com")]),
        ([host("a.example.com")], [host("*.example.org")]),
        ([host("*.a.example.com")], [host("*.b.example.com", "x.org")]),
        ([path("/a")], [path("/b", "/a/b")]),
        ([path("/a")], [path("/A")]),
        ([path("/a/*")], [path("/b", "/b/*")]),
        ([path("/x?")], [path("/x", "/xyz")]),
        ([method("GET", "HEAD")], [method("POST")]),
        ([source("10.0.0.0/8")], [source("192.0.2.0/24", "172.16.0.0/12")]),
        ([path("/a"), method("GET")], [path("/a"), method("POST")]),
    ],
)
def test_what_no_request_can_have_at_once_is_disjoint(one: list[Condition], other: list[Condition]) -> None:
    assert disjoint(one, other)
    assert disjoint(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([], [path("/a")]),
        ([host("a.example.com")], [path("/a")]),
        ([host("A.example.com")], [host("a.EXAMPLE.com")]),
        ([host("a.example.com")], [host("*.example.com")]),
        ([host("*.example.com")], [host("www.*")]),
        ([path("/api/*")], [path("/api/v2")]),
        ([path("*.php")], [path("/a*")]),
        ([path("/a")], [path("/b", regex=True)]),
        ([header("X", "1")], [header("X", "2")]),
        ([query("a", "1")], [query("a", "2")]),
        ([source("10.0.0.0/8")], [source("10.1.2.0/24")]),
        ([source("10.0.0.0/8")], [source("2001:db8::/32")]),
        ([source("nonsense")], [source("10.0.0.0/8")]),
    ],
)
def test_what_is_not_known_to_be_disjoint_is_not(one: list[Condition], other: list[Condition]) -> None:
    assert not disjoint(one, other)
    assert not disjoint(other, one)


GLOBS = st.text("ab*?", max_size=4)


@given(GLOBS, GLOBS, st.text("abc", max_size=6))
def test_globs_that_match_one_text_meet(one: str, other: str, text: str) -> None:
    if glob(one, text) and glob(other, text):
        assert globs_meet(one, other)


@given(GLOBS, GLOBS)
def test_globs_meet_only_at_a_text_that_both_match(one: str, other: str) -> None:
    texts = ("".join(letters) for size in range(len(one) + len(other) + 1) for letters in product("ab", repeat=size))
    assert globs_meet(one, other) is any(glob(one, text) and glob(other, text) for text in texts)


def test_a_request_for_two_rules_meets_both() -> None:
    one, other = Route((path("/api", "/api/*"),), A), Route((path("/api/v2/*"), host("*.example.com")), B)
    request = meeting(one, other)
    assert request is not None
    assert all(matches(condition, request) for condition in (*one.conditions, *other.conditions))
    assert meeting(Route((path("/a"),), A), Route((path("/b"),), B)) is None


def test_the_same_list_is_the_same() -> None:
    rules = [Route((path("/api", "/api/*"),), A), Route((host("a.com"),), B)]
    assert same((rules, DEFAULT), (rules, DEFAULT), in_order)


def test_rules_that_exclude_each_other_may_change_places() -> None:
    one, other = Route((host("a.com"),), A), Route((host("b.com"),), B)
    assert same(([one, other], DEFAULT), ([other, one], DEFAULT), in_order)
    assert swaps(([one, other], DEFAULT), ([other, one], DEFAULT), in_order) == []


def test_rules_that_do_the_same_may_change_places() -> None:
    one, other = Route((path("/a*"),), A), Route((path("/ab*"),), A)
    assert same(([one, other], DEFAULT), ([other, one], DEFAULT), in_order)


def test_rules_that_meet_may_not_and_are_named_with_a_request() -> None:
    one, other = Route((path("/api", "/api/*"),), A), Route((path("/api/v2", "/api/v2/*"),), B)
    source, made = ([one, other], DEFAULT), ([other, one], DEFAULT)
    assert not same(source, made, in_order)
    (swap,) = swaps(source, made, in_order)
    assert (swap.first, swap.second) == (0, 1)
    assert swap.request is not None
    assert choose(*source, swap.request) is one
    assert choose(*made, swap.request) is other


def test_an_order_that_is_not_sure_counts_as_changed() -> None:
    one, other = Route((path("/a"), header("X", "1")), A), Route((path("/a"), header("Y", "1")), B)
    rules = ([one, other], DEFAULT)
    assert not same(rules, rules, lambda _one, _other: False)
    assert [(swap.first, swap.second) for swap in swaps(rules, rules, lambda _one, _other: False)] == [(0, 1)]


def test_one_rule_may_be_several() -> None:
    whole = [Route((host("A.com", "b.com"), path("/x", "/y"), method("GET", "POST")), A)]
    parts = [
        Route((host(h), path(p), method(m)), A)
        for m in ("POST", "GET")
        for p in ("/y", "/x")
        for h in ("b.com", "a.com")
    ]
    assert same((whole, DEFAULT), (parts, DEFAULT), in_order)
    assert not same((whole, DEFAULT), (parts[:-1], DEFAULT), in_order)
    assert not same((whole, DEFAULT), ([*parts, Route((host("c.com"),), A)], DEFAULT), in_order)


def test_a_catch_all_at_the_end_is_the_default() -> None:
    web = Route((), A)
    assert same(([], web), ([Route((path("/*"),), A)], DEFAULT), in_order)
    assert not same(([], web), ([Route((path("/a*"),), A)], DEFAULT), in_order)
    rules = [Route((path("/a"),), B), Route((path("/*"),), A)]
    assert same((rules[:1], web), (rules, DEFAULT), in_order)
    assert not same((rules[:1], web), (rules[::-1], DEFAULT), in_order)


def test_a_rule_that_another_hides_may_be_missing_but_not_come_first() -> None:
    wide, hidden = Route((host("a.com"),), A), Route((host("a.com"), path("/x")), B)
    assert same(([wide, hidden], DEFAULT), ([wide], DEFAULT), in_order)
    source, made = ([wide, hidden], DEFAULT), ([hidden, wide], DEFAULT)
    assert not same(source, made, in_order)
    assert [(swap.first, swap.second) for swap in swaps(source, made, in_order)] == [(0, 1)]


def test_a_rule_that_does_what_the_next_one_for_its_requests_does_may_be_missing() -> None:
    narrow, wide = Route((path("/a"), method("GET")), A), Route((path("/a", "/b"),), A)
    between, aside = Route((method("GET"),), B), Route((path("/c"),), B)
    assert same(([narrow, aside, wide], DEFAULT), ([aside, wide], DEFAULT), in_order)
    assert same(([wide], DEFAULT), ([narrow, wide], DEFAULT), in_order)
    assert not same(([narrow, between, wide], DEFAULT), ([between, wide], DEFAULT), in_order)
    web = Route((), A)
    assert same(([narrow], web), ([], web), in_order)
    assert not same(([narrow, between], web), ([between], web), in_order)


def test_what_has_too_many_parts_is_not_compared() -> None:
    rules = [Route((host(*"abcdefgh"), path(*"ijklmnop"), method(*"qrstuvwx")), A)]
    assert not same((rules, DEFAULT), (rules, DEFAULT), in_order)


CONDITIONS: dict[str, st.SearchStrategy[Condition]] = {
    "host": st.lists(st.sampled_from(["a.com", "b.com", "*.com", "A.com"]), min_size=1, max_size=2, unique=True).map(
        lambda v: host(*v)
    ),
    "path": st.lists(st.sampled_from(["/a", "/a/*", "/b", "/*", "/a*", "/?"]), min_size=1, max_size=2, unique=True).map(
        lambda v: path(*v)
    ),
    "method": st.sampled_from(["GET", "POST"]).map(method),
    "header": st.sampled_from(["1", "2"]).map(lambda v: header("X", v)),
}


@st.composite
def routes(draw: st.DrawFn) -> Route:
    fields = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), min_size=1, max_size=3, unique=True))
    return Route(tuple(draw(CONDITIONS[field]) for field in fields), draw(st.sampled_from([A, B])))


REQUESTS = [
    Request(m, h, p, headers)
    for m in ("GET", "POST")
    for h in ("a.com", "b.com", "x.com", "org")
    for p in ("/", "/a", "/b", "/a/x", "/ax", "/c", "/cc")
    for headers in ((), (("X", "1"),), (("X", "1"), ("X", "2")))
]


@given(st.lists(routes(), max_size=5), st.randoms(use_true_random=False))
def test_what_counts_as_the_same_answers_every_request_alike(rules: list[Route], random: object) -> None:
    made = list(rules)
    random.shuffle(made)  # type: ignore[attr-defined]
    agree = all(choose(rules, DEFAULT, r).normal[1:] == choose(made, DEFAULT, r).normal[1:] for r in REQUESTS)
    if same((rules, DEFAULT), (made, DEFAULT), in_order):
        assert agree
        assert witness((rules, DEFAULT), (made, DEFAULT)) is None
    if not agree:
        assert swaps((rules, DEFAULT), (made, DEFAULT), in_order)


@given(st.lists(routes(), max_size=4), routes(), st.integers(0, 4))
def test_another_rule_is_never_overlooked(rules: list[Route], other: Route, at: int) -> None:
    made = [*rules[:at], other, *rules[at:]]
    if same((rules, DEFAULT), (made, DEFAULT), in_order):
        assert all(choose(rules, DEFAULT, r).normal[1:] == choose(made, DEFAULT, r).normal[1:] for r in REQUESTS)


@given(st.lists(routes(), min_size=2, max_size=5))
def test_neighbours_that_are_disjoint_may_always_change_places(rules: list[Route]) -> None:
    for at, (one, other) in enumerate(pairwise(rules)):
        if disjoint(one.conditions, other.conditions):
            assert same((rules, DEFAULT), (_exchanged(rules, at), DEFAULT), in_order)


def _exchanged(rules: Sequence[Route], at: int) -> list[Route]:
    return [*rules[:at], rules[at + 1], rules[at], *rules[at + 2 :]]
