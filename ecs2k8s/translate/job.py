"""One-off tasks as Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.deployment import object_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.pod import Pod

KEEP = {"karpenter.sh/do-not-disrupt": "true", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}


def job(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """Nobody restarts a one-off task in ECS: one pod, no retry, not evicted by an autoscaler; suspended at first."""
    if not workload.is_job:
        return
    held = target.background == "ecs"
    if held:
        note(workload.task, "taskDefinitionArn", "job-suspended", namespace=workload.namespace, name=workload.name)
    metadata = pod.template["metadata"]
    template = pod.template | {"metadata": metadata | {"annotations": metadata.get("annotations", {}) | KEEP}}
    spec = {"suspend": True if held else None, "backoffLimit": 0, "template": template}
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": object_metadata(workload), "spec": spec}
    yield Placed(workload.folder, prune(manifest))
