"""Carries one move out: look, write down what is about to happen, send once, look until it is there.

The same function begins a move and resumes it, because it looks first: what is there already is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.events import Result, intent, observed, verified
from ecs2k8s.cutover.run.columns import columns
from ecs2k8s.cutover.run.stops import CheckFailed, Conflict, Paused
from ecs2k8s.cutover.run.watching import again, heed, now
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.world import NotNowError, RefusedError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.journal.events import Way
    from ecs2k8s.cutover.plan import Move, State, Step
    from ecs2k8s.cutover.run.context import Run

SENDINGS = 4  # of one call that is not taken for now, which has no effect


@dataclass(frozen=True, slots=True)
class Looks:
    """`before` looks at everything else just before the call, `meanwhile` at what happens until its effect is seen."""

    before: Callable[[], None]
    meanwhile: Callable[[], None]


def carry_out(run: Run, step: Step, number: int, move: Move, looks: Looks) -> None:
    """Make *move*, the *number*-th of *step*.

    Raises `Conflict` where the object is neither as before nor as wanted, and `Paused` or `CheckFailed`.
    """
    live = again(run, step, move.thing, lambda state: _is_ours(state, move))
    if live != move.wanted:
        if not _is_ours(live, move):
            raise conflict(run, step, move, live)
        looks.before()
        run.journal.append(intent(step.id, number, msgspec.structs.replace(move, before=live)))
        _make(run, step, move, looks)
    found(run, step, move)


def _is_ours(live: State, move: Move) -> bool:
    """Whether the object is somewhere on the way of *move*: nobody else was at it."""
    return live in (move.before, move.wanted) or KINDS[move.thing.kind].between(move.before, move.wanted, live)


def conflict(run: Run, step: Step, move: Move, live: State) -> Conflict:
    text = f"{move.thing.kind} {move.thing.id} is not as it was: somebody else changed it"
    return Conflict(text, step.id, columns(run.plan, run.journal.run, step.id, move.thing, live))


def found(run: Run, step: Step, move: Move) -> None:
    """Write down that the object is as it is wanted, which nobody may change from now on."""
    run.journal.append(observed(step.id, move.thing, move.wanted, "wanted"))
    run.journal.append(verified(step.id, move.thing, move.wanted))


def _make(run: Run, step: Step, move: Move, looks: Looks) -> None:
    if run.sender is None or step.guided:
        run.talk.offer(step, move.command)
        _await(run, step, move, looks, limit=None)
        return
    answered = sent(run, step, move)
    _await(run, step, move, looks, limit=run.pace.seen if answered else run.pace.settle)


def sent(run: Run, step: Step, move: Move, way: Way = "forth") -> bool:
    """Send the call. Whether it was answered; if not, it may have had its effect. Raises `Paused` or `CheckFailed`."""
    assert run.sender is not None  # noqa: S101 (for mypy: guided runs do not come here)
    for attempt in range(1, SENDINGS + 1):
        try:
            crash.at("call: before")
            ident = run.sender.send(step, move.request)
            crash.at("call: after")
        except NotNowError as error:
            _refused(run, step, error)
            if attempt == SENDINGS:
                raise Paused(f"{SENDINGS} attempts were not taken: {error}", step.id) from error
            run.clock.sleep(run.pace.poll * 2**attempt)
            heed(run, step)
            _again(run, step, move, way)
        except RefusedError as error:
            _refused(run, step, error)
            raise CheckFailed(f"{move.request.call} was refused: {error}", step.id) from error
        except UnsureError as error:
            run.journal.append(Result(step=step.id, outcome="unsure", text=str(error)))
            return False
        else:
            run.journal.append(Result(step=step.id, outcome="answered", request_id=ident))
            return True
    raise AssertionError


def _again(run: Run, step: Step, move: Move, way: Way) -> None:
    """A refusal closed the intent; the next sending has its own, and looks before it."""
    live = again(run, step, move.thing, lambda state: _is_ours(state, move))
    if not _is_ours(live, move):
        raise conflict(run, step, move, live)
    last = run.journal.run.intents[-1]
    run.journal.append(intent(step.id, last.move, move, way))


def _refused(run: Run, step: Step, error: RefusedError) -> None:
    run.journal.append(Result(step=step.id, outcome="refused", text=str(error)))


def _await(run: Run, step: Step, move: Move, looks: Looks, limit: float | None) -> None:
    """Look until the object is as it is wanted. *limit* in seconds; a person has all the time."""
    began = run.clock.monotonic()
    while True:
        live = now(run, step, move.thing)
        if live == move.wanted:
            return
        if not _is_ours(live, move):
            raise conflict(run, step, move, live)
        if limit is not None and run.clock.monotonic() - began >= limit:
            raise Paused(f"{move.request.call} was sent, and its effect is not seen after {limit:.0f} s", step.id)
        looks.meanwhile()
        run.clock.sleep(run.pace.poll)
