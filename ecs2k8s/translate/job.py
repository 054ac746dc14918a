"""One-off tasks as Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.schedule import moment
from ecs2k8s.translate.deployment import object_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.pod import Pod

LONG = 7  # days after which it is more than one run
KEEP = {"karpenter.sh/do-not-disrupt": "true", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}


def job(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """Nobody restarts a one-off task in ECS: one pod, no retry, not evicted by an autoscaler; suspended at first."""
    if workload.kind != "Job" or workload.schedule:
        return
    _say_run(workload)
    held = target.background == "ecs"
    if held:
        note(workload.task, "taskDefinitionArn", "job-suspended", namespace=workload.namespace, name=workload.name)
    spec = {"suspend": True if held else None, "backoffLimit": 0, "template": kept(pod)}
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": object_metadata(workload), "spec": spec}
    yield Placed(workload.folder, prune(manifest))


def kept(pod: Pod) -> dict[str, Any]:
    """The template of a pod that no autoscaler moves, because nothing would run it again."""
    metadata = pod.template["metadata"]
    return pod.template | {"metadata": metadata | {"annotations": metadata.get("annotations", {}) | KEEP}}


def _say_run(workload: Workload) -> None:
    """Who starts it must start the Job; one that has run for a week is rather a service that nobody made one."""
    task = workload.task
    starter = str(task.get("startedBy", "")) or "nobody that is known"
    note(task, "startedBy" if "startedBy" in task else "taskDefinitionArn", "one-off-task", starter=starter)
    begun = moment(task.get("startedAt"))
    if begun and workload.read and (workload.read - begun).days > LONG:
        note(task, "startedAt", "one-off-task-of-weeks", days=(workload.read - begun).days)
