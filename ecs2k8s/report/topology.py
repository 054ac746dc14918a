"""Who calls whom as a drawing: columns from the internet to the data stores, the same for the same graph."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from ecs2k8s.report.drawing import BOX_HEIGHT, Box, Drawing, Line, box, curve
from ecs2k8s.report.topology_groups import clusters, links

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.assess.decisions import Word
    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.report.topology_groups import Cluster, Link

WIDTH, GAP, STEP, EDGE = 172, 48, BOX_HEIGHT + 14, 12
DEEPEST = 3  # columns of workloads, less one
SWEEPS = 4
MOST_MAY = 40  # dashed lines
MOST_NAMES = 12  # that the text of a box lists
Places = dict[int, tuple[int, int]]  # column and row of each cluster


def topology(found: Dependencies, idents: Mapping[str, str], words: Mapping[str, Word]) -> Drawing | None:
    """*idents*: where on the page each workload is; *words*: what is decided of it. None without a graph."""
    if not found.nodes:
        return None
    groups = clusters(found)
    lines = links(found, groups)
    drawn = [link for link in lines if not link.may_only]
    drawn += [link for link in lines if link.may_only][:MOST_MAY]
    places = _rows(_columns(groups, lines), drawn)
    tallest = max(row for _, row in places.values()) + 1
    boxes = [_box(group, places[at], tallest, places, idents, words) for at, group in enumerate(groups)]
    return Drawing(
        "topology-drawing",
        2 * EDGE + (max(column for column, _ in places.values()) + 1) * (WIDTH + GAP) - GAP // 2,  # room for bows
        2 * EDGE + tallest * STEP - (STEP - BOX_HEIGHT),
        "Who calls whom",
        _said(found, groups, len(lines) - len(drawn)),
        tuple(boxes),
        tuple(_line(link, groups, boxes, places) for link in drawn),
        arrows=True,
    )


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


def _rows(columns: Sequence[int], drawn: Sequence[Link]) -> Places:
    """Each column in the order of the mean row of its neighbours, a few times to and fro."""
    members: dict[int, list[int]] = defaultdict(list)
    for at, column in enumerate(columns):
        members[column].append(at)
    near: dict[int, list[int]] = defaultdict(list)
    for link in drawn:
        near[link.source].append(link.target)
        near[link.target].append(link.source)
    row = {at: place for group in members.values() for place, at in enumerate(group)}
    for sweep in range(SWEEPS):
        for column in sorted(members, reverse=bool(sweep % 2)):
            means = {at: fmean([row[each] for each in near[at]] or [row[at]]) for at in members[column]}
            members[column].sort(key=lambda at: (means[at], at))
            row |= {at: place for place, at in enumerate(members[column])}
    return {at: (columns[at], row[at]) for at in range(len(columns))}


def _box(  # noqa: PLR0913, PLR0917
    group: Cluster,
    place: tuple[int, int],
    tallest: int,
    places: Places,
    idents: Mapping[str, str],
    words: Mapping[str, Word],
) -> Box:
    column, row = place
    count = sum(each == column for each, _ in places.values())
    top = EDGE + (tallest - count) * STEP // 2 + row * STEP
    ident = group.nodes[0].ident if len(group.nodes) == 1 else ""
    word = group.word[:1].upper() + group.word[1:] + (f", {words[ident]}" if ident in words else "")
    made = box(EDGE + column * (WIDTH + GAP), top, WIDTH, group.kind, word, group.label, idents.get(ident, ""))
    return replace(made, full=_names(group)) if len(group.nodes) > 1 else made


def _names(group: Cluster) -> str:
    more = len(group.nodes) - MOST_NAMES
    return ", ".join(node.label for node in group.nodes[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _line(link: Link, groups: Sequence[Cluster], boxes: Sequence[Box], places: Places) -> Line:
    source, target = boxes[link.source], boxes[link.target]
    forward = places[link.source][0] < places[link.target][0]
    path = curve(source.right, target.left) if forward else curve(source.left, target.right)
    if places[link.source][0] == places[link.target][0]:
        path = _bow(source, target)
    title = f"{groups[link.source].label} to {groups[link.target].label}: {_shown(link)}"
    return Line(path, title, link.may_only)


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
