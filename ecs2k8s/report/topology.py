"""Who calls whom as a drawing: columns from the internet to the data stores, the same for the same graph."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s.core.listing import listed
from ecs2k8s.report.drawing import BOX_HEIGHT, Box, Drawing, Line, box
from ecs2k8s.report.layers import layered
from ecs2k8s.report.topology_groups import clusters, links

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.assess.decisions import Word
    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.report.layers import Layers
    from ecs2k8s.report.topology_groups import Cluster, Link

WIDTH, GAP, STEP, EDGE = 172, 48, BOX_HEIGHT + 14, 12
LANE = 14  # height of a line that passes a column
DEEPEST = 3  # columns of workloads, less one
MOST_MAY = 40  # dashed lines
MOST_NAMES = 12  # that the text of a box lists


def topology(found: Dependencies, idents: Mapping[str, str], words: Mapping[str, Word]) -> Drawing | None:
    """*idents*: where on the page each workload is; *words*: what is decided of it. None without a graph."""
    if not found.nodes:
        return None
    groups = clusters(found)
    lines = links(found, groups)
    drawn = [link for link in lines if not link.may_only]
    drawn += [link for link in lines if link.may_only][:MOST_MAY]
    columns = _columns(groups, lines)
    layers = layered(columns, [(link.source, link.target) for link in drawn], STEP, LANE)
    boxes = [_box(group, at, columns, layers, idents, words) for at, group in enumerate(groups)]
    paths = [_line(link, groups, boxes, columns, layers) for link in drawn]
    lowest = max([each.y + BOX_HEIGHT for each in boxes] + [_bottom(layers)])
    return Drawing(
        "topology-drawing",
        2 * EDGE + (max(columns) + 1) * (WIDTH + GAP) - GAP // 2,  # room for bows
        lowest + EDGE,
        "Who calls whom",
        _said(found, groups, len(lines) - len(drawn)),
        tuple(boxes),
        tuple(paths),
        arrows=True,
    )


def _bottom(layers: Layers) -> int:
    """Of the lines that pass below all boxes."""
    return max((_height(middle) for lane in layers.lanes.values() for _, middle in lane), default=0)


def _height(middle: float) -> int:
    return EDGE + round(middle) - (STEP - BOX_HEIGHT) // 2


def _columns(groups: Sequence[Cluster], lines: Sequence[Link]) -> list[int]:
    """Internet, load balancers, workloads by how deep they are called, and last what is ours to call only."""
    depth = _depths(groups, [link for link in lines if not link.may_only])
    last = 3 + max((depth[at] for at, group in enumerate(groups) if group.kind == "workload"), default=0)
    first = {"internet": 0, "vpc": 0, "load-balancer": 1, "store": last, "service": last}
    used = [first.get(group.kind, 2 + depth[at]) for at, group in enumerate(groups)]
    packed = {column: at for at, column in enumerate(sorted(set(used)))}
    return [packed[column] for column in used]


def _depths(groups: Sequence[Cluster], strong: Sequence[Link]) -> list[int]:
    """How many calls of workloads lead to each; a circle is cut where the second look finds it."""
    callers: dict[int, list[int]] = defaultdict(list)
    for link in strong:
        if groups[link.source].kind == groups[link.target].kind == "workload":
            callers[link.target].append(link.source)
    depth = [0] * len(groups)
    for _ in range(DEEPEST):  # each round lets one more call be seen; circles stop at the deepest column
        depth = [max((min(depth[each] + 1, DEEPEST) for each in callers[at]), default=0) for at in range(len(groups))]
    return depth


def _box(  # noqa: PLR0913, PLR0917
    group: Cluster,
    at: int,
    columns: Sequence[int],
    layers: Layers,
    idents: Mapping[str, str],
    words: Mapping[str, Word],
) -> Box:
    top = _height(layers.middles[at]) - BOX_HEIGHT // 2
    ident = group.nodes[0].ident if len(group.nodes) == 1 else ""
    word = group.word[:1].upper() + group.word[1:] + (f", {words[ident]}" if ident in words else "")
    made = box(_left(columns[at]), top, WIDTH, group.kind, word, group.label, idents.get(ident, ""))
    return (
        replace(made, full=listed([node.label for node in group.nodes], MOST_NAMES)) if len(group.nodes) > 1 else made
    )


def _left(column: int) -> int:
    return EDGE + column * (WIDTH + GAP)


def _line(link: Link, groups: Sequence[Cluster], boxes: Sequence[Box], columns: Sequence[int], layers: Layers) -> Line:
    source, target = boxes[link.source], boxes[link.target]
    title = f"{groups[link.source].label} to {groups[link.target].label}: {_shown(link)}"
    if columns[link.source] == columns[link.target]:
        return Line(_bow(source, target), title, link.may_only)
    right = columns[link.source] < columns[link.target]
    passed = [(_left(column), _height(middle)) for column, middle in layers.lanes[link.source, link.target]]
    return Line(_through(source, target, passed, right=right), title, link.may_only)


def _through(source: Box, target: Box, passed: Sequence[tuple[int, int]], *, right: bool) -> str:
    """From box to box: curves where there are none, and level where a column of them is *passed*."""
    start, end = (source.right, target.left) if right else (source.left, target.right)
    path, at = f"M{start[0]} {start[1]}", start
    for left, height in passed:
        near, far = (left, left + WIDTH) if right else (left + WIDTH, left)
        path += f"{_bend(at, (near, height))}H{far}"
        at = far, height
    return path + _bend(at, end)


def _bend(start: tuple[int, int], end: tuple[int, int]) -> str:
    middle = (start[0] + end[0]) // 2
    return f"C{middle} {start[1]} {middle} {end[1]} {end[0]} {end[1]}"


def _bow(source: Box, target: Box) -> str:
    """Out to the right and back, where both are in one column."""
    (x, start), (_, end) = source.right, target.right
    return f"M{x} {start}C{x + GAP // 2} {start} {x + GAP // 2} {end} {x} {end}"


def _shown(link: Link) -> str:
    if len(link.edges) > 1:
        return f"{len(link.edges)} connections"
    edge = link.edges[0]
    return ", ".join(part for part in (edge.ports, *edge.via) if part) or " and ".join(edge.evidence)


def _said(found: Dependencies, groups: Sequence[Cluster], left: int) -> str:
    uses = len(found.uses)
    said = [f"{len(found.nodes)} things with {uses} known calls and {len(found.edges) - uses} permissions."]
    if len(groups) < len(found.nodes):
        said.append("A box stands for all that have the same kinds of neighbours.")
    if left:
        said.append(f"{left} dashed lines are not drawn.")
    if found.wide:
        said.append(f"Permissions of many for many are in the table only: {len(found.wide)}.")
    return " ".join(said)
