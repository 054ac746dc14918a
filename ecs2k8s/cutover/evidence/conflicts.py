"""Where a run met what somebody else had changed: the object with its three columns, as they were then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.journal.events import Observed
from ecs2k8s.cutover.journal.fold import Folding
from ecs2k8s.cutover.run.columns import columns, differing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan, Thing
    from ecs2k8s.cutover.run.columns import Leaf


@dataclass(frozen=True, slots=True)
class Met:
    line: Line
    thing: Thing
    leaves: tuple[Leaf, ...]


def conflicts(plan: Plan, lines: Sequence[Line]) -> list[Met]:
    folding = Folding()
    found = []
    for line in lines:
        folding.take(line)
        said = line.event
        if isinstance(said, Observed) and said.found == "other":
            its = columns(plan, folding.run(), said.step, said.thing, said.state)
            found.append(Met(line, said.thing, differing(its)))
    return found
