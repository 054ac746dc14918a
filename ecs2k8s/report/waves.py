"""cutover/waves.json, and the waves in report.md."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical
from ecs2k8s.core.listing import listed
from ecs2k8s.report.escape_markdown import code, filled
from ecs2k8s.report.mermaid import fenced, flowchart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecs2k8s.assess.blast_radius import Blast, Entrance
    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.assess.wave_reasons import Reason
    from ecs2k8s.assess.waves import Unit, Wave
    from ecs2k8s.core.target import Target

FORMAT = "ecs2k8s/waves/v1"
FILE = "cutover/waves.json"
MOST_LISTED = 500  # names of one unit's blast radius in the file; `count` is the truth
MOST_UNITS, MOST_REASONS, MOST_NAMES = 50, 20, 3  # in report.md
ABOUT = """
A unit is what must move together; units of one wave may move in any order. What answers no requests comes first, then
what fewer depend on, and a callee comes before those that reach it by a name that exists on ECS alone. Blast radius:
who notices where the unit fails. Design: A weights on the load balancer, B weights of DNS, C internal names, D a
handover.
"""
LEGEND = """
An arrow leads from who calls to what is called, as load balancers, environments, discovery and volumes show it; a thick
one uses a name that exists on ECS alone. What security groups allow beyond that is not drawn.
"""


def waves_json(translation: Translation, _target: Target) -> dict[str, str]:
    """cutover/waves.json; no file where nothing moves."""
    if not translation.waves:
        return {}
    found = {
        "format": FORMAT,
        "waves": [_wave(wave) for wave in translation.waves],
        "graph": _graph(translation.dependencies),
    }
    return {FILE: canonical(found).decode()}


def _wave(wave: Wave) -> dict[str, Any]:
    return {"number": wave.number, "background": wave.background, "units": [_unit(unit) for unit in wave.units]}


def _unit(unit: Unit) -> dict[str, Any]:
    return {
        "name": unit.name,
        "workloads": list(unit.workloads),
        "designs": list(unit.designs),
        "owners": list(unit.owners),
        "after": list(unit.after),
        "why": [_reason(reason) for reason in unit.why],
        "breaks": [_reason(reason) for reason in unit.breaks],
        "blast_radius": _blast(unit.blast),
    }


def _reason(reason: Reason) -> dict[str, str]:
    return {"slug": reason.slug, "text": reason.text}


def _blast(blast: Blast) -> dict[str, Any]:
    return {
        "callers": _counted(blast.callers),
        "through": _counted(blast.through),
        "entrances": [_entrance(entrance) for entrance in blast.entrances],
        "beyond": [_entrance(entrance) for entrance in blast.beyond],
        "may_call": blast.may,
    }


def _counted(names: Sequence[str]) -> dict[str, Any]:
    return {"count": len(names), "names": list(names[:MOST_LISTED])}


def _entrance(entrance: Entrance) -> dict[str, Any]:
    return {
        "load_balancer": entrance.balancer,
        "internet": entrance.everyone,
        "names": _counted(entrance.names),
        "requests": _counted(entrance.via),
    }


def _graph(found: Dependencies) -> dict[str, Any]:
    return {
        "nodes": [{"id": node.ident, "kind": node.kind, "label": node.label} for node in found.nodes],
        "edges": [
            {
                "from": edge.source,
                "to": edge.target,
                "evidence": list(edge.evidence),
                "ports": edge.ports,
                "via": list(edge.via),
                "ecs_names": list(edge.ecs_names),
                "permission_only": edge.may_only,
            }
            for edge in found.edges
        ],
        "permissions": [
            {"from": list(each.sources), "to": list(each.targets), "evidence": list(each.evidence), "ports": each.ports}
            for each in found.wide
        ],
    }


def wave_lines(translation: Translation) -> list[str]:
    """The section of report.md; no line where nothing moves."""
    if not translation.waves:
        return []
    units = [unit for wave in translation.waves for unit in wave.units]
    more = [f"And {len(units) - MOST_UNITS} more, in `{FILE}`.", ""] if len(units) > MOST_UNITS else []
    return [
        "## Waves",
        ABOUT,
        "| Wave | Unit | Design | Owner | Blast radius |",
        "|---:|---|---|---|---|",
        *(_line(unit) for unit in units[:MOST_UNITS]),
        "",
        *more,
        *_said("Why there", [(unit.name, unit.why) for unit in units]),
        *_said("What breaks otherwise", [(unit.name, unit.breaks) for unit in units]),
        *_diagram(translation),
    ]


def _line(unit: Unit) -> str:
    cells = (
        str(unit.wave),
        code(unit.name) + (f" ({len(unit.workloads)} workloads)" if len(unit.workloads) > 1 else ""),
        ", ".join(unit.designs) or "none",
        _names(unit.owners) or "not known",
        _radius(unit.blast),
    )
    return f"| {' | '.join(cells)} |"


def _radius(blast: Blast) -> str:
    """`backend` and 2 more by way of it; the internet by shop.example.com; 5 more may call it."""
    parts = [_names(blast.callers)] if blast.callers else []
    parts += [f"{len(blast.through)} more by way of those"] if blast.through else []
    entrances = (*blast.entrances, *blast.beyond)
    for who, everyone in (("the internet", True), ("the network", False)):
        its = [entrance for entrance in entrances if entrance.everyone is everyone]
        names = sorted({name for entrance in its for name in entrance.names or (entrance.balancer,)})
        parts += [f"{who} by {_names(names)}"] if its else []
    parts += [f"{blast.may} more may call it"] if blast.may else []
    return "; ".join(parts) or "nothing known"


def _names(names: Sequence[str]) -> str:
    return listed(names, MOST_NAMES, code)


def _said(title: str, reasons: Iterable[tuple[str, tuple[Reason, ...]]]) -> Iterator[str]:
    """Each reason once, with the units that it is about."""
    about: dict[Reason, list[str]] = defaultdict(list)
    for unit, its in reasons:
        for reason in its:
            about[reason].append(unit)
    lines = [f"- {_names(units)}: {filled(reason.template, reason.args)}" for reason, units in about.items()]
    more = [f"- and {len(lines) - MOST_REASONS} more, in `{FILE}`"] if len(lines) > MOST_REASONS else []
    yield from (f"**{title}**", "", *lines[:MOST_REASONS], *more, "")


def _diagram(translation: Translation) -> Iterator[str]:
    diagram, left = flowchart(translation.dependencies, translation.waves)
    if "subgraph" not in diagram:
        return
    yield LEGEND
    yield from fenced(diagram)
    if left:
        yield from (f"{left} more workloads call others or are called; `{FILE}` has the whole graph.", "")
