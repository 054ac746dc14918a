"""The objects of Kubernetes that a unit needs, file by file, in the order in which they have to be applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import BACKGROUND
from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.planning.moves import back, move
from ecs2k8s.render import PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.cutover.plan import Move
    from ecs2k8s.cutover.planning.ground import Ground

FILES = "kubernetes.kustomization"
ABSENT = "absent"  # the state of an object that is not there
BINDINGS = "traffic/target-group-binding"
# What makes pods or counts them: it comes after the binding, because gates are injected only into pods made after it.
MAKERS = (
    *("Deployment", "DaemonSet", "Rollout", "CronJob", "Job"),
    *("PodDisruptionBudget", "HorizontalPodAutoscaler", "ScaledObject"),
)


def shared(ground: Ground, unit: Unit) -> list[str]:
    """Files of namespaces, of what their workloads share, and of the cluster."""
    spaces = {workload.namespace for workload in ground.of(unit)}
    folders = {"cluster", *spaces, *(f"{space}/shared" for space in spaces)}
    return _files(ground, lambda placed: placed.tree == "manifests" and placed.folder in folders)


def without_pods(ground: Ground, unit: Unit) -> list[str]:
    return _files(ground, lambda placed: _is_own(placed, unit) and placed.manifest["kind"] not in MAKERS)


def with_pods(ground: Ground, unit: Unit) -> list[str]:
    return _files(ground, lambda placed: _is_own(placed, unit) and placed.manifest["kind"] in MAKERS)


def bindings(ground: Ground, groups: Iterable[str]) -> list[str]:
    """The bindings of the target groups of these names."""
    names = set(groups)
    return _files(
        ground, lambda placed: placed.tree == BINDINGS and placed.manifest["spec"].get("targetGroupName") in names
    )


def background(ground: Ground, ident: str) -> list[str]:
    """What turns on the work of a workload."""
    return _files(ground, lambda placed: placed.tree == BACKGROUND and placed.folder == ident)


def applied(ground: Ground, files: Iterable[str]) -> tuple[Move, ...]:
    """From absent to what the files hold."""
    its = {file: dict(ground.lying[file]) for file in files}
    return tuple(move(Thing(FILES, file), dict.fromkeys(wanted, ABSENT), wanted) for file, wanted in its.items())


def deleted(ground: Ground, files: Iterable[str]) -> tuple[Move, ...]:
    """From what the files hold to absent, the last applied first."""
    return back(applied(ground, files))


def _is_own(placed: Placed, unit: Unit) -> bool:
    return placed.tree == "manifests" and placed.folder in unit.workloads


def _files(ground: Ground, wanted: Callable[[Placed], bool]) -> list[str]:
    """Each once: several objects may lie in a file."""
    place = PLACES[ground.target.format]
    found = (place(placed) for placed in ground.translation.bundle.everything if wanted(placed))
    return list(dict.fromkeys(found))
