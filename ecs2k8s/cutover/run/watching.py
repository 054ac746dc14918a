"""Looking: at one object, at all that a run has touched, and at what people ask of it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.plan import digest
from ecs2k8s.cutover.run.stops import Abort, Columns, Conflict, GoBack, Paused
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import State, Step, Thing
    from ecs2k8s.cutover.run.context import Run

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


def heed(run: Run, step: Step | None) -> None:
    """Stop where somebody asks for it, or where another run may have taken the locks."""
    ident = step.id if step else ""
    asked = run.controls.asked()
    if asked:
        said = f"{asked.what} asked for by {asked.by}" + (f": {asked.text}" if asked.text else "")
        raise {"rollback": GoBack, "abort": Abort}.get(asked.what, Paused)(said, ident)
    if lost := run.controls.lost():
        raise Paused(f"the lock is lost: {lost}", ident)


def untouched(run: Run, step: Step, but: Thing | None = None) -> None:
    """Invariant I10: what the run verified is what is live now, of all objects *but* one. Raises `Conflict`."""
    for thing, last in run.journal.run.verified.items():
        if thing != but:
            live = now(run, step, thing)
            if digest(live) != last.sha256:
                text = f"{thing.kind} {thing.id} is not as this run left it: somebody else changed it"
                raise Conflict(text, step.id, Columns(thing, _planned(run, thing), last.state, live))


def fresh(run: Run) -> None:
    """The world is as the plan says: every fingerprint. Raises `Conflict` with the first that differs."""
    for mark in run.plan.fingerprints:
        live = now(run, None, mark.thing)
        if live != mark.state:
            text = f"{mark.thing.kind} {mark.thing.id} changed since the export: export and plan again"
            raise Conflict(text, "", Columns(mark.thing, mark.state, mark.state, live))


def _planned(run: Run, thing: Thing) -> State:
    found = (mark.state for mark in run.plan.fingerprints if mark.thing == thing)
    return next(found, None)
