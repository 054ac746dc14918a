"""Schedules of EventBridge Scheduler. To switch one off is to write all of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask

ASIDE = {"Arn", "Name", "GroupName", "CreationDate", "LastModificationDate"}
PARTS = 3  # of an ARN's resource: `schedule/GROUP/NAME`


def _names(ident: str) -> dict[str, str]:
    arn = Arn.parse(ident)
    parts = arn.resource.split("/") if arn else []
    if len(parts) != PARTS:
        raise PlanError(f"{ident}: is no ARN of a schedule")
    return {"GroupName": parts[1], "Name": parts[2]}


def _state(schedule: Mapping[str, Any]) -> State:
    """What UpdateSchedule takes: what is left out of it, it sets back to what is usual."""
    return {key: value for key, value in schedule.items() if key not in ASIDE}


def _now(ask: Ask, ident: str) -> State:
    answer = ask("scheduler.GetSchedule", _names(ident))
    return _state(answer) if answer else None


def _request(ident: str, before: State, wanted: State) -> Request:
    if before is None or wanted is None:
        raise PlanError(f"{ident}: a schedule is neither made nor deleted by a plan")
    return Request("scheduler.UpdateSchedule", {**_names(ident), **wanted})


SCHEDULE = Kind(
    "scheduler.schedule",
    lambda documents, ident: _state(document(documents, "scheduler.Schedule", ident)),
    _now,
    _request,
)
