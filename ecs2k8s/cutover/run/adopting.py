"""Takes what somebody else changed as it is, where nothing of the plan is lost by that (cutover.md §2.6).

What a step has yet to move, and what the way back writes, has one right state only: the one that was planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.journal.events import Note, verified
from ecs2k8s.cutover.plan import digest
from ecs2k8s.cutover.run.columns import columns
from ecs2k8s.cutover.run.rollback import brings_back
from ecs2k8s.cutover.run.stepping import DONE
from ecs2k8s.cutover.run.stops import Conflict
from ecs2k8s.cutover.run.watching import now

if TYPE_CHECKING:
    from ecs2k8s.cutover.journal.fold import Run as Told
    from ecs2k8s.cutover.plan import Plan, Thing
    from ecs2k8s.cutover.run.context import Run


def why_not(plan: Plan, told: Told, thing: Thing) -> str:
    """Why *thing* cannot be taken as it is; empty where it can."""
    for step in plan.steps:
        if told.step(step.id) not in DONE and any(move.thing == thing for move in step.moves):
            return f"{step.id} has yet to move it"
    if thing in brings_back(plan):
        return "going back would write over it"
    return ""


def adopt(run: Run, by: str) -> None:
    """Of the conflict in which the run stands. Raises `Conflict` where that cannot be, or it changed once more."""
    other = run.journal.run.other
    if other is None:
        return
    live = now(run, None, other.thing)
    said = f"{other.thing.kind} {other.thing.id}"
    its = columns(run.plan, run.journal.run, other.step, other.thing, live)
    if digest(live) != other.sha256:
        raise Conflict(f"{said} changed once more since it was shown", other.step, its)
    if why := why_not(run.plan, run.journal.run, other.thing):
        raise Conflict(f"{said} cannot be taken as it is: {why}", other.step, its)
    run.journal.append(Note(step=other.step, text=f"{said} is taken as it is", by=by))
    run.journal.append(verified(other.step, other.thing, live))
