from __future__ import annotations

import pytest

from tests.harness.control_plane import HEALTH_CHECK, Target
from tests.harness.health import Seen, accepted, settled
from tests.harness.routing import takers

ONE, TWO = Target("127.0.0.1", 1), Target("127.0.0.2", 1)


@pytest.mark.parametrize(("checks", "states"), [
    ("+", "healthy"),
    ("-", "initial"),
    ("--", "initial unhealthy"),
    ("-+", "initial healthy"),
    ("+-+--", "healthy healthy healthy healthy unhealthy"),
    ("--++-+++", "initial unhealthy unhealthy unhealthy unhealthy unhealthy unhealthy healthy"),
])  # fmt: skip
def test_states_by_checks_that_pass_and_fail(checks: str, states: str) -> None:
    seen, found = Seen(), []
    for check in checks:
        seen.state = settled(seen, HEALTH_CHECK, passed=check == "+")
        found.append(seen.state)
    assert found[-len(states.split()) :] == states.split()


@pytest.mark.parametrize(("matcher", "status", "fits"), [("200", 200, True), ("200-299", 204, True), ("200,302", 302, True), ("200-299", 302, False)])  # fmt: skip
def test_statuses_that_a_matcher_names(matcher: str, status: int, fits: bool) -> None:
    assert accepted(matcher, status) == fits


@pytest.mark.parametrize(("one", "two", "taking", "why"), [
    ("healthy", "unhealthy", {ONE}, ""),
    ("unhealthy", "unhealthy", {ONE, TWO}, ""),
    ("unhealthy", "initial", {ONE}, ""),
    ("initial", "initial", set(), "all targets are initial"),
])  # fmt: skip
def test_who_gets_requests(one: str, two: str, taking: set[Target], why: str) -> None:
    states = {ONE: one, TWO: two}
    turn = takers("group", states, lambda _, target: states[target])  # type: ignore[arg-type,return-value]
    assert (set(turn.targets), turn.why_none) == (taking, why)
