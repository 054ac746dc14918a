"""Back: one call for each rule, whatever else is wrong, by the journal, the plan and the API of ELB alone (I6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.events import Abort, Result, RollbackEnd, RollbackStart, intent, observed, verified
from ecs2k8s.cutover.run.shares import back_image, share, shifts
from ecs2k8s.cutover.run.stepping import become
from ecs2k8s.cutover.states import RUN
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.command import command
from ecs2k8s.cutover.world import RefusedError, ThrottledError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Move, State, Step, Thing
    from ecs2k8s.cutover.run.context import Run

TRIES = 6  # of one call: throttled, or without an answer
HANDOVER = "work.handover"
LOOKS = 4
UNTOUCHED = frozenset({"pending", "skipped"})  # of the others a call may be under way, whatever came after it


@dataclass(frozen=True, slots=True)
class Failed(Exception):  # noqa: N818 (an outcome)
    """What a person has to do now."""

    text: str
    command: str


def go_back(run: Run, reason: str, by: str = "", *, abort: bool = False) -> str:
    """Requests back to ECS, then background work. What failed and the command for it; empty when all is back."""
    if run.journal.run.state not in ("rolling_back", "aborting"):  # else this goes on where it was interrupted
        under_way = "aborting" in RUN[run.journal.run.state]  # a run that is over has nothing to abort
        start = Abort(by=by, text=reason) if abort and under_way else RollbackStart(reason=reason, by=by)
        run.journal.append(start)
    steps = begun(run)
    for step in steps:
        become(run, step, "rolling_back")
    said = ""
    try:
        for step, number, move in ways_back(steps):
            _restore(run, step, number, move)
        _hold(run, steps)
        for step in steps:
            if step.kind == HANDOVER:
                for number, move in enumerate(step.back):
                    _restore(run, step, number, move)
    except Failed as failed:
        said = f"{failed.text}: {failed.command}"
    for step in steps:
        become(run, step, "rollback_failed" if said else "rolled_back")
    run.journal.append(RollbackEnd(to="rollback_failed" if said else "rolled_back", text=said))
    return said


def begun(run: Run) -> list[Step]:
    """The steps that moved requests or work and may have had their effect, the last first."""
    return [
        step for step in reversed(run.plan.steps) if _moves(step) and run.journal.run.step(step.id) not in UNTOUCHED
    ]


def _moves(step: Step) -> bool:
    return step.kind == HANDOVER or (shifts(step) and any(share(move.wanted) > 0 for move in step.moves))


def ways_back(steps: list[Step]) -> Iterator[tuple[Step, int, Move]]:
    """For each rule and listener that *steps* touched, the way to the image that attaching left."""
    seen: set[Thing] = set()
    for step in steps:
        for number, move in enumerate(step.back if step.kind != HANDOVER else ()):
            if move.thing not in seen:
                seen.add(move.thing)
                yield step, number, move


def _hold(run: Run, steps: list[Step]) -> None:
    """Until every load balancer knows: nothing else goes back before."""
    if any(step.kind != HANDOVER for step in steps):
        run.clock.sleep(run.pace.hold)


def _restore(run: Run, step: Step, number: int, move: Move) -> None:
    """Bring one object back, however it is now. Raises `Failed`."""
    last = move.command
    for attempt in range(1, TRIES + 1):
        wanted = _wanted(run, move)
        if wanted is None:
            _seen(run, step, move)
            return
        last = wanted.command
        run.journal.append(intent(step.id, number, wanted, "back"))
        if _sent(run, step, wanted) and _arrived(run, wanted):
            _seen(run, step, wanted)
            return
        run.clock.sleep(run.pace.poll * attempt)
    raise Failed(f"{move.thing.kind} {move.thing.id} is not back after {TRIES} attempts", last)


def _wanted(run: Run, move: Move) -> Move | None:
    """*move* for what is live now: None when it is there, as the plan has it when nobody can look.

    That may take away what others changed meanwhile, and requests that fail are worse.
    """
    try:
        live = _looked(run, move.thing)
    except UnreadableError:
        return move
    wanted = back_image(live, move.wanted) if live and share_counts(move) else move.wanted
    if live == wanted:
        return None
    if live == move.before and wanted == move.wanted:
        return move
    request = KINDS[move.thing.kind].request(move.thing.id, live, wanted)
    return msgspec.structs.replace(move, before=live, wanted=wanted, request=request, command=command(request))


def _looked(run: Run, thing: Thing) -> State:
    """Raises `UnreadableError` at the last attempt; all of them take few seconds."""
    for _ in range(LOOKS - 1):
        try:
            return run.reader.read(thing)
        except UnreadableError:
            run.clock.sleep(run.pace.poll / 4)
    return run.reader.read(thing)


def share_counts(move: Move) -> bool:
    """Whether it is about weights."""
    return move.thing.kind in ("elbv2.rule", "elbv2.listener")


def _sent(run: Run, step: Step, move: Move) -> bool:
    """Whether the call may have had its effect. Raises `Failed` where it is refused for good."""
    if run.sender is None or step.guided:
        run.talk.offer(step, move.command, back=True)
        return True
    try:
        crash.at("back: before")
        ident = run.sender.send(step, move.request)
        crash.at("back: after")
    except ThrottledError as error:
        run.journal.append(Result(step=step.id, outcome="refused", text=str(error)))
        return False
    except RefusedError as error:
        run.journal.append(Result(step=step.id, outcome="refused", text=str(error)))
        raise Failed(str(error), move.command) from error
    except UnsureError as error:
        run.journal.append(Result(step=step.id, outcome="unsure", text=str(error)))
        return True
    run.journal.append(Result(step=step.id, outcome="answered", request_id=ident))
    return True


def _arrived(run: Run, move: Move) -> bool:
    """A person has all the time; else it is seen soon, or sent again."""
    began = run.clock.monotonic()
    while run.sender is None or run.clock.monotonic() - began < run.pace.settle:
        if _is(run, move.thing, move.wanted):
            return True
        run.clock.sleep(run.pace.poll)
    return _is(run, move.thing, move.wanted)


def _is(run: Run, thing: Thing, wanted: State) -> bool:
    try:
        return bool(run.reader.read(thing) == wanted)
    except UnreadableError:
        return False


def _seen(run: Run, step: Step, move: Move) -> None:
    state = run.reader.read(move.thing) if share_counts(move) else move.wanted
    run.journal.append(observed(step.id, move.thing, state, "wanted"))
    run.journal.append(verified(step.id, move.thing, state))
