"""In which order units move: waves, with the reason for each place and what depends on each unit.

The rules and their reasons are in docs/waves.md; what the slugs say is in mappings/waves.yaml.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.assess.blast_radius import Blast, radii
from ecs2k8s.assess.designs import designs
from ecs2k8s.assess.units import groups
from ecs2k8s.assess.wave_order import order
from ecs2k8s.assess.wave_reasons import breaks, texts, why
from ecs2k8s.assess.wiring import wiring
from ecs2k8s.translate.tags import workload_tags

if TYPE_CHECKING:
    from ecs2k8s.assess.designs import Design
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.assess.wave_reasons import Reason
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

BACKGROUND = ("D",)


@dataclass(frozen=True, slots=True)
class Unit:
    """What moves together. `designs`: the ways to shift it. `after`: the units that must have pods before it moves.

    `owners` are the values of tags that name a team.
    """

    name: str
    wave: int
    workloads: tuple[str, ...]
    designs: tuple[Design, ...]
    why: tuple[Reason, ...]
    breaks: tuple[Reason, ...]
    after: tuple[str, ...]
    owners: tuple[str, ...]
    blast: Blast


@dataclass(frozen=True, slots=True)
class Wave:
    """Units that may move in any order, smallest blast radius first. `background`: none of them answers requests."""

    number: int
    background: bool
    units: tuple[Unit, ...]


def waves(translation: Translation, target: Target) -> tuple[Wave, ...]:
    """Every workload that is translated, in one unit of one wave. Call it when the ledger is done."""
    found, moving = translation.dependencies, translation.translated
    its = groups(moving, wiring(translation.inventory), found.uses)
    members = [group.workloads for group in its]
    placed = order(members, found)
    letters = designs(moving, found, target)
    owners = {workload.folder: _owners(workload) for workload in moving}
    drafts = []
    for at, (group, blast) in enumerate(zip(its, radii(members, found), strict=True)):
        ways = tuple(sorted({letter for ident in group.workloads for letter in letters[ident]}))
        unit = Unit(
            group.name,
            0,
            group.workloads,
            ways,
            why(group, placed, at, its, background=ways == BACKGROUND),
            breaks(group, placed, at, its, ways),
            tuple(its[other].name for other in sorted(placed.callees[at])),
            tuple(sorted({owner for ident in group.workloads for owner in owners[ident]})),
            blast,
        )
        drafts.append((placed.level[at], unit))
    return _numbered(drafts)


def _numbered(drafts: list[tuple[int, Unit]]) -> tuple[Wave, ...]:
    """By level, and in each level first what answers no requests: nobody waits for it, and its work is kept."""
    places: dict[tuple[int, bool], list[Unit]] = defaultdict(list)
    for level, unit in drafts:
        places[level, unit.designs != BACKGROUND].append(unit)
    made = []
    for number, ((_, answering), units) in enumerate(sorted(places.items()), 1):
        ordered = sorted(units, key=lambda unit: (unit.blast.size, unit.name))
        made.append(Wave(number, not answering, tuple(replace(unit, wave=number) for unit in ordered)))
    return tuple(made)


def _owners(workload: Workload) -> set[str]:
    keys = texts()["owner-tags"]
    return {value for key, value in workload_tags(workload).items() if key.lower() in keys and value}
