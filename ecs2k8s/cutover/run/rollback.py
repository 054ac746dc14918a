"""Back: one call for each rule, whatever else is wrong, by the journal, the plan and the API of ELB alone (I6)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecs2k8s.cutover.journal.events import Abort, RollbackEnd, RollbackStart
from ecs2k8s.cutover.run.handing_back import HANDOVER, by_hand, hand_back, is_by_hand
from ecs2k8s.cutover.run.restoring import Failed, restore
from ecs2k8s.cutover.run.shares import share, shifts
from ecs2k8s.cutover.run.stepping import DONE, become
from ecs2k8s.cutover.run.taking_back import as_found
from ecs2k8s.cutover.states import RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.cutover.plan import Move, Plan, Step, Thing
    from ecs2k8s.cutover.run.context import Run

UNTOUCHED = frozenset({"pending", "skipped"})  # of the others a call may be under way, whatever came after it
NOT_OFFERED = frozenset({"ready", "blocked", "awaiting_approval"})  # nobody was told to type anything yet


def go_back(run: Run, reason: str, by: str = "", *, abort: bool = False) -> str:
    """Requests back to ECS, then background work. What failed and the command for it; empty when all is back."""
    if run.journal.run.state not in ("rolling_back", "aborting"):  # else this goes on where it was interrupted
        under_way = "aborting" in RUN[run.journal.run.state]  # a run that is over has nothing to abort
        start = Abort(by=by, text=reason) if abort and under_way else RollbackStart(reason=reason, by=by)
        run.journal.append(start)
    steps = begun(run)
    for step in steps:
        become(run, step, "rolling_back")
    said = "; ".join(f"{each.text}: {each.command}" for each in _failures(run, steps))
    for step in steps:
        become(run, step, "rollback_failed" if said else "rolled_back")
    run.journal.append(RollbackEnd(to="rollback_failed" if said else "rolled_back", text=said))
    return said


def _failures(run: Run, steps: list[Step]) -> list[Failed]:
    """Go back. A rule that stays where it is keeps no other; work follows when all requests are back."""
    if run.plan.purpose != "move":
        return _tried(lambda: retrace(run, steps)) or by_hand(run, [step for step in steps if _typed(run, step)])
    failed = [each for way in ways_back(steps) for each in _tried(partial(restore, run, *way))]
    failed += by_hand(run, [step for step in steps if is_by_hand(step) and step.kind != HANDOVER])
    _hold(run, steps)
    return failed or hand_back(run, steps)


def _tried(act: Callable[[], None]) -> list[Failed]:
    try:
        act()
    except Failed as failed:
        return [failed]
    return []


def begun(run: Run) -> list[Step]:
    """The steps that moved requests or work and may have had their effect, the last first."""
    state, moves = run.journal.run.step, _led_away(run.plan)
    return [
        step
        for step in reversed(run.plan.steps)
        if (moves(step) and state(step.id) not in UNTOUCHED)
        or (_typed(run, step) and state(step.id) not in UNTOUCHED | NOT_OFFERED)
    ]


def brings_back(plan: Plan) -> frozenset[Thing]:
    """What the way back of *plan* may write."""
    leads = _led_away(plan)
    return frozenset(move.thing for step in plan.steps if leads(step) for move in step.back)


def _led_away(plan: Plan) -> Callable[[Step], bool]:
    """Whether a step is one that has a way back: requests and work, and in plans that delete all that they moved."""
    return _moves if plan.purpose == "move" else has_moves


def _typed(run: Run, step: Step) -> bool:
    """Whether only a person can take it back: of a rehearsal, all that the person was told to type."""
    if run.plan.purpose != "rehearse":
        return is_by_hand(step)
    taken = {each.takes_back for each in run.plan.steps if run.journal.run.step(each.id) in DONE}
    return step.guided and not step.moves and bool(step.undo) and step.id not in taken


def _moves(step: Step) -> bool:
    if step.kind == HANDOVER:
        return bool(step.moves)
    return shifts(step) and any(share(move.wanted) > 0 for move in step.moves)


def has_moves(step: Step) -> bool:
    return bool(step.moves)


def ways_back(steps: list[Step]) -> Iterator[tuple[Step, int, Move]]:
    """For each rule and listener that *steps* touched, the way to the image that attaching left."""
    seen: set[Thing] = set()
    for step in steps:
        for number, move in enumerate(step.back if step.kind != HANDOVER else ()):
            if move.thing not in seen:
                seen.add(move.thing)
                yield step, number, move


def no_way_back(run: Run) -> str:
    """Why nothing leads back: of a plan that deletes, once it did."""
    if run.plan.purpose in ("move", "rehearse"):
        return ""
    touched = run.journal.run.verified.keys() | {each.thing for each in run.journal.run.intents}
    for step in begun(run):
        if not step.back and any(move.thing in touched for move in step.moves):
            return f"nothing leads back from {step.id}: {step.title}. {step.rollback}"
    return ""


def retrace(run: Run, steps: list[Step]) -> None:
    """Step by step what was there before. Raises `Failed` at the first object that somebody else changed."""
    for step in steps:
        for number, planned in enumerate(step.back):
            move = as_found(run, step.id, planned) if run.plan.purpose == "rehearse" else planned
            if move is not None:
                restore(run, step, number, move, exact=True)


def _hold(run: Run, steps: list[Step]) -> None:
    """Until every load balancer knows: nothing else goes back before."""
    if any(step.kind != HANDOVER for step in steps):
        run.clock.sleep(run.pace.hold)
