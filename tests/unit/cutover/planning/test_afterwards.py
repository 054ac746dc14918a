"""The end of ECS and the removal of what a cutover made are plans of newer snapshots, which show that they may be."""

from __future__ import annotations

import pytest

from ecs2k8s.cutover.planning.actions import weights_of
from tests.moved_estates import NEW, OLD, RULE, SERVICE, attached, documents, ground_from
from tests.planned import ground, planned, refused

RULE_OF_SCHEDULE = "arn:aws:events:eu-west-1:111122223333:rule/shop-close-day"


def test_ecs_is_detached_before_it_has_no_task_and_its_group_goes_last() -> None:
    plan = planned(ground_from(attached(0, 100).values()), "shop-backend", "decommission")
    ids = [step.id for step in plan.steps]
    assert ids == [
        *("approve-end", "silent", "detach", "ecs-down", "ecs-watch", "ecs-delete", "groups-delete", "dangling"),
    ]
    (move,) = plan.step("detach").moves
    assert weights_of(move.wanted["Actions"]) == {NEW: 100}
    assert weights_of(plan.step("detach").back[0].wanted["Actions"]) == {OLD: 0, NEW: 100}
    calls = [each.request.call for step in plan.steps for each in step.moves]
    assert calls == [
        "elbv2.ModifyRule",
        "application-autoscaling.RegisterScalableTarget",
        "ecs.UpdateService",
        "application-autoscaling.DeregisterScalableTarget",
        "ecs.DeleteService",
        "elbv2.DeleteTargetGroup",
    ]
    assert plan.step("groups-delete").moves[0].thing.id == OLD
    assert plan.step("ecs-delete").back == ()


def test_the_end_needs_another_person_and_the_name_typed() -> None:
    plan = planned(ground_from(attached(0, 100).values()), "shop-backend", "decommission")
    assert [(each.phase, each.another, each.typed) for each in plan.approvals] == [("P10", True, True)]
    assert plan.purpose == "decommission"


@pytest.mark.parametrize(
    ("weights", "said"), [((1, 99), "still sends requests to ECS"), ((0, 0), "sends nothing to EKS")]
)
def test_ecs_does_not_end_while_anything_goes_to_it(weights: tuple[int, int], said: str) -> None:
    assert said in refused(ground_from(attached(*weights).values()), "shop-backend", "decommission")


def test_what_was_never_moved_does_not_end() -> None:
    assert "move shop-backend first" in refused(ground("three-tier"), "shop-backend", "decommission")
    assert "hand it over first" in refused(ground("three-tier"), "shop-worker", "decommission")
    assert "still starts" in refused(ground("three-tier"), "shop-shop-close-day", "decommission")


def test_a_removal_takes_the_binding_away_right_behind_the_action() -> None:
    plan = planned(ground_from(attached(100, 0).values()), "shop-backend", "remove")
    ids = [step.id for step in plan.steps]
    assert ids[:5] == ["approve-end", "drained", "detach-eks", "bindings-gone", "twins-delete"]
    (move,) = plan.step("detach-eks").moves
    assert (move.thing.id, weights_of(move.wanted["Actions"])) == (RULE, {OLD: 100})
    (binding,) = plan.step("bindings-gone").moves
    assert binding.thing.id == "traffic/target-group-binding/shop/shop-backend.yaml"
    assert set(binding.wanted.values()) == {"absent"}
    assert plan.step("twins-delete").moves[0].thing.id == NEW


def test_nothing_is_removed_while_eks_has_requests_or_work() -> None:
    assert "roll the cutover back first" in refused(ground_from(attached(99, 1).values()), "shop-backend", "remove")
    found = documents()
    found["events.Rule", RULE_OF_SCHEDULE].data["State"] = "DISABLED"
    assert "hand it back first" in refused(ground_from(found.values()), "shop-shop-close-day", "remove")


def test_a_later_export_binds_to_the_group_that_a_cutover_made() -> None:
    found = ground_from(attached(50, 50).values())
    bindings = [p.manifest for p in found.translation.bundle.objects if p.manifest["kind"] == "TargetGroupBinding"]
    names = {manifest["spec"]["targetGroupName"] for manifest in bindings}
    assert names == {"shop-backend-eks", "shop-frontend-eks"}


def test_a_group_with_our_tag_that_ecs_fills_is_never_bound() -> None:
    found = attached(50, 50)
    service = found["ecs.Service", SERVICE].data
    service["loadBalancers"].append(service["loadBalancers"][0] | {"targetGroupArn": NEW})
    bundle = ground_from(found.values()).translation.bundle
    bindings = [p.manifest for p in bundle.objects if p.manifest["kind"] == "TargetGroupBinding"]
    assert "shop-backend-eks" not in {manifest["spec"]["targetGroupName"] for manifest in bindings}


def test_a_unit_whose_groups_are_attached_already_is_not_planned_again() -> None:
    assert "is under way or done" in refused(ground_from(attached(100, 0).values()), "shop-backend")
