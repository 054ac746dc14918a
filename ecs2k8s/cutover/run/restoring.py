"""One object back, whatever else is wrong: by the plan, the journal and the API of its own side alone (I6)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.errors import Ecs2k8sError, PlanError
from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.events import Result, intent, observed, verified
from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.run.shares import HEALTH, PLACES, back_image, is_eks, weights
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.command import command
from ecs2k8s.cutover.world import NotNowError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Move, State, Step
    from ecs2k8s.cutover.run.context import Run

TRIES = 6  # of one call: throttled, or without an answer
LOOKS = 4


@dataclass(frozen=True, slots=True)
class Failed(Exception):  # noqa: N818 (an outcome)
    """What a person has to do now."""

    text: str
    command: str


def restore(run: Run, step: Step, number: int, move: Move, *, exact: bool = False) -> None:
    """Bring one object back, however it is now. Raises `Failed`."""
    last = move.command
    for attempt in range(1, TRIES + 1):
        wanted = _exactly(run, move) if exact else _wanted(run, move)
        if wanted is None:
            _seen(run, step, move)
            return
        last = wanted.command
        run.journal.append(intent(step.id, number, wanted, "back"))
        if _sent(run, step, wanted) and _arrived(run, step, wanted):
            _seen(run, step, wanted)
            return
        run.clock.sleep(run.pace.poll * attempt)
    raise Failed(f"{move.thing.kind} {move.thing.id} was not seen to be back after {TRIES} attempts", last)


def _exactly(run: Run, move: Move) -> Move | None:
    try:
        live = _looked(run, move.thing)
    except UnreadableError as error:
        raise Failed(f"{move.thing.id} cannot be read: {error}", move.command) from error
    if live == move.wanted:
        return None
    if live != move.before and not KINDS[move.thing.kind].between(move.before, move.wanted, live):
        raise Failed(f"{move.thing.id} is not as this run left it: somebody else changed it", move.command)
    return move


def _wanted(run: Run, move: Move) -> Move | None:
    """*move* for what is live now: None when it is there, as the plan has it when nobody can look.

    That may take away what others changed meanwhile, and requests that fail are worse. Raises `Failed`.
    """
    try:
        live = _looked(run, move.thing)
    except UnreadableError:
        return move
    wanted = _image(live, move)
    if share_counts(move) and (nowhere := _leads_nowhere(run, live, wanted)):
        raise Failed(f"{move.thing.id}: {nowhere}", move.command)
    if live == wanted:
        return None
    if live == move.before and wanted == move.wanted:
        return move
    try:
        request = KINDS[move.thing.kind].request(move.thing.id, live, wanted)
    except PlanError as error:
        raise Failed(str(error), move.command) from error
    return msgspec.structs.replace(
        move, before=live, wanted=wanted, request=request, command=command(request, run.plan.region)
    )


def _image(live: State, move: Move) -> State:
    """What *move* wants of what its call writes; all else as it is, which others may have changed."""
    if not isinstance(live, dict) or not isinstance(move.wanted, dict):
        return move.wanted
    if share_counts(move):
        return back_image(live, move.wanted)
    sets = KINDS[move.thing.kind].sets
    if not sets:
        return move.wanted
    kept = {key: value for key, value in live.items() if key not in sets}
    return {**kept, **{key: value for key, value in move.wanted.items() if key in sets}}


def _leads_nowhere(run: Run, live: State, wanted: State) -> str:
    """Why requests would be answered by nobody (I1): ECS is gone. What cannot be read holds nothing up."""
    theirs = [group for group, weight in weights(wanted).items() if weight and not is_eks(group)]
    if not theirs:
        return "no group of ECS gets requests in it any more, so that nothing leads back; it stays as it is"
    answering = [group for group, weight in weights(live).items() if weight and is_eks(group)]
    if answering and _healthy(run, theirs) == 0 and _healthy(run, answering):
        return "ECS has no healthy target, and EKS has: nothing leads back until ECS runs again; it stays as it is"
    return ""


def _healthy(run: Run, groups: list[str]) -> int | None:
    """None where it is not known."""
    try:
        found = [run.reader.read(Thing(HEALTH, group)) for group in groups]
    except UnreadableError:
        return None
    if None in found:
        return None
    return sum(1 for targets in found for target in targets if target["State"] == "healthy")


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
    return move.thing.kind in PLACES


def _sent(run: Run, step: Step, move: Move) -> bool:
    """Whether the call may have had its effect. Raises `Failed` where it is refused for good."""
    if run.sender is None or step.guided:
        run.talk.offer(step, move.command, back=True)
        return True
    try:
        crash.at("back: before")
        ident = run.sender.send(step, move.request)
        crash.at("back: after")
    except NotNowError as error:
        run.journal.append(Result(step=step.id, outcome="refused", text=str(error)))
        return False
    except UnsureError as error:
        run.journal.append(Result(step=step.id, outcome="unsure", text=str(error)))
        return True
    except Ecs2k8sError as error:  # also what the program itself does not let through
        run.journal.append(Result(step=step.id, outcome="refused", text=str(error)))
        raise Failed(str(error), move.command) from error
    run.journal.append(Result(step=step.id, outcome="answered", request_id=ident))
    return True


def _arrived(run: Run, step: Step, move: Move) -> bool:
    """A person has all the time; else it is seen soon, or sent again. Pods that are ending have until they ended."""
    began, by_hand = run.clock.monotonic(), run.sender is None or step.guided
    while True:
        live = _seen_now(run, move.thing)
        if live == (move.wanted,):
            return True
        is_on_its_way = bool(live) and KINDS[move.thing.kind].between(move.before, move.wanted, live[0])
        limit = run.pace.seen if is_on_its_way else run.pace.settle
        if not by_hand and run.clock.monotonic() - began >= limit:
            return False
        run.clock.sleep(run.pace.poll)


def _seen_now(run: Run, thing: Thing) -> tuple[State, ...]:
    """Empty where it cannot be read just now."""
    try:
        return (run.reader.read(thing),)
    except UnreadableError:
        return ()


def _seen(run: Run, step: Step, move: Move) -> None:
    """It was seen just now; what is written down is what it is as a whole, where that can be read once more."""
    state = move.wanted
    if share_counts(move):
        with suppress(UnreadableError):
            state = run.reader.read(move.thing)
    run.journal.append(observed(step.id, move.thing, state, "wanted"))
    run.journal.append(verified(step.id, move.thing, state))
