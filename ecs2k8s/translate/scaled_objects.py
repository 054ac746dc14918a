"""ScaledObjects of KEDA: one for each workload that CloudWatch or a schedule scales. KEDA makes its HPA itself.

https://keda.sh/docs/latest/reference/scaledobject-spec/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.autoscalers import behavior, goal, lowest
from ecs2k8s.translate.autoscaling import autoscaling
from ecs2k8s.translate.scaling_metrics import CloudWatch, Composed, Requests, Utilization, number
from ecs2k8s.translate.scaling_triggers import (
    AUTHENTICATION,
    UNKNOWN_ID,
    by_schedule,
    cloudwatch,
    composed,
    of_queue,
    requests,
)
from ecs2k8s.translate.target_group_binding import bindings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.autoscaling import Autoscaling, Tracked

KEDA = "autoscaling.keda.sh"
Trigger = dict[str, Any]
Groups = dict[tuple[str, str], str]


def scaled_objects(
    placed: Iterable[Placed], inventory: Inventory, workloads: list[Workload], target: Target
) -> Iterator[Placed]:
    """A ScaledObject beside each Deployment in *placed* that needs one, and the identity of KEDA in its namespace."""
    found = {w: scaled for w in workloads if (scaled := autoscaling(w, target)) and scaled.keda}
    if not found:
        return
    deployments = [item for item in placed if item.manifest["kind"] == "Deployment"]
    groups = _new_groups(inventory, workloads, target) if any(map(_asks_for_requests, found.values())) else {}
    for workload, scaled in found.items():
        made: list[Manifest] = []
        for item in deployments:  # the one that waits comes before the one of the handover
            if item.folder == workload.folder:
                manifest = _scaled_object(workload, scaled, item.manifest, groups)
                if manifest not in made:
                    made.append(manifest)
                    yield Placed(workload.folder, manifest, item.tree)
    asking = {w.namespace for w, scaled in found.items() if any(_asks_aws(each) for each in scaled.tracked)}
    for namespace in sorted(asking):
        yield _authentication(namespace)


def _asks_aws(each: Tracked) -> bool:
    return not isinstance(each.metric, Utilization)


def _asks_for_requests(scaled: Autoscaling) -> bool:
    return any(isinstance(each.metric, Requests) for each in scaled.tracked)


def _new_groups(inventory: Inventory, workloads: list[Workload], target: Target) -> Groups:
    """The target group of ECS, as metrics name it, and the part to the name of the one that the pods get."""
    found = bindings(inventory, workloads, target)
    return {(each.group.source.arn.rpartition(":")[2], each.service.part): each.group.name for each in found}


def _scaled_object(workload: Workload, scaled: Autoscaling, deployment: Manifest, groups: Groups) -> Manifest:
    annotations: dict[str, str] = dict(workload.metadata()["annotations"] or {})
    if not scaled.scales_in:
        annotations[f"{KEDA}/paused-scale-in"] = "true"
    if not scaled.scales_out:
        annotations[f"{KEDA}/paused-scale-out"] = "true"
    if deployment["spec"].get("replicas") == 0:
        annotations[f"{KEDA}/paused"] = "true"
    triggers = list(_triggers(workload, scaled, deployment, groups))
    spec = {
        "scaleTargetRef": {"name": workload.name},
        "minReplicaCount": scaled.minimum,
        "maxReplicaCount": scaled.maximum,
        "pollingInterval": 60,
        "cooldownPeriod": scaled.window if scaled.minimum == 0 else None,
        "advanced": {
            "horizontalPodAutoscalerConfig": {"behavior": behavior(scaled)},
            "scalingModifiers": _modifiers(scaled),
        },
        "triggers": triggers,
    }
    metadata = workload.metadata() | {"annotations": annotations or None}
    kind = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject"}
    made: Manifest = prune(kind | {"metadata": metadata, "spec": spec})
    return made


def _modifiers(scaled: Autoscaling) -> dict[str, str] | None:
    for each in scaled.tracked:
        if isinstance(each.metric, Composed):
            return {"formula": each.metric.expression, "target": number(each.metric.target), "metricType": "Value"}
    return None


def _triggers(workload: Workload, scaled: Autoscaling, deployment: Manifest, groups: Groups) -> Iterator[Trigger]:
    for each, wanted in lowest(scaled.tracked):
        amount = goal(each, wanted, deployment["spec"]["template"]["spec"])
        value = amount.get("averageUtilization", amount.get("averageValue"))
        yield {"type": wanted.resource, "metricType": amount["type"], "metadata": {"value": str(value)}}
    for index, each in enumerate(scaled.tracked):
        match each.metric:
            case Requests() as metric:
                yield _requests(each, metric, workload, groups) | {"name": f"alb_requests_{index}"}
            case CloudWatch() as metric:
                yield of_queue(metric, workload, index) or cloudwatch(metric, workload, f"metric_{index}")
            case Composed() as metric:
                yield from composed(metric, workload)
    if scaled.floor:
        yield by_schedule(scaled.floor)


def _requests(each: Tracked, metric: Requests, workload: Workload, groups: Groups) -> Trigger:
    config = each.policy.view["TargetTrackingScalingPolicyConfiguration"]
    spec = config.get("PredefinedMetricSpecification", NOTHING)
    name = groups.get((metric.group, workload.part)) or groups.get((metric.group, ""))
    if name is None:
        note(spec, "ResourceLabel", "requests-of-both-fleets", group=metric.group, name=workload.name)
        return requests(metric, workload, metric.group)
    note(spec, "ResourceLabel", "target-group-id-unknown", group=name, name=workload.name, placeholder=UNKNOWN_ID)
    return requests(metric, workload, f"targetgroup/{name}/{UNKNOWN_ID}")


def _authentication(namespace: str) -> Placed:
    metadata = {
        "name": AUTHENTICATION,
        "namespace": namespace,
        "labels": {"app.kubernetes.io/managed-by": "ecs2k8s"},
    }
    manifest = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": metadata,
        "spec": {"podIdentity": {"provider": "aws"}},
    }
    return Placed(f"{namespace}/shared", manifest)
