from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from ecs2k8s.assess.dependencies import Dependencies, Edge, Node
from ecs2k8s.pipeline import translate
from ecs2k8s.report.topology import topology
from ecs2k8s.report.topology_groups import MOST, clusters, links
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.report.drawing import Box, Drawing


def graph(workloads: int, spaces: int, *, circle: bool = False) -> Dependencies:
    """Workloads over namespaces, each with a store of its own, each calling the next."""
    names = [f"space-{at % spaces}/w{at}" for at in range(workloads)]
    nodes = [Node("internet", "internet", "Internet"), *(Node("workload", name, name) for name in names)]
    nodes += [Node("store", f"db{at}", f"db{at}") for at in range(workloads)]
    edges = [Edge(name, f"db{at}", ("environment",)) for at, name in enumerate(names)]
    edges += [Edge(one, other, ("security-group",)) for one, other in itertools.pairwise(names)]
    edges += (
        [Edge(names[-1], names[0], ("environment",)), Edge(names[0], names[-1], ("environment",))] if circle else []
    )
    return Dependencies(tuple(nodes), tuple(sorted(edges)))


@pytest.mark.parametrize(("workloads", "spaces"), [(3, 1), (17, 2), (60, 3), (400, 40), (900, 900)])
def test_every_node_stands_in_one_box_and_there_are_not_too_many(workloads: int, spaces: int) -> None:
    found = graph(workloads, spaces)
    groups = clusters(found)
    assert len(groups) <= MOST
    assert sorted(node for group in groups for node in group.nodes) == sorted(found.nodes)
    between = {edge for link in links(found, groups) for edge in link.edges}
    inside = {edge for edge in found.edges if edge not in between}
    of_node = {node.ident: at for at, group in enumerate(groups) for node in group.nodes}
    assert all(of_node[edge.source] == of_node[edge.target] for edge in inside)


@pytest.mark.parametrize("found", [graph(8, 1), graph(8, 1, circle=True), graph(300, 3, circle=True)])
def test_the_drawing_is_the_same_for_the_same_graph_and_nothing_leaves_it(found: Dependencies) -> None:
    drawing = topology(found, {}, {})
    assert drawing
    assert drawing == topology(found, {}, {})
    _stays_inside(drawing)


def _stays_inside(drawing: Drawing) -> None:
    taken = set()
    for box in drawing.boxes:
        assert (box.x, box.y) not in taken, "two boxes in one place"
        taken.add((box.x, box.y))
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
    for line in drawing.lines:
        points = list(points_of(line.path))
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in points)
        behind = [box.full for box in drawing.boxes if any(_inside(box, point) for point in points)]
        assert not behind, f"{line.title} runs behind {behind}"


def points_of(path: str) -> Iterator[tuple[float, float]]:
    """Points of a path of SVG that knows M, C and H."""
    x = y = 0.0
    for letter, text in re.findall(r"([MCH])([^MCH]*)", path):
        numbers = [float(number) for number in text.split()]
        if letter == "M":
            x, y = numbers
        elif letter == "H":
            yield from ((x + (numbers[0] - x) * part / 20, y) for part in range(21))
            x = numbers[0]
        else:
            one, two, end = zip(numbers[::2], numbers[1::2], strict=True)
            for at in (part / 20 for part in range(21)):
                weights = (1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at**2 * (1 - at), at**3
                corners = ((x, y), one, two, end)
                across, down = (
                    sum(weight * corner[axis] for weight, corner in zip(weights, corners, strict=True))
                    for axis in (0, 1)
                )
                yield across, down
            x, y = end


def _inside(box: Box, point: tuple[float, float]) -> bool:
    """Not at its edge: there lines begin and end."""
    return box.x < point[0] < box.x + box.width and box.y < point[1] < box.y + box.height


@pytest.mark.parametrize("name", SAMPLES)
def test_each_workload_of_a_sample_has_its_box(name: str) -> None:
    translation = translate(*estate(name))
    drawing = topology(translation.dependencies, {}, {})
    assert drawing
    _stays_inside(drawing)
    shown = {box.full for box in drawing.boxes}
    assert {node.label for node in translation.dependencies.nodes if node.kind == "workload"} <= shown


def test_no_graph_is_no_drawing() -> None:
    assert topology(Dependencies(), {}, {}) is None
