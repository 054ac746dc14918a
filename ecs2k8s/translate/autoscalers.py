"""HorizontalPodAutoscalers, and the ScaledObjects of KEDA that take their place.

Sources: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/,
https://keda.sh/docs/latest/reference/scaledobject-spec/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import mebibytes, millis
from ecs2k8s.translate.autoscaling import autoscaling
from ecs2k8s.translate.scaling_metrics import Utilization, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.autoscaling import Autoscaling, Tracked
    from ecs2k8s.translate.pod import Pod

DISABLED = {"selectPolicy": "Disabled"}
KIBI = 1024


def horizontal_autoscaler(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """The HPA of a workload whose policies track CPU and memory only."""
    found = autoscaling(workload, target)
    if found is None or found.keda:
        return
    metrics = [
        {"type": "Resource", "resource": {"name": wanted.resource, "target": goal(each, wanted, pod.template["spec"])}}
        for each, wanted in lowest(found.tracked)
    ]
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name},
        "minReplicas": found.minimum,
        "maxReplicas": found.maximum,
        "metrics": metrics,
        "behavior": behavior(found),
    }
    kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    yield Placed(workload.folder, prune(kind | {"metadata": workload.metadata(), "spec": spec}))


def behavior(found: Autoscaling) -> dict[str, Any]:
    """One step to any size, as in ECS, and down only after the window: a policy of an HPA is a limit per period."""
    policies = [
        {"type": "Pods", "value": found.maximum, "periodSeconds": 15},
        {"type": "Percent", "value": 900, "periodSeconds": 15},
    ]
    up = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": policies}
    policy = {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 60}]}
    return {
        "scaleUp": up if found.scales_out else dict(DISABLED),
        # The window stays, so that it holds again once a person lets the workload scale in.
        "scaleDown": {"stabilizationWindowSeconds": found.window, **(policy if found.scales_in else DISABLED)},
    }


def goal(tracked: Tracked, wanted: Utilization, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The target of a resource metric: a percentage where requests are what the task reserved, else an amount.

    ECS divides by what the task reserves, an HPA by the sum of the requests.
    """
    config = tracked.policy.view["TargetTrackingScalingPolicyConfiguration"]
    if _requested(spec, wanted.resource) == wanted.reserved and round(wanted.target) >= 1:
        if wanted.target != round(wanted.target):
            note(config, "TargetValue", "scaling-target-rounded", value=number(wanted.target))
        return {"type": "Utilization", "averageUtilization": round(wanted.target)}
    amount = _amount(wanted)
    args = {"percent": number(wanted.target), "amount": amount}
    note(config, "TargetValue", "utilization-of-other-requests", **args)
    return {"type": "AverageValue", "averageValue": amount}


def _amount(wanted: Utilization) -> str:
    """The absolute use of a pod at the target."""
    if wanted.resource == "cpu":
        return millis(max(1, round(wanted.reserved * wanted.target / 100)))
    kibibytes = max(1, round(wanted.reserved * KIBI * wanted.target / 100))
    return mebibytes(kibibytes // KIBI) if kibibytes % KIBI == 0 else f"{kibibytes}Ki"


def _requested(spec: Mapping[str, Any], resource: str) -> int | None:
    """The sum of the requests, in millicores or MiB; None where an HPA may sum up something else.

    Versions differ in whether they count sidecars among the init containers, and requests of the pod as a whole.
    """
    if "resources" in spec or any(c.get("restartPolicy") == "Always" for c in spec.get("initContainers", ())):
        return None
    texts = [str(c.get("resources", {}).get("requests", {}).get(resource, "0")) for c in spec["containers"]]
    amounts = [int(text.removesuffix("m").removesuffix("Mi")) for text in texts]
    return sum(amounts) if all(amounts) else None


def lowest(tracked: Iterable[Tracked]) -> list[tuple[Tracked, Utilization]]:
    """One for each resource: of two targets the lower wins in ECS too, because it asks for more tasks."""
    found: dict[str, tuple[Tracked, Utilization]] = {}
    for each in tracked:
        wanted = each.metric
        if isinstance(wanted, Utilization):
            known = found.get(wanted.resource)
            if known is None or wanted.target < known[1].target:
                found[wanted.resource] = (each, wanted)
    return [found[resource] for resource in sorted(found)]
