"""One workload as a drawing: what leads to it, its Services, its pod with the containers, and what the pod leans on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ecs2k8s.report.drawing import BOX_HEIGHT, Box, Drawing, Line, box, curve
from ecs2k8s.report.eks_facts import ROLE, RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.assess.dependencies import Dependencies
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.report.eks_facts import Objects

WIDTH, GAP, STEP, EDGE = 196, 44, BOX_HEIGHT + 8, 10
COLUMNS = [EDGE + at * (WIDTH + GAP) for at in range(4)]
MOST = 6  # boxes of one column; the last says how many more there are
CALLED = {"workload": "Calls", "store": "Data store", "service": "AWS service", "load-balancer": "Calls"}
STORES = {"EmptyDir": "Volume", "PersistentVolumeClaim": "Claim"}


class Item(NamedTuple):
    """A box that is to be drawn. `key` is what lines are drawn to."""

    style: str
    kind: str
    name: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the drawing shows beside the objects of the workload; `fronts` are by the Service that they lead to."""

    fronts: Mapping[str, Sequence[str]]
    callers: Sequence[str] = ()
    called: Sequence[tuple[str, str]] = ()  # kind and name


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The graph by its ends, uses only."""

    labels: Mapping[str, tuple[str, str]]  # kind and label of each node
    into: Mapping[str, Sequence[str]]
    out: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, graph: Dependencies) -> Neighbours:
        into: dict[str, list[str]] = defaultdict(list)
        out: dict[str, list[str]] = defaultdict(list)
        for edge in graph.uses:
            into[edge.target].append(edge.source)
            out[edge.source].append(edge.target)
        return cls({node.ident: (node.kind, node.label) for node in graph.nodes}, into, out)

    def callers(self, ident: str) -> list[str]:
        """Workloads that call it."""
        found = (self.labels[each] for each in self.into.get(ident, ()))
        return [label for kind, label in found if kind == "workload"]

    def called(self, ident: str) -> list[tuple[str, str]]:
        """What it calls, with the word for its kind."""
        found = (self.labels[each] for each in self.out.get(ident, ()))
        return [(CALLED[kind], label) for kind, label in found if kind in CALLED]


def picture(ident: str, name: str, objects: Objects, parts: Parts) -> Drawing:
    """The drawing called *ident* of the workload *name*."""
    services = [Item("service", "Service", each["metadata"]["name"]) for each in objects.of("Service")]
    fronts = [
        Item("front", line.partition(" ")[0], line.partition(" ")[2], item.name)
        for item in services
        for line in parts.fronts.get(item.name, ())
    ]
    fronts += [Item("front", "Called by", each, services[0].name) for each in parts.callers if services]
    right = _leans_on(objects, parts)
    pod, inside = _pod(objects)
    columns = [_capped(fronts), _capped(services), inside, _capped(right)]
    height = max(STEP * max(len(columns[0]), len(columns[1]), len(columns[3])), pod.height if pod else 0) + 2 * EDGE
    left, middle = (_column(items, COLUMNS[at], height) for at, items in enumerate(columns[:2]))
    leaned_on = _column(columns[3], COLUMNS[3], height)
    centre = [_moved(each, (height - pod.height) // 2) for each in (pod, *inside_boxes(inside))] if pod else []
    lines = _lines(columns, left, middle, centre[:1], leaned_on)
    said = _said(name, columns, pod)
    boxes = (*left, *middle, *centre, *leaned_on)
    return Drawing(ident, COLUMNS[3] + WIDTH + EDGE, height, f"{name} on EKS", said, boxes, tuple(lines))


def _pod(objects: Objects) -> tuple[Box | None, list[Item]]:
    runs = objects.of(*RUNS)
    if not runs:
        return None, []
    containers = objects.containers
    first = len(objects.pod.get("spec", {}).get("initContainers", []))
    items = [
        Item("container", "Init container" if at < first else "Container", each["name"])
        for at, each in enumerate(containers)
    ]
    inside = _capped(items)
    label = box(COLUMNS[2], 0, WIDTH, "pod", _pods(runs[0]), runs[0]["metadata"]["name"])
    return Box(label.x, 0, WIDTH, STEP * len(inside) + 52, "pod", label.kind, label.label, label.full), inside


def _pods(manifest: Manifest) -> str:
    count = manifest["spec"].get("replicas")
    return f"{manifest['kind']}, {count} pods" if count is not None else str(manifest["kind"])


def inside_boxes(items: Sequence[Item]) -> list[Box]:
    return [
        box(COLUMNS[2] + 8, 44 + at * STEP, WIDTH - 16, item.style, item.kind, item.name)
        for at, item in enumerate(items)
    ]


def _leans_on(objects: Objects, parts: Parts) -> list[Item]:
    found = [Item("store", kind, name) for kind, name in parts.called]
    secrets = {
        env["valueFrom"]["secretKeyRef"]["name"]
        for each in objects.containers
        for env in each.get("env", [])
        if "secretKeyRef" in env.get("valueFrom", {})
    }
    found += [Item("secret", "Secret", name) for name in sorted(secrets)]
    for volume in objects.pod.get("spec", {}).get("volumes", []):
        kind = next((key for key in volume if key != "name"), "emptyDir")
        kind = kind[:1].upper() + kind[1:]
        found.append(Item("volume", STORES.get(kind, kind), volume["name"]))
    roles = [each["metadata"].get("annotations", {}).get(ROLE) for each in objects.of("ServiceAccount")]
    return found + [Item("role", "IAM role", role.rpartition("/")[2]) for role in roles if role]


def _capped(items: list[Item]) -> list[Item]:
    """All of them, or the first ones and a box that says how many more there are."""
    if len(items) <= MOST:
        return items
    return [*items[: MOST - 1], Item("more", "and", f"{len(items) - MOST + 1} more")]


def _column(items: Sequence[Item], x: int, height: int) -> list[Box]:
    top = (height - STEP * len(items) + STEP - BOX_HEIGHT) // 2
    return [box(x, top + at * STEP, WIDTH, item.style, item.kind, item.name) for at, item in enumerate(items)]


def _moved(each: Box, down: int) -> Box:
    return Box(each.x, each.y + down, each.width, each.height, each.style, each.kind, each.label, each.full)


def _lines(
    columns: Sequence[Sequence[Item]],
    left: Sequence[Box],
    middle: Sequence[Box],
    pod: Sequence[Box],
    leaned_on: Sequence[Box],
) -> list[Line]:
    at = {item.name: box for item, box in zip(columns[1], middle, strict=True)}
    found = [
        Line(curve(front.right, at[item.key].left), f"{item.name} to {item.key}")
        for item, front in zip(columns[0], left, strict=True)
        if item.key in at
    ]
    for each in pod:
        found += [Line(curve(service.right, each.left), f"{service.full} to the pods") for service in middle]
        found += [Line(curve(each.right, other.left), f"the pods to {other.full}") for other in leaned_on]
    return found


def _said(name: str, columns: Sequence[Sequence[Item]], pod: Box | None) -> str:
    if not pod:
        return f"{name} becomes nothing: see the errors."
    words = ("Reached through", "by", "The pods hold", "They lean on")
    parts = [
        f"{word} {', '.join(f'{item.kind} {item.name}' for item in items)}."
        for word, items in zip(words, columns, strict=True)
        if items
    ]
    return f"{pod.kind} {pod.full}. {' '.join(parts)}"
