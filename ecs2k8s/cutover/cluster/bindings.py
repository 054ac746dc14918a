"""TargetGroupBindings: which group each binds, and which must never be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.cluster.reading import Api
    from ecs2k8s.cutover.things.kind import Ask

AT_ONCE = 10  # services of one DescribeServices


def group_of(binding: Manifest) -> str:
    """The ARN of the target group, else its name; empty where it says neither."""
    spec = binding.get("spec") or {}
    return str(spec.get("targetGroupARN") or spec.get("targetGroupName") or "")


def binds(binding: Manifest, arn: str) -> bool:
    """Whether it is about the group of this ARN, by ARN or by name."""
    return group_of(binding) in (arn, name_of(arn))


def name_of(arn: str) -> str:
    """`arn:…:targetgroup/NAME/ID`."""
    return arn.rpartition(":")[2].split("/")[1] if ":targetgroup/" in arn else arn


def forbidden(arn: str, targets: Collection[str], ecs_groups: Collection[str], pods: Collection[str]) -> str:
    """Why no binding may be made for a group (invariant I8); empty: one may.

    The load balancer controller owns all targets of a group that it binds, and deregisters those it does not know:
    *targets* are the addresses registered now, *pods* the addresses of the cluster's pods, *ecs_groups* the groups that
    any ECS service names.
    """
    if arn in ecs_groups:
        return f"an ECS service names the target group {name_of(arn)}: the controller would deregister its tasks"
    strangers = sorted(set(targets) - set(pods))
    if strangers:
        return (
            f"the target group {name_of(arn)} has {strangers[0]}, which is no pod: the controller would deregister it"
        )
    return ""


def guarding(ask: Ask, api: Api) -> Callable[[Manifest], str]:
    """For `ClusterSender`: looks at the group, at all ECS services and at the cluster just before a binding is made.

    It raises `UnreadableError` where one of them is not to be had: then nothing is sent.
    """

    def reason(binding: Manifest) -> str:
        group, space = group_of(binding), binding["metadata"].get("namespace", "")
        arn = _arn(ask, group)
        if not arn:
            return f"there is no target group {group or 'that it names'}"
        others = (one for one in api.items(binding["apiVersion"], binding["kind"]) if binds(one, arn))
        names = [str(ref) for ref in map(ObjectRef.of, others) if ref != ObjectRef.of(binding)]
        if names:
            return f"{names[0]} binds the target group {name_of(arn)} already"
        targets = _found(ask("elbv2.DescribeTargetHealth", {"TargetGroupArn": arn}), "TargetHealthDescriptions")
        pods = [str((pod.get("status") or {}).get("podIP")) for pod in api.items("v1", "Pod", space)]
        return forbidden(arn, [str(one["Target"]["Id"]) for one in targets], [arn] if _named(ask, arn) else [], pods)

    return reason


def _arn(ask: Ask, group: str) -> str:
    asked = {"TargetGroupArns": [group]} if ":targetgroup/" in group else {"Names": [group]}
    found = _found(ask("elbv2.DescribeTargetGroups", asked), "TargetGroups") if group else []
    return str(found[0]["TargetGroupArn"]) if found else ""


def _named(ask: Ask, arn: str) -> bool:
    """Whether an ECS service of the account and Region names the group, in whatever field."""
    for cluster in _found(ask("ecs.ListClusters", {}), "clusterArns"):
        services = _found(ask("ecs.ListServices", {"cluster": cluster}), "serviceArns")
        for at in range(0, len(services), AT_ONCE):
            asked = {"cluster": cluster, "services": services[at : at + AT_ONCE]}
            if _mentions(_found(ask("ecs.DescribeServices", asked), "services"), arn):
                return True
    return False


def _found(answer: Any, key: str) -> list[Any]:
    """Of an answer; what does not exist has none."""
    return list((answer or {}).get(key) or ())


def _mentions(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(part, text) for part in value.values())
    return any(_mentions(part, text) for part in value) if isinstance(value, list) else value == text
