"""Looking: at one object, at all that a run has touched, and at what people ask of it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ecs2k8s.cutover.journal.events import observed
from ecs2k8s.cutover.plan import Thing, digest
from ecs2k8s.cutover.run.columns import columns
from ecs2k8s.cutover.run.stops import Abort, Columns, Conflict, GoBack, Paused
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from ecs2k8s.cutover.journal.events import Verified
    from ecs2k8s.cutover.plan import State, Step
    from ecs2k8s.cutover.run.context import Asked, Run

TRAFFIC = frozenset({"elbv2.rule", "elbv2.listener", "route53.record-sets"})
LOOKS = 4  # in a row that may fail, before not knowing stops the run


def now(run: Run, step: Step | None, thing: Thing) -> State:
    """The state of *thing*. Raises `Paused` where it cannot be read, again and again."""
    for look in range(1, LOOKS + 1):
        try:
            return run.reader.read(thing)
        except UnreadableError as error:
            if look == LOOKS:
                raise Paused(f"{thing.kind} {thing.id} cannot be read: {error}", step.id if step else "") from error
            run.clock.sleep(run.pace.poll * look)
    raise AssertionError


def again(run: Run, step: Step, thing: Thing, fine: Callable[[State], bool]) -> State:
    """The state of *thing*, looked at twice where the first look is not *fine*: a read may lag behind a write."""
    live = now(run, step, thing)
    if not fine(live):
        run.clock.sleep(run.pace.look)
        live = now(run, step, thing)
    return live


def heed(run: Run, step: Step | None) -> None:
    """Stop where somebody asks for it, or where another run may have taken the locks."""
    asked = run.controls.asked()
    if asked and asked.what != "resume":
        heed_asked(asked, step)
    if lost := run.controls.lost():
        raise Paused(f"the lock is lost: {lost}", step.id if step else "")


def heed_asked(asked: Asked, step: Step | None) -> NoReturn:
    said = f"{asked.what} asked for by {asked.by}" + (f": {asked.text}" if asked.text else "")
    raise {"rollback": GoBack, "abort": Abort}.get(asked.what, Paused)(said, step.id if step else "")


def untouched(run: Run, step: Step, but: Thing | None = None, only: Container[str] | None = None) -> None:
    """Invariant I10: every object that the plan moves is as this run left it or, before that, as it was planned.

    Of all *but* one, which a call may be on its way to, and *only* of these kinds where some are given. Raises
    `Conflict`.
    """
    verified = run.journal.run.verified
    moved = {move.thing for step in run.plan.steps for move in step.moves}
    planned = {mark.thing: mark.state for mark in run.plan.fingerprints if mark.thing in moved}
    for thing in sorted(verified.keys() | planned.keys()):
        last = verified.get(thing)
        if thing == but or (only is not None and thing.kind not in only) or _gone(thing, verified):
            continue
        of_but = but is not None and _whole(thing) == but
        expected = last.sha256 if last else digest(planned[thing])
        live = again(run, step, thing, lambda state, expected=expected: digest(state) == expected)  # type: ignore[misc]
        if live is None and of_but:
            continue  # the call that is on its way deletes it too
        if digest(live) != expected:
            text = f"{thing.kind} {thing.id} is not as this run left it: somebody else changed it"
            raise Conflict(text, step.id, columns(run.plan, run.journal.run, step.id, thing, live))
        if run.plan.purpose == "rehearse" and thing.kind in TRAFFIC:
            run.journal.append(observed(step.id, thing, live, "wanted"))  # so that it is counted how often it was 0


def _gone(part: Thing, verified: Mapping[Thing, Verified]) -> bool:
    """Whether the run deleted what *part* was a part of."""
    whole = verified.get(_whole(part))
    return whole is not None and whole.state is None


def _whole(part: Thing) -> Thing:
    return Thing(KINDS[part.kind].part_of, part.id)


def fresh(run: Run) -> None:
    """The world is as the plan says: every fingerprint. Raises `Conflict` with the first that differs."""
    for mark in run.plan.fingerprints:
        live = now(run, None, mark.thing)
        if live != mark.state:
            text = f"{mark.thing.kind} {mark.thing.id} changed since the export: export and plan again"
            raise Conflict(text, "", Columns(mark.thing, mark.state, mark.state, live))
