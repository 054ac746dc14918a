"""T12: an objective that somebody declared, and how fast its error budget goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.plan import Step
from ecs2k8s.cutover.run.triggers import only_pauses
from tests.planned import ground, planned
from tests.watched import MINUTE, NEW_GROUP, NOW, OLD_GROUP, World, healthy, plan, scene
from tests.watched import OLD as OLD_ARN

if TYPE_CHECKING:
    from ecs2k8s.cutover.verdicts import Result

ERRORS, REQUESTS = "HTTPCode_Target_5XX_Count", "RequestCount"
HOURS = 6 * 60  # in minutes
STEP = Step("bake", "bake", "P6", "bake", "", "")
OBJECTIVES = {OLD_ARN: 99.9}


def world(requests: int = 1_000) -> World:
    """A tenth of the requests goes to EKS; none fails."""
    found = healthy()
    found.put(REQUESTS, NEW_GROUP, requests // 10, HOURS)
    found.put(REQUESTS, OLD_GROUP, requests - requests // 10, HOURS)
    return found


def judged(its: World, objectives: dict[str, float] = OBJECTIVES) -> Result:
    return Judges(scene(its, structs.replace(plan(), objectives=objectives))).judge("T12", STEP)


def failing(its: World, group: str, errors: float, minutes: int) -> World:
    its.put(ERRORS, group, errors, minutes)
    return its


def test_without_an_objective_nothing_is_judged_and_it_is_said_how_to_declare_one() -> None:
    found = judged(world(), {})
    assert found.verdict == "not_applicable"
    assert "target.yaml" in found.text
    assert "slos" in found.text


@pytest.mark.parametrize(
    ("group", "errors", "minutes", "verdict", "grave"),
    [
        (NEW_GROUP, 15, 60, "fail", True),  # 1.5 %, 15 times what 99.9 % allows
        (NEW_GROUP, 14, 60, "pass", False),  # 14 times for an hour: 2.3 times over six
        (NEW_GROUP, 100, 9, "fail", True),  # of 60,000 in the hour 900
        (NEW_GROUP, 100, 8, "pass", False),  # the hour has too few yet
        (NEW_GROUP, 7, HOURS, "fail", False),  # 7 times for six hours
        (NEW_GROUP, 5, HOURS, "pass", False),
        (OLD_GROUP, 15, 60, "fail", False),  # ECS fails more: going back would be worse
    ],
)
def test_both_windows_of_a_pair_have_to_burn(
    group: str, errors: float, minutes: int, verdict: str, grave: bool
) -> None:
    found = judged(failing(world(), group, errors, minutes))
    assert (found.verdict, found.grave, only_pauses(found)) == (verdict, grave, not grave)


def test_what_failed_in_the_hour_and_is_over_burns_no_more() -> None:
    its = world()
    for back in range(6, 21):
        its.values[ERRORS, NEW_GROUP, "Sum"][NOW - back * MINUTE] = 100
    assert judged(its).verdict == "pass"


def test_few_requests_say_nothing_and_how_many_are_missing_stands_there() -> None:
    its = healthy()
    its.values.clear()
    its.put(REQUESTS, NEW_GROUP, 1, 40)
    its.put(ERRORS, NEW_GROUP, 1, 40)
    found = judged(its)
    assert (found.verdict, found.n, found.missing) == ("inconclusive", 40, "60 more requests")


def test_five_minutes_without_a_request_are_no_pass() -> None:
    its = world()
    for group in (NEW_GROUP, OLD_GROUP):
        for back in range(1, 6):
            del its.values[REQUESTS, group, "Sum"][NOW - back * MINUTE]
    assert judged(its).verdict == "inconclusive"


def test_a_plan_has_the_strictest_objective_that_fits_the_workload_behind_each_group() -> None:
    its = ground("three-tier")
    assert planned(its, "shop-backend").objectives == {}
    slos = {"shop/*": 99.0, "shop/backend": 99.95, "other/*": 99.999}
    found = planned(replace(its, target=structs.replace(its.target, slos=slos)), "shop-backend").objectives
    assert set(found.values()) == {99.95}
    assert all(":targetgroup/" in arn for arn in found)


def test_a_run_is_judged_by_what_its_plan_allows_and_has() -> None:
    its = failing(world(), NEW_GROUP, 15, 60)
    made = structs.replace(plan(), objectives=OBJECTIVES, thresholds={"burn-fast": 20.0, "burn-slow": 20.0})
    found = Judges(scene(its, made)).judge("T12", STEP)
    assert (found.verdict, found.value, found.threshold, found.n) == ("pass", 15.0, 20.0, 60_000)
