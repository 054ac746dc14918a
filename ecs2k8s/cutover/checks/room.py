"""L17: memory that pods use of what they may, and whether their CPU can be throttled, as metrics.k8s.io has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.quantity import quantity
from ecs2k8s.cutover.checks.pods import pods_of, workloads
from ecs2k8s.cutover.checks.scene import LacksError, Said, told
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

METRICS = ("metrics.k8s.io/v1beta1", "PodMetrics")
MOST = 0.8  # of the limit of memory
Usage = dict[tuple[str, str], dict[str, Any]]  # by pod and container


def room(scene: Scene, step: Step) -> Result:
    """Only a container with a limit of CPU is throttled, and how often is in no answer of this API."""
    del step
    most = scene.threshold("memory-part", MOST)
    parts = [said for manifest in workloads(scene) for said in _workload(scene, manifest, most)]
    return told("L17", scene.plan.unit, parts, threshold=most)


def _workload(scene: Scene, manifest: Manifest, most: float) -> Iterator[Said]:
    usage = _usage(scene, manifest["metadata"].get("namespace", ""))
    for pod in pods_of(scene, manifest):
        for container in pod["spec"].get("containers", ()):
            name = f"{pod['metadata']['name']}/{container['name']}"
            limits = (container.get("resources") or {}).get("limits") or {}
            used = usage.get((pod["metadata"]["name"], container["name"]))
            yield _memory(name, limits, used, most)
            if "cpu" in limits:
                shown = f"it uses {used['cpu']} of {limits['cpu']}" if used else "its use is not known"
                yield Said("inconclusive", f"{name}: has a limit of CPU, {shown}: see how often it is throttled")


def _memory(name: str, limits: Mapping[str, Any], used: Mapping[str, Any] | None, most: float) -> Said:
    if used is None:
        return Said("inconclusive", f"{name}: nobody measured it yet")
    if "memory" not in limits:
        return Said("pass", f"{name}: {used['memory']} of memory, without a limit")
    part = float(quantity(used["memory"]) / quantity(limits["memory"]))
    said = f"{name}: {part:.0%} of the memory that it may have"
    return Said("pass" if part < most else "fail", said)


def _usage(scene: Scene, namespace: str) -> Usage:
    try:
        found = scene.listed(*METRICS, namespace)
    except LacksError:
        raise
    except UnreadableError as error:
        raise LacksError(f"metrics of pods ({METRICS[0]}): {error}") from error
    return {(pod["metadata"]["name"], each["name"]): each["usage"] for pod in found for each in pod["containers"]}
