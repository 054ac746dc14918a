"""Fields of rules and schedules that no object carries, or not as AWS means them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.redacted import REDACTED
from ecs2k8s.core.tracking import NOTHING, note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.schedule import Schedule
    from ecs2k8s.resolve.workload import Inventory, Workload

SPOT = "FARGATE_SPOT"
# Parts of a request that ask for nothing on EKS, or only name the request.
IDLE = ("platformversion", "referenceid", "clienttoken", "startedby", "executionrolearn", "enableexecutecommand")


def say_schedule_fields(workload: Workload, schedule: Schedule) -> None:
    """Notes on the schedule, on its target and on what the target puts in place of the task definition."""
    view = schedule.view
    if schedule.is_off:
        note(view, "State", "schedule-is-off")
    if schedule.not_begun:
        note(view, "StartDate", "schedule-with-bounds", what=f"begins on {view['StartDate']}")
    if "EndDate" in view:
        note(view, "EndDate", "schedule-with-bounds", what=f"ends on {view['EndDate']}")
    if view.get("FlexibleTimeWindow", NOTHING).get("Mode") == "FLEXIBLE":
        note(view, ("FlexibleTimeWindow", "Mode"), "start-in-a-window")
    if view.get("ActionAfterCompletion") == "DELETE":
        note(view, "ActionAfterCompletion", "deleted-by-aws-at-its-end")
    _target(workload, schedule)


def _target(workload: Workload, schedule: Schedule) -> None:
    target = schedule.target
    note(target, "Arn", "eviction-ends-the-run")
    if "DeadLetterConfig" in target:
        note(target, ("DeadLetterConfig", "Arn"), "dead-letters-of-a-schedule")
    if schedule.others:
        note(target, "Id", "rule-with-other-targets", count=len(schedule.others))
    for item in workload.configuration.get("capacityProviderStrategy", []):
        if item.get("capacityProvider") == SPOT:
            note(item, "capacityProvider", "spot-ends-the-run")
    if schedule.request and schedule.request.holds(REDACTED):
        note(target, "Input", "run-input-masked")
    known = {str(container["name"]) for container in workload.containers}
    for override in workload.task.get("overrides", NOTHING).get("containerOverrides", []):
        if override.get("name") not in known:
            note(target, "Input", "override-of-no-container", name=override.get("name", ""))


def say_unread_inputs(_inventory: Inventory, workloads: list[Workload], _target: Target) -> Iterable[Placed]:
    """Parts of inputs that nothing of the translation asked for. To be asked last."""
    for workload in workloads:
        schedule = workload.schedule
        if schedule and schedule.request:
            left = [path for path in schedule.request.unread() if not set(path.lower().split(".")) & set(IDLE)]
            if left:
                note(schedule.target, "Input", "run-input-not-carried", parts=", ".join(left))
    return ()
