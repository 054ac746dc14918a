"""What a person types to take requests and work back where this program cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.run.handing_back import handed, is_by_hand
from ecs2k8s.cutover.run.rollback import ways_back
from ecs2k8s.cutover.run.stepping import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.journal.fold import Run as Told
    from ecs2k8s.cutover.plan import Plan, Step

GONE = ("pending", "skipped", "rolled_back")


def commands_back(plan: Plan, told: Told) -> Iterator[str]:
    """In their order: requests first, then what only people see, then work. None of a run that is back."""
    if told.rollbacks and told.rollbacks[-1].to == "rolled_back":
        return
    steps = [step for step in reversed(plan.steps) if told.step(step.id) not in GONE]
    yield from _of_rehearsal(plan, told, steps) if plan.purpose == "rehearse" else _back(steps)


def whole_way_back(plan: Plan) -> Iterator[str]:
    """Likewise of all steps, where nobody knows which of them were taken."""
    steps = list(reversed(plan.steps))
    if plan.purpose == "rehearse":
        yield from (move.command for step in steps for move in step.back)
    else:
        yield from _back(steps)


def _back(steps: list[Step]) -> Iterator[str]:
    for _, __, move in ways_back([step for step in steps if step.kind == "elb.weights"]):
        yield move.command
    yield from dict.fromkeys(text for step in steps if is_by_hand(step) for text in step.undo)
    yield from (move.command for _, __, move in handed(steps) if move)


def _of_rehearsal(plan: Plan, told: Told, steps: list[Step]) -> Iterator[str]:
    """What it did itself and has not taken back yet."""
    taken = {step.takes_back for step in plan.steps if told.step(step.id) in DONE}
    sent = {(each.step, each.thing) for each in told.intents}
    for step in steps:
        if step.id not in taken and not step.takes_back:
            yield from (move.command for move in step.back if (step.id, move.thing) in sent)
            yield from step.undo if step.guided and not step.moves else ()
