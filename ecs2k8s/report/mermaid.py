"""The waves and who depends on whom as a Mermaid flowchart, which GitHub and GitLab draw."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecs2k8s.assess.dependencies import Dependencies, Edge, Node
    from ecs2k8s.assess.waves import Wave

# A diagram may have 50,000 characters and 500 arrows; long before that nobody can read it
# (maxTextSize and maxEdges of https://mermaid.js.org/config/schema-docs/config.html).
MOST_NODES, MOST_ARROWS, LONGEST = 60, 150, 60
# Letters, digits and round brackets; a few signs between them. All else could be markup, of Mermaid (`"`, `;`, `%%`),
# of Markdown (`1. x`, `**`) or of HTML, and becomes a code (https://mermaid.js.org/syntax/flowchart.html).
SAFE = re.compile(r"[A-Za-z0-9()]|(?<=[A-Za-z0-9)])[ ./:-](?=[A-Za-z0-9(])")
NAMELESS = "(no name)"  # a label must have something in it
SHAPES = {
    "internet": ('(("', '"))'),
    "vpc": ('(("', '"))'),
    "load-balancer": ('{{"', '"}}'),
    "workload": ('["', '"]'),
    "store": ('[("', '")]'),
    "service": ('(["', '"])'),
}


def text(foreign: str) -> str:
    """*foreign* as words in a quoted label: nothing of it is markup, and a long one is cut in the middle."""
    shown = escape(foreign) or NAMELESS
    if len(shown) > LONGEST:
        shown = f"{shown[: LONGEST // 2]}...{shown[-LONGEST // 3 :]}"
    return "".join(_coded(shown, at) for at in range(len(shown)))


def _coded(shown: str, at: int) -> str:
    return shown[at] if SAFE.match(shown, at) else f"#{ord(shown[at])};"


def flowchart(found: Dependencies, waves: Sequence[Wave]) -> tuple[str, int]:
    """The diagram, and how many of the workloads that use others or are used are not in it."""
    nodes, left = drawn(found, waves)
    number = {node.ident: f"n{at}" for at, node in enumerate(nodes, 1)}
    of_wave = {ident: wave.number for wave in waves for unit in wave.units for ident in unit.workloads}
    lines = ["flowchart LR"]
    lines += [f"  {_node(node, number)}" for node in nodes if node.ident not in of_wave]
    for wave in waves:
        its = [node for node in nodes if of_wave.get(node.ident) == wave.number]
        if its:
            title = f"Wave {wave.number}: background" if wave.background else f"Wave {wave.number}"
            lines += [f'  subgraph w{wave.number}["{title}"]', *(f"    {_node(node, number)}" for node in its), "  end"]
    arrows = [edge for edge in found.uses if edge.source in number and edge.target in number]
    lines += [f"  {number[edge.source]} {_arrow(edge)} {number[edge.target]}" for edge in arrows[:MOST_ARROWS]]
    return "\n".join(lines), left


def drawn(found: Dependencies, waves: Iterable[Wave]) -> tuple[list[Node], int]:
    """What has an arrow, as far as there is room: first workloads on which most depend, with what is beside them."""
    uses = found.uses
    ends = {ident for edge in uses for ident in (edge.source, edge.target)}
    known = {node.ident: node for node in found.nodes if node.ident in ends}
    size = {ident: unit.blast.size for wave in waves for unit in wave.units for ident in unit.workloads}
    ranked = sorted(
        (ident for ident in known if ident in size), key=lambda ident: (*map(_negative, size[ident]), ident)
    )
    near: dict[str, list[str]] = {ident: [] for ident in known}
    for edge in uses:
        near[edge.source].append(edge.target)
        near[edge.target].append(edge.source)
    chosen: set[str] = set()
    for ident in ranked:
        beside = {ident, *(other for other in near[ident] if other not in size)}
        if len(chosen | beside) <= MOST_NODES:
            chosen |= beside
    chosen |= _entries(uses, chosen)
    nodes = [node for node in found.nodes if node.ident in chosen]
    return nodes, sum(ident not in chosen for ident in ranked)


def _entries(uses: Iterable[Edge], chosen: set[str]) -> set[str]:
    """Who calls the load balancers among *chosen*: the internet, the network."""
    return {edge.source for edge in uses if edge.target in chosen and edge.source in ("internet", "vpc")}


def _negative(size: int) -> int:
    return -size


def _node(node: Node, number: dict[str, str]) -> str:
    before, after = SHAPES[node.kind]
    return f"{number[node.ident]}{before}{text(node.label)}{after}"


def _arrow(edge: Edge) -> str:
    return "==>" if edge.ecs_names else "-->"


def fenced(diagram: str) -> Iterator[str]:
    yield from ("```mermaid", *diagram.splitlines(), "```", "")
