"""Requests that tell two lists of rules apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from ecs2k8s.assess.alb import Request, choose, matches
from ecs2k8s.assess.witness import probes, witness
from ecs2k8s.translate.routes import Authentication, Condition, FixedResponse, Forward, Route, Transform
from tests.listener_rules import Source, listeners
from tests.source_routes import source

DEFAULT = Route((), FixedResponse("404"))
API = Forward((("prod/api:8080", 1),))
WEB = Forward((("prod/web:8080", 1),))


def rule(*conditions: Condition, action: Forward = API) -> Route:
    return Route(conditions, action)


HOST = Condition("host-header", ("shop.example.com",))
PATH = Condition("path-pattern", ("/api", "/api/*"))
HEADER = Condition("http-header", ("1",), name="X-Canary")
METHOD = Condition("http-request-method", ("POST",))
QUERY = Condition("query-string", queries=(("beta", "true"),))
SOURCE = Condition("source-ip", ("10.0.0.0/8",))
EVERYTHING = Condition("path-pattern", ("/*",))
FULL = rule(HOST, PATH, HEADER, METHOD, QUERY, SOURCE)


@pytest.mark.parametrize("lost", FULL.conditions, ids=lambda condition: condition.field)
def test_a_lost_condition_is_found(lost: Condition) -> None:
    wider = rule(*(condition for condition in FULL.conditions if condition is not lost))
    found = witness(([FULL], DEFAULT), ([wider], DEFAULT))
    assert found
    request, wanted, got = found
    assert (wanted, got) == (DEFAULT, wider)
    assert not matches(lost, request)


DIFFERENCES = {
    "order": ([rule(PATH), rule(HOST, action=WEB)], [rule(HOST, action=WEB), rule(PATH)]),
    "prefix for exact": ([rule(replace(PATH, values=("/api",)))], [rule(PATH)]),
    "prefix for star": ([rule(replace(PATH, values=("/api/*",)))], [rule(PATH)]),
    "segment for letters": ([rule(replace(PATH, values=("/api*",)))], [rule(PATH)]),
    "case of paths": ([rule(replace(PATH, values=("/API",)))], [rule(replace(PATH, values=("/api",)))]),
    "lost value": ([rule(replace(HOST, values=("shop.example.com", "x.org")))], [rule(HOST)]),
    "other method": ([rule(METHOD)], [rule(replace(METHOD, values=("POST", "PUT")))]),
    "any key": ([rule(QUERY)], [rule(replace(QUERY, queries=((None, "true"),)))]),
    "everything": ([rule(HOST)], [rule(EVERYTHING)]),
    "lost rule": ([rule(HOST)], []),
    "other backend": ([rule(HOST)], [rule(HOST, action=WEB)]),
    "authentication": ([replace(rule(HOST), authentication=Authentication("jwt-validation"))], [rule(HOST)]),
    "transform": ([replace(rule(HOST), transforms=(Transform("url-rewrite", (("a", "b"),)),))], [rule(HOST)]),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_differences_are_found_in_both_directions(difference: str) -> None:
    one, other = DIFFERENCES[difference]
    assert witness((one, DEFAULT), (other, DEFAULT))
    assert witness((other, DEFAULT), (one, DEFAULT))


def test_other_defaults_are_found() -> None:
    assert witness(([rule(HOST)], DEFAULT), ([rule(HOST)], Route((), WEB)))


def test_no_difference() -> None:
    dead = [rule(EVERYTHING), rule(HOST, action=WEB)]
    split = [rule(replace(PATH, values=("/api",))), rule(replace(PATH, values=("/api/*",)))]
    assert witness((dead, DEFAULT), (dead[:1], DEFAULT)) is None
    assert witness(([rule(PATH)], DEFAULT), (split, DEFAULT)) is None


def test_ipv6_peers_come_only_to_load_balancers_that_have_it() -> None:
    anyone = replace(SOURCE, values=("0.0.0.0/0",))
    lists = ([rule(HOST)], DEFAULT), ([rule(HOST, anyone)], DEFAULT)
    assert witness(*lists, dual_stack=False) is None
    found = witness(*lists)
    assert found
    assert ":" in found[0].source


def test_a_route_that_cannot_be_read_has_no_probes() -> None:
    unread = rule(Condition("path-pattern", ("(?=a)",), regex=True))
    assert list(probes([unread])) == [Request()]


def assert_reached(routes: tuple[Route, ...]) -> None:
    """Each route has a probe that meets it, unless two of its conditions ask for one thing that cannot be both."""
    for route in routes:
        headers = [c.name.lower() for c in route.conditions if c.name]
        if len(set(headers)) == len(headers):
            assert any(choose([route], DEFAULT, request) is route for request in probes([route])), route


@given(listeners())
def test_each_rule_of_aws_has_a_probe_that_meets_it(found: list[Source]) -> None:
    for one in found:
        routes, default = source(one.listener, one.rules)
        assert_reached(routes)
        requests = list(probes(routes))
        assert len(set(requests)) == len(requests)
        assert requests == list(probes(routes))
        assert witness((routes, default), (routes, default)) is None


@given(listeners())
def test_rules_in_another_order_differ_or_do_not_overlap(found: list[Source]) -> None:
    routes, default = source(found[0].listener, found[0].rules)
    for first, second in pairwise(routes):
        both = [
            r
            for r in probes([first, second])
            if choose([first], default, r) is first and choose([second], default, r) is second
        ]
        swapped = witness(([first, second], default), ([second, first], default))
        assert (swapped is not None) == (bool(both) and first.normal[1:] != second.normal[1:])
