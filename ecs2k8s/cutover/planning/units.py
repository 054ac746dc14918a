"""The plan that moves a unit: what all designs have in common, and what each adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.planning import background, dark, design_a, dns, internal, preparation
from ecs2k8s.cutover.planning.assembly import Around, Refused, assembled
from ecs2k8s.cutover.planning.objectives import objectives
from ecs2k8s.cutover.planning.places import places
from ecs2k8s.cutover.planning.refusals import refusals
from ecs2k8s.cutover.planning.weighted import Weighted
from ecs2k8s.cutover.planning.writers import writers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.assess.designs import Design
    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cutover.plan import Plan, Step, Writer
    from ecs2k8s.cutover.planning.ground import Ground

    Made = Callable[[Ground, Unit, Weighted | None], Iterator[Step]]

DESIGNS: tuple[tuple[Design, Made], ...] = (
    ("A", design_a.steps),
    ("B", dns.steps),
    ("C", internal.steps),
    ("D", background.steps),
)


def plan(ground: Ground, unit: Unit) -> Plan | Refused:
    """A function of both alone."""
    its = places(ground, unit) if "A" in unit.designs else []
    known = writers(ground, unit, its)
    if reasons := refusals(ground, unit, known):
        return Refused(unit.name, tuple(reasons))
    weighted = Weighted.of(ground, unit) if "A" in unit.designs else None
    shares = [stage.share for stage in ground.schedule.stages]
    notes = tuple(weighted.notes(shares)) if weighted else ()
    around = Around(tuple(its), known, tuple(_traffic(ground, unit)), notes, objectives(ground, unit))
    return assembled(ground, unit, "move", _steps(ground, unit, weighted, known), around)


def _steps(ground: Ground, unit: Unit, weighted: Weighted | None, known: tuple[Writer, ...]) -> Iterator[Step]:
    yield from preparation.prepare(ground, unit, known)
    yield from dark.deploy(ground, unit, weighted)
    for letter, make in DESIGNS:
        if letter in unit.designs:
            yield from make(ground, unit, weighted)


def _traffic(ground: Ground, unit: Unit) -> Iterator[str]:
    """Beside rules and listeners."""
    yield from background.traffic(ground, unit)
    yield from dns.traffic(ground, unit) if "B" in unit.designs else ()
    yield from internal.traffic(ground, unit)
