"""Weights are whole numbers up to 999, and say exactly the share that was asked for, or the closest one below."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.cutover.planning.weights import HIGHEST, split

WEIGHTS = st.integers(0, HIGHEST)
SHARES = st.integers(1, 100)


def test_one_group_is_split_in_per_cent_whatever_its_weight_was() -> None:
    for found in (1, 7, 100, 999):
        assert split({"ecs": found}, {"ecs": "eks"}, 1).weights == {"ecs": 99, "eks": 1}
        assert split({"ecs": found}, {"ecs": "eks"}, 100).weights == {"ecs": 0, "eks": 100}


def test_other_groups_keep_their_part() -> None:
    found = split({"ecs": 1, "other": 3}, {"ecs": "eks"}, 10)
    assert found.weights == {"ecs": 90, "other": 300, "eks": 10}
    assert not found.misses(10)


def test_two_groups_of_one_action_move_together() -> None:
    found = split({"api": 95, "canary": 5}, {"api": "api-eks", "canary": "canary-eks"}, 50)
    assert found.weights == {"api": 950, "canary": 50, "api-eks": 950, "canary-eks": 50}


def test_what_no_weight_can_say_is_rounded_down_and_told() -> None:
    found = split({"ecs": 1, "other": 998}, {"ecs": "eks"}, 1)
    assert found.weights["eks"] == 0
    assert found.misses(1)


def test_a_group_that_gets_nothing_gives_nothing() -> None:
    assert split({"ecs": 0, "other": 5}, {"ecs": "eks"}, 50).weights["eks"] == 0


@given(WEIGHTS, st.lists(WEIGHTS, max_size=2), SHARES)
def test_weights_are_of_elb_and_never_give_eks_more_than_asked(own: int, others: list[int], share: int) -> None:
    found = {"ecs": own} | {f"other{number}": weight for number, weight in enumerate(others)}
    weights = split(found, {"ecs": "eks"}, share).weights
    assert all(isinstance(weight, int) and 0 <= weight <= HIGHEST for weight in weights.values())
    whole, total = sum(found.values()), sum(weights.values())
    assert bool(whole) == bool(total)
    if whole:
        assert Fraction(weights["eks"], total) <= Fraction(own * share, whole * 100)


@given(WEIGHTS, st.lists(WEIGHTS, max_size=2), SHARES)
def test_where_it_says_so_the_share_is_exact_and_all_others_have_theirs(
    own: int, others: list[int], share: int
) -> None:
    found = {"ecs": own} | {f"other{number}": weight for number, weight in enumerate(others)}
    result = split(found, {"ecs": "eks"}, share)
    if result.misses(share) or not own:
        return
    whole, total = sum(found.values()), sum(result.weights.values())
    assert result.weights["eks"] * 100 == share * (result.weights["eks"] + result.weights["ecs"])
    if not others:
        assert Fraction(result.weights["eks"], total) == Fraction(own * share, whole * 100)


@given(st.integers(1, HIGHEST), SHARES)
def test_a_group_alone_is_always_split_exactly(own: int, share: int) -> None:
    assert not split({"ecs": own}, {"ecs": "eks"}, share).misses(share)


@pytest.mark.parametrize("share", [1, 5, 10, 25, 50, 75, 100])
def test_the_shares_of_the_schedules_are_exact_beside_a_canary(share: int) -> None:
    twins = {"api": "api-eks", "canary": "canary-eks"}
    assert not split({"api": 90, "canary": 10}, twins, share).misses(share)
