"""Design D: exactly one side works, off before on, and the reverse is the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.moved_estates import documents, ground_from
from tests.planned import ground, planned, refused

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Plan, Step

RULE = "arn:aws:events:eu-west-1:111122223333:rule/shop-close-day"


def handover(plan: Plan) -> list[Step]:
    return [step for step in plan.steps if step.kind == "work.handover"]


def test_a_worker_stops_on_ecs_before_it_starts_on_eks() -> None:
    off, on = handover(planned(ground("three-tier"), "shop-worker"))
    assert [move.request.call for move in off.moves] == [
        "application-autoscaling.RegisterScalableTarget",
        "ecs.UpdateService",
    ]
    assert (off.moves[1].wanted["desiredCount"], off.moves[1].wanted["running"]) == (0, 0)
    assert [move.thing.kind for move in on.moves] == ["kubernetes.kustomization", "kubernetes.scale"]
    assert (on.moves[-1].before, on.moves[-1].wanted) == ({"replicas": 0}, {"replicas": 2})


def test_going_back_starts_ecs_again_as_it_was() -> None:
    off, on = handover(planned(ground("three-tier"), "shop-worker"))
    assert [move.wanted for move in on.back] == [{"replicas": 0}]
    assert [move.wanted for move in off.back] == [move.before for move in reversed(off.moves)]


def test_a_schedule_is_off_on_aws_before_the_cron_job_is_resumed_with_a_short_deadline() -> None:
    off, on, later = handover(planned(ground("three-tier"), "shop-shop-close-day"))
    assert [move.request.call for move in off.moves] == ["events.DisableRule"]
    assert on.moves[0].before["suspend"]
    assert on.moves[0].wanted == {"suspend": False, "startingDeadlineSeconds": 60}
    assert later.moves[0].wanted["startingDeadlineSeconds"] > 60
    assert "list-tasks" in off.commands[0]


def test_of_a_rule_with_other_targets_only_this_one_is_taken_out() -> None:
    found = documents()
    targets = found["events.RuleTargets", "rule-targets/default/shop-close-day"].data["Targets"]
    other = {"Id": "notify", "Arn": "arn:aws:sns:eu-west-1:111122223333:closed"}
    targets.append(other)
    off = handover(planned(ground_from(found.values()), "shop-shop-close-day"))[0]
    assert [move.request.call for move in off.moves] == ["events.RemoveTargets"]
    assert [move.request.call for move in off.back] == ["events.PutTargets"]
    assert off.back[0].request.parameters["Targets"] == [targets[0]]


def test_a_schedule_of_the_scheduler_is_written_whole() -> None:
    off = handover(planned(ground("microservices"), "market-report-weekly"))[0]
    (move,) = off.moves
    assert move.request.call == "scheduler.UpdateSchedule"
    assert move.wanted == move.before | {"State": "DISABLED"}


def test_workers_need_one_approval_and_no_pin_and_hold_their_service_alone() -> None:
    plan = planned(ground("three-tier"), "shop-worker")
    assert [approval.phase for approval in plan.approvals] == ["P5"]
    assert not [step for step in plan.steps if step.id in ("pin", "armour")]
    assert plan.traffic == ("arn:aws:ecs:eu-west-1:111122223333:service/shop/worker",)
    assert plan.executable


def test_what_is_not_held_off_has_nothing_to_hand_over() -> None:
    assert "nothing to hand over" in refused(ground("microservices"), "market-report")
