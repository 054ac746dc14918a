"""Manifests as plain dicts, and the bundle that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.paths import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.paths import Path

Manifest = dict[str, Any]
Tree = Literal[
    "manifests",
    "traffic/ingress",
    "traffic/gateway",
    "traffic/load-balancer",  # Services of type LoadBalancer
    "traffic/target-group-binding",
    "monitoring",  # rules, monitors and dashboards: they need CRDs of their own, and pods that serve
    "traffic/background",  # turns on what `manifests` holds off: CronJobs, and workers without a port
]
BACKGROUND: Tree = "traffic/background"

TEMPLATES = {
    "Deployment": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
# What a Rollout takes over from the Deployment that it refers to; tables name it as the Deployment's.
OF_DEPLOYMENT = ("replicas", "progressDeadlineSeconds", "minReadySeconds", "selector")


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """Kubernetes' own word for which object is meant. `namespace` is empty for objects of the cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, manifest: Manifest) -> ObjectRef:
        metadata = manifest["metadata"]
        return cls(manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"])

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True, slots=True)
class Placed:
    """A manifest, its folder (`cluster`, `<namespace>/<workload>`, …) and the tree that the folder is in.

    Each tree is a kustomization of its own. What takes traffic never lies in `manifests`.
    """

    folder: str
    manifest: Manifest
    tree: Tree = "manifests"


@dataclass(frozen=True, slots=True)
class Bundle:
    """All generated objects, sorted by tree, folder and reference, each reference once.

    `handover` has those that take the place of others when EKS gets the background work.
    """

    objects: tuple[Placed, ...]
    handover: tuple[Placed, ...] = ()

    @classmethod
    def of(cls, objects: Iterable[Placed]) -> Bundle:
        known: dict[ObjectRef, Placed] = {}
        later: dict[ObjectRef, Placed] = {}
        for placed in objects:
            if placed.tree == BACKGROUND:
                later[ObjectRef.of(placed.manifest)] = placed
                continue
            ref = ObjectRef.of(placed.manifest)
            if ref in known and known[ref] != placed:
                raise AssertionError(f"two different objects are called {ref}")
            known[ref] = placed
        return cls(_sorted(known.values()), _sorted(later.values()))

    def tree(self, tree: Tree) -> list[Placed]:
        return [placed for placed in self.everything if placed.tree == tree]

    @property
    def everything(self) -> tuple[Placed, ...]:
        """With what is applied at the handover."""
        return (*self.objects, *self.handover)

    @property
    def manifests(self) -> list[Manifest]:
        return [placed.manifest for placed in self.objects]

    def find(self, kind: str, name: str) -> Manifest | None:
        return next((m for m in self.manifests if m["kind"] == kind and m["metadata"]["name"] == name), None)


def pod_template(manifest: Manifest) -> dict[str, Any]:
    """The pod template of a workload object; empty for other kinds."""
    steps = TEMPLATES.get(manifest["kind"], ())
    found: dict[str, Any] = manifest if steps else {}
    for step in steps:
        found = found[step]
    return found


def _sorted(objects: Iterable[Placed]) -> tuple[Placed, ...]:
    return tuple(sorted(objects, key=lambda p: (p.tree, p.folder, ObjectRef.of(p.manifest))))


def prune(value: Any) -> Any:
    """*value* without the keys that hold None; an empty map or list is something said and stays."""
    if isinstance(value, dict):
        return {key: prune(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        return [prune(child) for child in value]
    return value


def places(manifest: Manifest) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each leaf of *manifest* as the tables name places: kind first, no list indices, pod templates under `Pod`.

    What a Rollout takes over from its Deployment stands under `Deployment`.

    Init containers count as containers: which list a container is in follows from its role.
    """
    for path, value in leaves(manifest):
        yield place(manifest["kind"], path), value


@lru_cache(maxsize=100_000)  # objects of one kind share most of their paths
def place(kind: str, path: Path) -> tuple[str, ...]:
    """What tables call the leaf at *path* of an object of *kind*."""
    template = TEMPLATES.get(kind, ())
    steps = tuple(step for step in path if isinstance(step, str))
    if kind == "Rollout" and steps[:1] == ("spec",) and steps[1:2] and steps[1] in OF_DEPLOYMENT:
        return ("Deployment", *steps)
    if template and steps[: len(template)] == template:
        return ("Pod", *("containers" if step == "initContainers" else step for step in steps[len(template) :]))
    return (kind, *steps)
