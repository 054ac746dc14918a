"""before/ and after/: each object that a run touched, as it was found and as it was seen last; secrets are masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical
from ecs2k8s.cutover.journal.events import Intent, Observed, Verified
from ecs2k8s.cutover.journal.redact import redacted
from ecs2k8s.cutover.locks.info import stamp
from ecs2k8s.cutover.plan import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan, State, Thing

FORMAT = "ecs2k8s/run-object/v1"
KIND = re.compile(r"[a-z0-9.-]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seen:
    """A state with the line that tells it; without a line it is the plan's. `sha256` is of the state unmasked."""

    state: State
    sha256: str
    line: Line | None


@dataclass(frozen=True, slots=True)
class Touched:
    """`after` is None where nobody has looked since."""

    thing: Thing
    before: Seen
    after: Seen | None

    @property
    def name(self) -> str:
        """Of its files. The id of a thing chooses no path."""
        kind = self.thing.kind if KIND.fullmatch(self.thing.kind) else "object"
        return f"{kind}-{digest([self.thing.kind, self.thing.id])[:16]}.json"


def touched(plan: Plan, lines: Sequence[Line]) -> list[Touched]:
    """In the order in which the run came to them."""
    before: dict[Thing, Seen] = {}
    after: dict[Thing, Seen] = {}
    for line in lines:
        said = line.event
        if isinstance(said, Intent):
            before.setdefault(said.thing, Seen(said.before, said.before_sha256, line))
        if isinstance(said, Verified) and said.thing not in before:
            before[said.thing] = _planned(plan, said)
        if isinstance(said, Observed | Verified):
            after[said.thing] = Seen(said.state, said.sha256, line)
    return [Touched(thing, seen, after.get(thing)) for thing, seen in before.items()]


def files(its: Sequence[Touched]) -> dict[str, bytes]:
    found = {f"before/{each.name}": canonical(_plain(each.thing, each.before)) for each in its}
    return found | {f"after/{each.name}": canonical(_plain(each.thing, each.after)) for each in its if each.after}


def _planned(plan: Plan, said: Verified) -> Seen:
    """Of what was there already when the run looked, or was taken as it is."""
    moves = (
        move.before for step in plan.steps if step.id == said.step for move in step.moves if move.thing == said.thing
    )
    marks = (mark.state for mark in plan.fingerprints if mark.thing == said.thing)
    state = next(moves, next(marks, None))
    return Seen(redacted({"state": state})["state"], digest(state), None)


def _plain(thing: Thing, seen: Seen) -> dict[str, Any]:
    line = {"line": seen.line.head.seq, "when": stamp(seen.line.head.ts_wall)} if seen.line else {}
    return {"format": FORMAT, "kind": thing.kind, "id": thing.id, "state": seen.state, "sha256": seen.sha256, **line}
