"""Only rules that users reach say who gets which share."""

from __future__ import annotations

from ecs2k8s.cutover.run.shares import share, shifts, weights
from tests.planned import ground, planned


def test_a_test_rule_gives_nobody_a_share_and_is_no_step_that_exposes_eks() -> None:
    step = planned(ground("three-tier"), "shop-backend").step("test-rule")
    assert [share(move.wanted) for move in step.moves] == [0]
    assert not weights(step.moves[0].wanted)
    assert not shifts(step)


def test_each_step_that_shifts_has_the_share_that_it_says() -> None:
    plan = planned(ground("three-tier"), "shop-backend")
    assert [round(share(step.moves[0].wanted) * 100) for step in plan.steps if step.kind == "elb.weights"] == [
        *(1, 0, 1, 5, 10, 25, 50, 75, 100),
    ]
