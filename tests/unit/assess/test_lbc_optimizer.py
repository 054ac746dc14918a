"""Which rules the controller leaves out, with the holes that it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.assess.alb import choose
from ecs2k8s.assess.lbc_optimizer import is_loop, optimize, shadows
from ecs2k8s.assess.witness import probes
from ecs2k8s.translate.routes import Condition, FixedResponse, Redirect, Route

AWAY = Redirect("HTTP_301", host="home.example.com")
ANSWER = FixedResponse("200")
HEADER = Condition("http-header", ("http",), name="CloudFront-Forwarded-Proto")
ANY_SOURCE = Condition("source-ip", ("0.0.0.0/0",))


def hosts(*values: str, regex: bool = False) -> Condition:
    return Condition("host-header", values, regex=regex)


def paths(*values: str, regex: bool = False) -> Condition:
    return Condition("path-pattern", values, regex=regex)


LOOPS = [
    ((paths("/a"),), Redirect("HTTP_301", protocol="HTTPS", port="443")),
    ((HEADER,), Redirect("HTTP_301", protocol="HTTPS", port="443")),
    ((hosts("a.example.com", "b.example.com"),), Redirect("HTTP_301", host="b.example.com")),
    ((paths("/a", "/b"),), Redirect("HTTP_301", path="/b")),
    ((hosts("a", regex=True),), Redirect("HTTP_301", protocol="HTTPS")),
]
NO_LOOPS = [
    ((hosts("a.example.com"),), Redirect("HTTP_301", host="b.example.com")),
    ((hosts("b.example.com", regex=True),), Redirect("HTTP_301", host="b.example.com")),
    ((paths("/a"),), Redirect("HTTP_301", path="/b")),
    ((paths("/a"),), Redirect("HTTP_301", port="80")),
    ((paths("/a"),), Redirect("HTTP_301", protocol="HTTP")),
    ((paths("/a"),), Redirect("HTTP_301", query="a=b")),
    ((HEADER, paths(".*", regex=True)), Redirect("HTTP_301", protocol="HTTPS", port="443")),
]


@pytest.mark.parametrize(("conditions", "redirect"), LOOPS)
def test_loops(conditions: tuple[Condition, ...], redirect: Redirect) -> None:
    assert is_loop(Route(conditions, redirect), 443, "HTTPS")
    assert not is_loop(Route(conditions, ANSWER), 443, "HTTPS")


@pytest.mark.parametrize(("conditions", "redirect"), NO_LOOPS)
def test_what_is_no_loop(conditions: tuple[Condition, ...], redirect: Redirect) -> None:
    assert not is_loop(Route(conditions, redirect), 443, "HTTPS")


SHADOWED: list[tuple[tuple[Condition, ...], tuple[Condition, ...]]] = [
    ((paths("/*"),), (hosts("a.example.com"), paths("/a"))),
    ((paths("/*"),), (HEADER,)),
    ((paths("/a", "/*"),), (paths("/b"),)),
    ((hosts("a.example.com", "b.example.com"),), (hosts("b.example.com"), HEADER)),
    ((hosts("a.example.com"), paths("/a", "/b")), (hosts("a.example.com"), paths("/b"))),
    ((paths("^/a$", regex=True),), (paths("^/a$", regex=True),)),
    ((hosts("^old", regex=True),), (hosts("new.example.com"),)),  # the hole: a regular expression counts as any host
    ((hosts("^old", regex=True), paths("/a")), (paths("/a"),)),
]
ALIVE: list[tuple[tuple[Condition, ...], tuple[Condition, ...]]] = [
    ((paths("/a"),), (paths("/b"),)),
    ((paths("/a"),), (hosts("a.example.com"),)),
    ((hosts("a.example.com"),), (paths("/a"),)),
    ((hosts("a.example.com"),), (hosts("a.example.com", regex=True),)),
    ((hosts("a.example.com"), paths("/*")), (hosts("b.example.com"),)),
    ((paths("^/.*$", regex=True),), (paths("^/api", regex=True),)),
    ((hosts("^old", regex=True), ANY_SOURCE), (hosts("new.example.com"),)),
    ((HEADER, paths("/*")), (paths("/a"),)),
]


@pytest.mark.parametrize(("first", "second"), SHADOWED)
def test_shadowed(first: tuple[Condition, ...], second: tuple[Condition, ...]) -> None:
    assert shadows(Route(first, AWAY), Route(second, ANSWER))
    assert not shadows(Route(first, ANSWER), Route(second, AWAY))


@pytest.mark.parametrize(("first", "second"), ALIVE)
def test_not_shadowed(first: tuple[Condition, ...], second: tuple[Condition, ...]) -> None:
    assert not shadows(Route(first, AWAY), Route(second, ANSWER))


def test_a_rule_that_is_left_out_shadows_nothing() -> None:
    loop = Route((paths("/*"),), Redirect("HTTP_301", protocol="HTTPS", port="443"))
    after = Route((paths("/a"),), ANSWER)
    assert optimize([loop, after], 443, "HTTPS") == (after,)
    assert optimize([loop, after], 80, "HTTP") == (loop,)


def test_a_redirect_of_hosts_by_regular_expression_removes_all_that_follow() -> None:
    first = Route((hosts(r"^old[0-9]*\.example\.com$", regex=True),), AWAY)
    rest = [Route((paths(path),), ANSWER) for path in ("/a", "/b", "/c")]
    assert optimize([first, *rest], 443, "HTTPS") == (first,)


GLOBS = st.lists(
    st.one_of(
        st.lists(st.sampled_from(["a.example.com", "*.example.com", "b.example.com"]), min_size=1, unique=True).map(
            lambda values: hosts(*values)
        ),
        st.lists(st.sampled_from(["/a", "/a/*", "/*", "/b"]), min_size=1, unique=True).map(
            lambda values: paths(*values)
        ),
        st.just(HEADER),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda condition: condition.field,
)
ROUTES = st.lists(st.tuples(GLOBS, st.sampled_from([AWAY, ANSWER, FixedResponse("404")])), max_size=6)


@given(ROUTES)
def test_with_globs_only_dead_rules_are_left_out(drawn: list[tuple[list[Condition], Redirect | FixedResponse]]) -> None:
    routes = [Route(tuple(conditions), action) for conditions, action in drawn]
    kept, default = optimize(routes, 443, "HTTPS"), Route((), FixedResponse("503"))
    for request in probes(routes):
        assert choose(kept, default, request).action == choose(routes, default, request).action
