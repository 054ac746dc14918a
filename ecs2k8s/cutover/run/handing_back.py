"""What follows the requests back: background work, and what only a person can take back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.journal.events import Note
from ecs2k8s.cutover.plan import digest
from ecs2k8s.cutover.run.restoring import Failed, restore

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Move, Step
    from ecs2k8s.cutover.run.context import Run

HANDOVER = "work.handover"
LEADS = frozenset({HANDOVER, "r53.weights", "sd.register", "sd.caller"})


def is_by_hand(step: Step) -> bool:
    """Whether it led requests or work to EKS, or more of them, by what only a person can type and see."""
    leads = step.kind in LEADS and (step.kind != "r53.weights" or step.share is not None)
    return leads and step.guided and not step.moves and bool(step.undo)


def by_hand(run: Run, its: list[Step]) -> list[Failed]:
    """What of *its* a person has to take back, and did not say to have done."""
    done = {step.undo for step in its if _said_back(run, step)}
    undone: dict[tuple[str, ...], Step] = {}
    for step in its:
        if step.undo not in done:
            undone.setdefault(step.undo, step)
    return [_asked(run, step) for step in undone.values()]


def _said_back(run: Run, step: Step) -> bool:
    """Whether a person said so since the way back began."""
    began = run.journal.run.rollbacks[0].start.head.seq
    notes = (line for line in run.journal.lines if line.head.seq > began and isinstance(line.event, Note))
    return any(line.event.step == step.id for line in notes)


def _asked(run: Run, step: Step) -> Failed:
    for each in step.undo:
        run.talk.offer(step, each, back=True)
    text = f"{step.title}: a person takes this back ({step.rollback}), and says so: cutover resume --done {step.id}"
    return Failed(text, "\n".join(step.undo))


def hand_back(run: Run, steps: list[Step]) -> list[Failed]:
    """EKS stops before ECS starts, for each workload; where one side does not, the other stays as it is."""
    failed: dict[str, Failed] = {}
    for step, number, move in handed(steps):
        workload = step.id.partition(".")[2]
        if workload in failed:
            continue
        try:
            _work_back(run, step, number, move)
        except Failed as each:
            failed[workload] = each
    return list(failed.values())


def handed(steps: list[Step]) -> list[tuple[Step, int, Move | None]]:
    """Each thing once, where its way back begins, with where it ends: what lies between would start it again."""
    ends = {move.thing: move for step in steps if step.kind == HANDOVER for move in step.back}
    found: list[tuple[Step, int, Move | None]] = []
    for step in steps:
        if step.kind == HANDOVER and not step.moves:
            found.append((step, 0, None))
        for number, move in enumerate(step.back if step.kind == HANDOVER else ()):
            if move.thing in ends:
                found.append((step, number, ends.pop(move.thing)))
    return found


def _work_back(run: Run, step: Step, number: int, move: Move | None) -> None:
    """What this run never touched, or saw to be back before, is nothing of its own."""
    if move is None:
        if not _said_back(run, step):
            raise _asked(run, step)
        return
    now = run.journal.run
    last = now.verified.get(move.thing)
    sent = any(each.thing == move.thing for each in now.intents)
    under_way = now.intent is not None and now.intent.thing == move.thing
    seen_back = last is not None and last.sha256 == digest(move.wanted) and not under_way
    if (last or sent) and not seen_back:
        restore(run, step, number, move)
