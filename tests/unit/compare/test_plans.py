"""What changed between two plans: items with names of their own, in an order that means something."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.compare.changes import Action, Risk, Status
from ecs2k8s.compare.plans import REORDERED, Plans, plan_diff
from ecs2k8s.pipeline import translate
from ecs2k8s.report.waves import waves_json
from tests.estates import SAMPLES, estate
from tests.plans import RULE, plan, step

if TYPE_CHECKING:
    from ecs2k8s.compare.changes import Row


def changed(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Row]:
    return plan_diff("a", "b", [Plans("plan.json", before, after)]).rows


def seen(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, Risk]]:
    return [(row.path, row.status.value, row.risk) for row in changed(before, after)]


def test_a_plan_does_not_differ_from_itself() -> None:
    assert plan_diff("a", "b", [Plans("plan.json", plan(), plan())]).changes == ()


def test_a_weight_is_found_by_the_id_of_its_step() -> None:
    after = plan()
    after["steps"][1]["weights"] = {"ecs": 95, "eks": 5}
    assert seen(plan(), after) == [
        ("steps[id=one-percent].weights.ecs", "changed", Risk.TRAFFIC),
        ("steps[id=one-percent].weights.eks", "changed", Risk.TRAFFIC),
    ]


def test_thresholds_fingerprints_rights_and_time_have_their_class() -> None:
    after = plan()
    after["expiry"] = "2026-11-28T06:00:00Z"
    after["fingerprints"][0]["actions"] = "sha256:3333"
    after["operations"].append("ecs:UpdateService")
    after["thresholds"][0]["hard"] = 3.0
    assert seen(plan(), after) == [
        ("operations", "changed", Risk.IDENTITY),
        (f"fingerprints[id={RULE}].actions", "changed", Risk.TRAFFIC),
        ("thresholds[name=target-5xx].hard", "changed", Risk.TRAFFIC),
        ("expiry", "changed", Risk.LIFECYCLE),
    ]


def test_a_step_in_between_is_added_and_reorders_nothing() -> None:
    after = plan()
    after["steps"].insert(2, step("ten-percent", "elb.weights", weights={"ecs": 90, "eks": 10}))
    paths = [path for path, status, _ in seen(plan(), after) if status == "added"]
    assert sorted(paths) == [
        "steps[id=ten-percent].id",
        "steps[id=ten-percent].kind",
        "steps[id=ten-percent].weights.ecs",
        "steps[id=ten-percent].weights.eks",
    ]
    assert len(paths) == len(seen(plan(), after))


def test_steps_in_another_order_are_said_as_such() -> None:
    after = plan()
    after["steps"].reverse()
    (row,) = changed(plan(), after)
    assert (row.path, row.because) == ("steps", REORDERED)
    assert row.before
    assert row.before.value == ["id=attach", "id=one-percent", "id=full"]


def test_a_plan_that_is_new_is_created_with_every_leaf() -> None:
    (change,) = plan_diff("a", "b", [Plans("cutover/x/plan.json", None, plan())]).changes
    assert (change.action, {row.status for row in change.rows}) == (Action.CREATE, {Status.ADDED})
    assert "steps[id=full].weights.eks" in {row.path for row in change.rows}


def test_a_secret_in_a_plan_is_not_shown() -> None:
    after = plan()
    after["steps"][0]["command"] = ["aws", "--token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"]
    text = repr(plan_diff("a", "b", [Plans("plan.json", plan(), after)]).plain())
    assert "ghp_" not in text


def test_items_that_share_a_name_are_compared_by_place() -> None:
    before = {**plan(), "steps": [step("a", "bake"), step("a", "bake")]}
    after = {**plan(), "steps": [step("a", "bake"), step("a", "gate.pause")]}
    assert [path for path, _, _ in seen(before, after)] == ["steps[1].kind"]


def waves(name: str) -> dict[str, Any]:
    snapshot, target = estate(name)
    (text,) = waves_json(translate(snapshot, target), target).values()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_waves_do_not_differ_from_themselves(name: str) -> None:
    found = waves(name)
    assert changed(found, copy.deepcopy(found)) == []


def test_a_unit_that_moves_in_another_wave_is_one_row() -> None:
    before = waves("microservices")
    after = copy.deepcopy(before)
    unit = after["waves"][1]["units"].pop(0)
    after["waves"][0]["units"].insert(0, unit)
    (row,) = changed(before, after)
    assert (row.path, row.risk) == (f"units[name={unit['name']}].wave", Risk.TRAFFIC)
    assert [side.value for side in (row.before, row.after) if side] == [2, 1]


def test_an_edge_of_the_graph_is_found_by_its_ends() -> None:
    before = waves("three-tier")
    after = copy.deepcopy(before)
    gone = after["graph"]["edges"].pop(0)
    rows = changed(before, after)
    assert {row.status for row in rows} == {Status.REMOVED}
    assert all(row.path.startswith(f"graph.edges[from={gone['from']},to=") or "from=" in row.path for row in rows)
