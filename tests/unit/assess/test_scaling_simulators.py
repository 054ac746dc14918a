"""The simulators against examples that were reckoned by hand from the documentation of both sides."""

from __future__ import annotations

import math

import pytest

from ecs2k8s.assess.scaling_simulators import Alarm, Hpa, Load, Rule, Step, ecs_counts, hpa_counts

FREE = (False, False)
SHARED = True
HIGH, LOW = Alarm(60, above=True, evaluated=3, needed=3), Alarm(54, above=False, evaluated=15, needed=15)


def load(*values: float | None) -> Load:
    """A datapoint each minute."""
    return tuple((60 * number, value) for number, value in enumerate(values))


def cpu(*values: float | None, **members: int | bool) -> Rule:
    """60 % CPU, over the load of the fleet in percents of one task."""
    return Rule(load(*values), SHARED, (HIGH, LOW), 60, **members)  # type: ignore[arg-type]


def test_ecs_scales_out_when_the_alarm_has_breached_three_times_and_an_hpa_at_once() -> None:
    rule = cpu(100, 300, 300, 300, 300)
    assert ecs_counts((rule,), 2, (1, 10), FREE) == [2, 2, 2, 5, 5]
    assert hpa_counts((rule,), 2, Hpa(1, 10, 300)) == [2, 5, 5, 5, 5]


def test_both_go_to_any_size_in_one_step_and_not_over_the_bounds() -> None:
    rule = cpu(*[6000] * 4)
    assert ecs_counts((rule,), 2, (1, 40), FREE)[-1] == hpa_counts((rule,), 2, Hpa(1, 40, 300))[-1] == 40


def test_ecs_scales_in_after_fifteen_minutes_and_an_hpa_after_its_window() -> None:
    rule = cpu(*[30] * 20)
    ecs = ecs_counts((rule,), 4, (1, 10), FREE)
    assert (ecs[13], ecs[14]) == (4, 1)
    eks = hpa_counts((cpu(*[240] * 2, *[30] * 20),), 4, Hpa(1, 10, 600))
    assert (eks[11], eks[12]) == (4, 1)


def test_an_hpa_leaves_the_count_alone_within_a_tenth_of_the_target() -> None:
    assert hpa_counts((cpu(65.9),), 1, Hpa(1, 10, 0)) == [1]
    assert hpa_counts((cpu(66.1),), 1, Hpa(1, 10, 0)) == [2]


def test_without_datapoints_neither_goes_down() -> None:
    gap = cpu(*[30] * 10, *[None] * 3, *[30] * 14)
    assert set(ecs_counts((gap,), 4, (1, 10), FREE)) == {4}
    other = Rule(load(*[None] * 27), SHARED, (), 60)
    assert set(hpa_counts((gap, other), 4, Hpa(1, 10, 0))) == {4}


def test_ecs_scales_in_only_if_every_policy_that_may_wants_to() -> None:
    few, many = cpu(*[30] * 20), cpu(*[240] * 20)
    assert ecs_counts((few, many), 4, (1, 10), FREE)[-1] == 4
    never = cpu(*[240] * 20, scales_in=False)
    assert ecs_counts((few, never), 4, (1, 10), FREE)[-1] == 1


def test_a_queue_is_as_long_as_it_is_whatever_the_count() -> None:
    rule = Rule(load(1000, 1000), not SHARED, (Alarm(100, above=True, evaluated=1, needed=1),), 100)
    assert ecs_counts((rule,), 10, (1, 500), FREE)[0] == 100
    assert hpa_counts((rule,), 10, Hpa(1, 500, 300))[0] == 100


@pytest.mark.parametrize(
    ("kind", "change", "least", "first", "then"),
    [
        ("ChangeInCapacity", 2, 0, 4, 6),
        ("ChangeInCapacity", -2, 0, 4, 2),
        ("ExactCapacity", 7, 0, 4, 7),
        ("PercentChangeInCapacity", 25, 0, 7, 8),  # 1.75 is rounded down
        ("PercentChangeInCapacity", 10, 0, 4, 5),  # 0.4 is 1
        ("PercentChangeInCapacity", -10, 0, 4, 3),
        ("PercentChangeInCapacity", 25, 3, 4, 7),  # at least 3
    ],
)
def test_a_step_changes_the_count_as_its_type_says(kind: str, change: int, least: int, first: int, then: int) -> None:
    alarm = Alarm(100, above=True, evaluated=1, needed=1, or_equal=True)
    rule = Rule(load(100), not SHARED, (alarm,), steps=(Step(0, math.inf, change),), kind=kind, least=least)
    assert ecs_counts((rule,), first, (1, 20), FREE) == [then]


def test_a_step_is_chosen_by_the_distance_from_the_threshold_and_waits_for_its_cooldown() -> None:
    alarm = Alarm(100, above=True, evaluated=2, needed=2)
    steps = (Step(0, 50, 1), Step(50, math.inf, 4))
    rule = Rule(
        load(120, 120, 120, 200, 120, 90), not SHARED, (alarm,), steps=steps, kind="ChangeInCapacity", cooldown_out=300
    )
    assert ecs_counts((rule,), 2, (1, 20), FREE) == [2, 3, 3, 6, 6, 6]  # within the cooldown only what goes beyond


def test_what_is_suspended_does_not_happen() -> None:
    out, down = cpu(*[600] * 5), cpu(*[30] * 20)
    assert ecs_counts((out,), 2, (1, 10), (False, True))[-1] == 2
    assert ecs_counts((down,), 4, (1, 10), (True, False))[-1] == 4
    assert hpa_counts((out,), 2, Hpa(1, 10, 0, scales_out=False))[-1] == 2
    assert hpa_counts((down,), 4, Hpa(1, 10, 0, scales_in=False))[-1] == 4
