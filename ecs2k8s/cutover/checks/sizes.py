"""T21: how much of vCPU and memory both fleets hold, hour by hour. What that costs is in no answer of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.quantity import quantity
from ecs2k8s.core.units import cpu_units, task_mebibytes
from ecs2k8s.cutover.checks.deployers import described, services
from ecs2k8s.cutover.checks.pods import live, workloads
from ecs2k8s.cutover.checks.scene import Said, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

UNITS, MIB, GIB = 1_024, 1_024, 2**30  # of ECS in a vCPU and in a GiB; bytes
Size = tuple[float, float]  # vCPU and GiB


def sizes(scene: Scene, step: Step) -> Result:
    """Shown, never judged: as ECS reserves for tasks that run, and as pods that are ready ask for."""
    del step
    ecs = _sum(_service(scene, arn) for arn in services(scene.plan))
    eks = _sum(_workload(scene, manifest) for manifest in workloads(scene))
    parts = [Said("pass", _words("ECS", ecs)), Said("pass", _words("EKS", eks))]
    return told("T21", scene.plan.unit, parts, value={"ecs": list(ecs), "eks": list(eks)})


def _words(side: str, size: Size) -> str:
    return f"each hour {side} holds {size[0]:,.2f} vCPU and {size[1]:,.2f} GiB"


def _sum(found: Iterable[Size]) -> Size:
    its = list(found)
    return round(sum(cpu for cpu, _ in its), 3), round(sum(memory for _, memory in its), 3)


def _service(scene: Scene, arn: str) -> Size:
    service = described(scene, arn)
    if service is None:
        return 0.0, 0.0
    answer = scene.asked("ecs.DescribeTaskDefinition", taskDefinition=service["taskDefinition"])
    task = (answer or {}).get("taskDefinition") or {}
    cpu, memory = (_of_task(task, key) for key in ("cpu", "memory"))
    return service["runningCount"] * cpu / UNITS, service["runningCount"] * memory / MIB


def _of_task(task: Mapping[str, Any], key: str) -> float:
    """What the task has, else what its containers reserve."""
    if task.get(key):
        return float({"cpu": cpu_units, "memory": task_mebibytes}[key](str(task[key])) or 0)
    containers = task.get("containerDefinitions", ())
    reserved = "memoryReservation" if key == "memory" else key
    return float(sum(each.get(reserved) or each.get(key) or 0 for each in containers))


def _workload(scene: Scene, manifest: Manifest) -> Size:
    found = live(scene, manifest) or {}
    ready = found.get("status", {}).get("readyReplicas", found.get("status", {}).get("numberReady", 0))
    spec = found.get("spec", {}).get("template", {}).get("spec", {})
    whole = (spec.get("resources") or {}).get("requests") or {}
    asked = [(each.get("resources") or {}).get("requests") or {} for each in spec.get("containers", ())]
    cpu, memory = (_asked(whole, asked, key) for key in ("cpu", "memory"))
    return ready * cpu, ready * memory / GIB


def _asked(whole: Mapping[str, Any], containers: Iterable[Mapping[str, Any]], key: str) -> float:
    """Of the pod, else of its containers."""
    if key in whole:
        return float(quantity(whole[key]))
    return float(sum(quantity(each.get(key, 0)) for each in containers))
