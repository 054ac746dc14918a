"""The three columns of a conflict: an object as it was planned, as this run saw it last, and as it is now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from ecs2k8s.core.paths import leaves, show
from ecs2k8s.cutover.journal.redact import redacted
from ecs2k8s.cutover.run.stops import Columns

if TYPE_CHECKING:
    from ecs2k8s.cutover.journal.fold import Run as Told
    from ecs2k8s.cutover.plan import Plan, State, Thing

ABSENT = "(absent)"


class Leaf(NamedTuple):
    """One value that is not the same in all three; `path` is empty where the object itself is not there."""

    path: str
    planned: str
    verified: str
    live: str


def columns(plan: Plan, told: Told, step: str, thing: Thing, live: State) -> Columns:
    """Of *thing* as *step* was to find it; what was never verified is expected as it was planned."""
    planned = _planned(plan, step, thing)
    last = told.verified.get(thing)
    return Columns(thing, planned, last.state if last else planned, live)


def of_journal(plan: Plan, told: Told) -> Columns | None:
    """Of the conflict in which the run stands, if it does."""
    found = told.other
    return columns(plan, told, found.step, found.thing, found.state) if found else None


def _planned(plan: Plan, step: str, thing: Thing) -> State:
    found = (move.before for each in plan.steps if each.id == step for move in each.moves if move.thing == thing)
    marked = (mark.state for mark in plan.fingerprints if mark.thing == thing)
    return next(found, next(marked, None))


def differing(its: Columns) -> tuple[Leaf, ...]:
    """In the order of the paths, with secrets masked: empty where the object differs in nothing else."""
    sides = [_leaves(state) for state in (its.planned, its.verified, its.live)]
    rows = ((path, [side.get(path, ABSENT) for side in sides]) for path in sorted({*sides[0], *sides[1], *sides[2]}))
    return tuple(Leaf(path, *row) for path, row in rows if len(set(row)) > 1)


def _leaves(state: State) -> dict[str, str]:
    if state is None:
        return {}
    return {show(path): json.dumps(value) for path, value in leaves(redacted({"state": state})["state"])}
