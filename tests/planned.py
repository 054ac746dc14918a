"""The plans of the samples and of other estates, as `ecs2k8s plan` makes them of a directory that nobody edited."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.plan import Plan, digest
from ecs2k8s.cutover.planning import plan_for
from ecs2k8s.cutover.planning.ground import Ground
from ecs2k8s.pipeline import translate
from ecs2k8s.render import PLACES
from tests.estates import estate, translated

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.core.documents import Document, Snapshot
    from ecs2k8s.core.target import Target
    from ecs2k8s.cutover.plan import Purpose
    from ecs2k8s.cutover.planning.assembly import Refused

TAKEN = "2026-11-26T06:00:00Z"


@cache
def ground(name: str) -> Ground:
    """Of a sample, or of a case by its path below tests/cases."""
    snapshot, target = estate(name)
    return _ground(snapshot, target, translated(name))


def ground_of(documents: list[Document], target: Target, snapshot: Snapshot) -> Ground:
    """Of *documents* in place of those of *snapshot*."""
    changed = replace(snapshot, documents=tuple(documents))
    return _ground(changed, target, translate(changed, target))


def _ground(snapshot: Snapshot, target: Target, translation: Translation) -> Ground:
    lying: dict[str, dict[str, str]] = {}
    for placed in translation.bundle.everything:
        file = PLACES[target.format](placed)
        lying.setdefault(file, {})[str(ObjectRef.of(placed.manifest))] = digest(placed.manifest)
    documents = {(document.shape, document.id): document.data for document in snapshot.in_order().documents}
    return Ground(translation, target, documents, TAKEN, {"snapshot.json": "0" * 64}, lying)


def units(ground: Ground) -> dict[str, Unit]:
    return {unit.name: unit for wave in ground.translation.waves for unit in wave.units}


def made(ground: Ground, unit: str, purpose: Purpose = "move") -> Plan | Refused:
    return plan_for(purpose, ground, units(ground)[unit])


def planned(ground: Ground, unit: str, purpose: Purpose = "move") -> Plan:
    found = made(ground, unit, purpose)
    assert isinstance(found, Plan), found.reasons
    return found


def refused(ground: Ground, unit: str, purpose: Purpose = "move") -> str:
    found = made(ground, unit, purpose)
    assert not isinstance(found, Plan), f"{unit} has a plan"
    return "\n".join(found.reasons)
