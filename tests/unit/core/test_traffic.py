from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.traffic import ALL, HIGHEST, NOTHING, Traffic, difference, intersection, of_rule, shown, union

spans = st.tuples(st.sampled_from(["TCP", "UDP"]), st.integers(1, 9), st.integers(1, 9))
traffic = st.lists(spans, max_size=5).map(union)


def points(of: Traffic) -> set[tuple[str, int]]:
    return {(protocol, port) for protocol, first, last in of for port in range(first, last + 1)}


@given(traffic, traffic)
def test_the_algebra_is_that_of_sets_of_ports(one: Traffic, other: Traffic) -> None:
    assert points(union(one, other)) == points(one) | points(other)
    assert points(intersection(one, other)) == points(one) & points(other)
    assert points(difference(one, other)) == points(one) - points(other)


@given(traffic, traffic)
def test_equal_sets_have_one_form(one: Traffic, other: Traffic) -> None:
    assert (one == other) == (points(one) == points(other))
    assert union(difference(one, other), intersection(one, other)) == one


@given(traffic)
def test_everything_holds_all(one: Traffic) -> None:
    assert intersection(ALL, one) == intersection(one, ALL) == one
    assert difference(one, ALL) == NOTHING


@pytest.mark.parametrize(
    ("protocol", "first", "last", "found"),
    [
        ("tcp", 80, 80, (("TCP", 80, 80),)),
        ("6", 80, 90, (("TCP", 80, 90),)),
        ("17", 0, 10, (("UDP", 1, 10),)),
        ("udp", 0, 65535, (("UDP", 1, HIGHEST),)),
        ("tcp", -1, -1, (("TCP", 1, HIGHEST),)),
        ("tcp", None, None, (("TCP", 1, HIGHEST),)),
        ("tcp", 0, 0, ()),
        ("132", 5, 6, (("SCTP", 1, HIGHEST),)),
        ("icmp", 8, -1, (("ICMP", 0, 0),)),
        ("58", None, None, (("ICMP", 0, 0),)),
        ("50", None, None, (("OTHER", 0, 0),)),
        ("-1", None, None, ALL),
    ],
)
def test_what_a_rule_is_about(protocol: str, first: int | None, last: int | None, found: Traffic) -> None:
    assert of_rule(protocol, first, last) == found


def test_traffic_is_shown_in_words() -> None:
    assert shown(union([("TCP", 80, 80), ("TCP", 82, 90), ("UDP", 1, HIGHEST), ("ICMP", 0, 0), ("OTHER", 0, 0)])) == (
        "ICMP, other protocols, TCP 80, TCP 82-90, UDP"
    )
    assert (shown(ALL), shown(NOTHING)) == ("everything", "nothing")
