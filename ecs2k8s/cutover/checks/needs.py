"""What a static check needs to have been read, and which workloads it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.balancing import groups_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.cutover.checks.estate import Case, Estate
    from ecs2k8s.resolve.index import Tracked
    from ecs2k8s.resolve.workload import Workload


def _groups(workload: Workload) -> list[str]:
    entries = workload.configuration.get("loadBalancers", [])
    return [arn for entry in entries for _, arn in groups_of(entry)]


def _containers(case: Case, *keys: str) -> bool:
    """Whether a container of the task definition says something under one of *keys*."""
    its = case.workload.containers if case.workload else []
    return any(container.get(key) for container in its for key in keys)


def _role(case: Case, key: str) -> str:
    return str(case.workload.definition.get(key, "")) if case.workload else ""


def _is_balanced(case: Case) -> bool:
    return bool(case.workload and _groups(case.workload))


APPLIES: Mapping[str, Callable[[Case], bool]] = {
    "balanced": _is_balanced,
    "execution-role": lambda case: bool(_role(case, "executionRoleArn")),
    "health": lambda case: _is_balanced(case) or _containers(case, "healthCheck"),
    "new-load-balancer": lambda case: _is_balanced(case) and not case.estate.target.binds_target_groups,
    "ports": lambda case: _containers(case, "portMappings"),
    "schedule": lambda case: bool(case.workload and case.workload.schedule),
    "secrets": lambda case: _containers(case, "secrets", "repositoryCredentials"),
    "service": lambda case: bool(case.workload and case.workload.service),
    "task-role": lambda case: bool(_role(case, "taskRoleArn")),
    "volumes": lambda case: _containers(case, "mountPoints", "volumesFrom"),
}


def _unread_role(case: Case, key: str) -> str:
    arn = _role(case, key)
    return f"iam:GetRole of {arn}" if arn and not case.estate.translation.inventory.roles.role(arn) else ""


def _unread_groups(case: Case) -> str:
    workload = case.workload
    if workload is None:
        return ""
    lacks = [
        arn
        for arn in _groups(workload)
        if arn not in workload.target_groups or arn not in workload.target_group_attributes
    ]
    return f"the target group {lacks[0]} with its attributes" if lacks else ""


def _unread_balancers(case: Case) -> str:
    workload = case.workload
    if workload is None:
        return ""
    known = {each.arn for each in case.estate.translation.inventory.balancers.load_balancers if each.listeners}
    for arn in _groups(workload):
        behind = [str(each) for each in workload.target_groups.get(arn, NOTHING).get("LoadBalancerArns", [])]
        lacks = [each for each in behind if each not in known]
        if not behind or lacks:
            return f"listeners and rules of {lacks[0] if lacks else f'the load balancer of {arn}'}"
    return ""


def _unread_secrets(case: Case) -> str:
    known = [each.document.id for each in _documents(case.estate, "secretsmanager.Secret", "ssm.Parameter")]
    for name in _secrets(case):
        if not any(name.startswith(each) or each.endswith(f"/{name.lstrip('/')}") or name == each for each in known):
            return f"whether {name.split(':')[-1] or name} is there"
    return ""


def _secrets(case: Case) -> Iterator[str]:
    for container in case.workload.containers if case.workload else ():
        yield from (str(item.get("valueFrom", "")) for item in container.get("secrets", []))


def _documents(estate: Estate, *shapes: str) -> list[Tracked]:
    return [item for shape in shapes for item in estate.translation.inventory.index.of_shape(shape)]


def _lists(service: str, what: str) -> Callable[[Case], str]:
    """Of lists that may be empty: read live, or something of the service was given."""

    def unread(case: Case) -> str:
        snapshot = case.estate.snapshot
        known = snapshot.live or any(each.shape.startswith(f"{service}.") for each in snapshot.documents)
        return "" if known else what

    return unread


def _unread_security_groups(case: Case) -> str:
    networks = case.estate.translation.inventory.networks
    if case.workload is None:
        return ""
    its = networks.groups_of(case.workload)
    lacks = [each for each in its if each not in networks.groups]
    if case.workload.network_mode != "none" and not its:
        return "the security groups of its tasks"
    return f"the security group {lacks[0]}" if lacks else ""


def _unread_cluster(case: Case) -> str:
    name = case.estate.target.eks_cluster
    read = bool(case.estate.translation.inventory.networks.cluster)
    return "" if read else f"the EKS cluster {name}".strip() if name else "the EKS cluster: set eks_cluster"


# Each says what was not read; empty: nothing that it needs.
NEEDS: Mapping[str, Callable[[Case], str]] = {
    "alarms": _lists("cloudwatch", "cloudwatch:DescribeAlarms"),
    "balancers": _unread_balancers,
    "cluster": _unread_cluster,
    "execution-role": lambda case: _unread_role(case, "executionRoleArn"),
    "groups": _unread_security_groups,
    "routes": lambda _: "route tables, NAT gateways and external SNAT: compare them by hand",
    "scaling": _lists("application-autoscaling", "application-autoscaling:DescribeScalableTargets"),
    "secrets": _unread_secrets,
    "target-groups": _unread_groups,
    "task-role": lambda case: _unread_role(case, "taskRoleArn"),
}
