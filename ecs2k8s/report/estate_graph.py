"""The graph and the waves as tables: the same as the drawing, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.listing import listed
from ecs2k8s.report.page_model import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.assess.blast_radius import Blast, Entrance
    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.assess.waves import Unit, Wave

MOST_ROWS, MOST_NAMES = 250, 5
EDGES = ("From", "To", "Shown by", "Ports", "Through")
WAVES = ("Unit", "Wave", "Why here", "What breaks otherwise", "Who depends on it")


def edge_table(found: Dependencies) -> Table:
    """Uses first, then permissions, then those of many for many."""
    labels = {node.ident: node.label for node in found.nodes}
    edges = sorted(found.edges, key=lambda edge: edge.may_only)
    rows = [
        (
            labels[edge.source],
            labels[edge.target],
            ("may: " if edge.may_only else "") + ", ".join(edge.evidence),
            edge.ports,
            ", ".join(edge.via),
        )
        for edge in edges
    ]
    rows += [
        (
            listed([labels[name] for name in wide.sources], MOST_NAMES),
            listed([labels[name] for name in wide.targets], MOST_NAMES),
            f"may: {', '.join(wide.evidence)}",
            wide.ports,
            "",
        )
        for wide in found.wide
    ]
    left = len(rows) - MOST_ROWS
    more = f"And {left} more: cutover/waves.json has all uses." if left > 0 else ""
    return Table("Who calls whom, and who may", EDGES, tuple(rows[:MOST_ROWS]), more)


def wave_table(waves: Sequence[Wave]) -> Table | None:
    """A row for each unit, in the order in which they move."""
    units = [(wave, unit) for wave in waves for unit in wave.units]
    if not units:
        return None
    rows = tuple(_unit(wave, unit) for wave, unit in units[:MOST_ROWS])
    left = len(units) - MOST_ROWS
    more = f"And {left} more: cutover/waves.json has all." if left > 0 else ""
    said = f"{len(units)} units in {len(waves)} waves; within a wave the order is free, the smallest risk first"
    return Table(said, WAVES, rows, more)


def _unit(wave: Wave, unit: Unit) -> tuple[str, ...]:
    number = f"{wave.number} (background)" if wave.background else str(wave.number)
    reasons = (" ".join(reason.text for reason in group) for group in (unit.why, unit.breaks))
    name = unit.name if len(unit.workloads) == 1 else f"{unit.name}: {listed(unit.workloads, MOST_NAMES)}"
    return (name, number, *reasons, _blast(unit.blast))


def _blast(blast: Blast) -> str:
    said = [f"called by {listed(blast.callers, MOST_NAMES)}"] if blast.callers else []
    said += [f"by way of them {listed(blast.through, MOST_NAMES)}"] if blast.through else []
    said += [f"requests from {_entrances(blast.entrances)}"] if blast.entrances else []
    said += [f"behind what serves {_entrances(blast.beyond)}"] if blast.beyond else []
    said += [f"{blast.may} more may call it"] if blast.may else []
    return "; ".join(said) or "nothing that is known"


def _entrances(entrances: Sequence[Entrance]) -> str:
    shown = (f"{'the internet' if each.everyone else 'inside'} by {each.balancer}" for each in entrances)
    return ", ".join(dict.fromkeys(shown))
