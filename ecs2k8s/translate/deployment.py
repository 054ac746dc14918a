"""The workload's own object: Deployment or DaemonSet, replicas and rolling update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.autoscaling import autoscaling
from ecs2k8s.translate.tags import tag_annotation, tag_labels, workload_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.pod import Pod

SETTLE = 40  # seconds after RUNNING when ECS counts a task without any check as healthy
LEAST_PROGRESS, LONGEST_START = 600, 3600
Fragment = dict[str, Any]


def deployment(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """The Deployment or DaemonSet of a service, or the Deployment of a task definition that nothing refers to."""
    if workload.is_job:
        return
    daemon = workload.kind == "DaemonSet"
    settle = (
        SETTLE if workload.service and not pod.checked and not workload.configuration.get("loadBalancers") else None
    )
    spec: Fragment = {}
    if daemon:
        _note_daemon(workload)
        spec["updateStrategy"] = _daemon_update(workload)
    else:
        replicas = desired(workload)
        scaled = autoscaling(workload, target)
        spec["replicas"] = given(workload, pod, target)
        spec["strategy"] = strategy(workload, replicas, scaled=scaled is not None)
        spec["progressDeadlineSeconds"] = max(LEAST_PROGRESS, min(pod.deadline, LONGEST_START) + (settle or 0) + 300)
    spec |= {"minReadySeconds": settle, "selector": {"matchLabels": workload.selector}, "template": pod.template}
    manifest = {"apiVersion": "apps/v1", "kind": workload.kind, "metadata": object_metadata(workload), "spec": spec}
    yield Placed(workload.folder, prune(manifest))


def object_metadata(workload: Workload) -> Fragment:
    """Metadata of the object that stands for the workload: all tags, and where it comes from."""
    tags = workload_tags(workload)
    metadata = workload.metadata()
    annotations = workload.lineage | tag_annotation(tags)
    if "taskDefinitionArn" in workload.definition:
        annotations["ecs2k8s.io/task-definition-arn"] = str(workload.definition["taskDefinitionArn"])
    if "revision" in workload.definition:
        annotations["ecs2k8s.io/task-definition-revision"] = str(workload.definition["revision"])
    return metadata | {"labels": tag_labels(tags) | workload.labels, "annotations": annotations or None}


def desired(workload: Workload) -> int:
    """How many tasks ECS wants; 1 where nothing refers to the task definition. A task set has its own scale.

    What the user said of a part, or of what is left beside the parts, comes first.
    """
    count = int(workload.service.get("desiredCount", 1))
    scale = workload.configuration.get("scale")
    if workload.size.replicas is not None:
        return workload.size.replicas
    if scale is None or workload.configuration is workload.service:
        return count
    return -(-count * int(scale.get("value", 100)) // 100)


def held(workload: Workload, pod: Pod, replicas: int, target: Target) -> int:
    """A worker without any port waits with no replicas, so that nothing is consumed twice while ECS still runs it."""
    if not replicas or not _waits(workload, pod, target):
        return replicas
    key = "desiredCount" if "desiredCount" in workload.service else "serviceName"
    note(
        workload.service, key, "held-for-handover", replicas=replicas, namespace=workload.namespace, name=workload.name
    )
    return 0


def _waits(workload: Workload, pod: Pod, target: Target) -> bool:
    """Whether it is a service without any port, which nothing but its own work shows to be running."""
    spec = pod.template["spec"]
    ports = any("ports" in container for container in (*spec.get("initContainers", ()), *spec["containers"]))
    return bool(workload.service) and not ports and target.background == "ecs"


def given(workload: Workload, pod: Pod, target: Target) -> int | None:
    """The replicas to write: None where an autoscaler owns them. None of them scales what is written as 0."""
    replicas, scaled = desired(workload), autoscaling(workload, target)
    now = held(workload, pod, replicas, target)
    if scaled is None or workload.scaling is None:
        return now
    idle = not replicas and scaled.minimum == 0 and not _waits(workload, pod, target)
    key = "desiredCount" if "desiredCount" in workload.service else "serviceName"
    where = {"namespace": workload.namespace, "name": workload.name}
    if now or idle:
        note(workload.service, key, "count-left-to-autoscaler", replicas=replicas, **where)
        return None
    note(workload.scaling.target, "MinCapacity", "autoscaler-is-paused", **where)
    return 0


def strategy(workload: Workload, replicas: int, *, scaled: bool = False) -> Fragment:
    """ECS keeps at least ceil(D·min/100) running and at most floor(D·max/100); Kubernetes rounds the other way.

    `maxUnavailable` as a percentage is exact for every D, `maxSurge` only as the integer for this D. Where an
    autoscaler changes D (*scaled*) it is a percentage too.
    """
    config = workload.service.get("deploymentConfiguration", {})
    least, most = int(config.get("minimumHealthyPercent", 100)), int(config.get("maximumPercent", 200))
    unavailable, surge = max(0, 100 - least), replicas * max(0, most - 100) // 100
    if scaled and most > 100:  # noqa: PLR2004
        return _rolling(f"{unavailable}%", _surge_of_any(config, most))
    if least == 0 and most <= 100:  # noqa: PLR2004
        if replicas == 1 and not scaled:
            return {"type": "Recreate"}
        note(config, "minimumHealthyPercent", "overlap-while-terminating")
        return _rolling("100%", 0)
    if surge == 0 and replicas * unavailable // 100 == 0:
        if replicas:
            note(config, "maximumPercent", "rollout-stuck-in-ecs")
        return _rolling(0, 1)
    return _rolling(f"{unavailable}%", surge)


def _surge_of_any(config: AwsMap, most: int) -> str:
    """Of a percentage Kubernetes starts one pod more wherever the share of D is not whole."""
    if most % 100:
        note(config, "maximumPercent", "surge-rounds-up", percent=most - 100)
    return f"{most - 100}%"


def _rolling(unavailable: int | str, surge: int | str) -> Fragment:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}}


def _daemon_update(workload: Workload) -> Fragment:
    config = workload.service.get("deploymentConfiguration", {})
    least = int(config.get("minimumHealthyPercent", 0))
    if least >= 100:  # noqa: PLR2004
        note(config, "minimumHealthyPercent", "daemon-never-replaced-in-ecs")
        return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": f"{100 - least}%"}}


def _note_daemon(workload: Workload) -> None:
    if "desiredCount" in workload.service:
        note(workload.service, "desiredCount", "desired-count-of-daemon")
    config = workload.service.get("deploymentConfiguration", {})
    if "maximumPercent" in config:
        note(config, "maximumPercent", "maximum-percent-of-daemon")


def disruption_budget(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """As many evictions at once as ECS allows while it drains an instance, never a percentage: a budget rounds up."""
    if workload.kind != "Deployment":
        return
    replicas = held(workload, pod, desired(workload), target)
    scaled = autoscaling(workload, target)
    replicas = scaled.fewest if scaled and replicas else replicas
    config = workload.service.get("deploymentConfiguration", {})
    least = int(config.get("minimumHealthyPercent", 100))
    if replicas < 2 or least <= 0:  # noqa: PLR2004
        _note_single(workload, replicas)
        return
    spec = {
        "maxUnavailable": max(1, replicas * (100 - min(least, 100)) // 100),
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": workload.selector},
    }
    manifest = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": workload.metadata(), "spec": spec}
    yield Placed(workload.folder, prune(manifest))


def _note_single(workload: Workload, replicas: int) -> None:
    service: AwsMap = workload.service
    if replicas == 1 and "desiredCount" in service:
        note(service, "desiredCount", "single-replica")
