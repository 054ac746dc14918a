"""What a document is called: its ARN, else its own names, else the hash of what it says."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

# Shape: the member that holds the ARN, then what the id is made of where there is none.
ARNS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "ecs.TaskDefinition": ("taskDefinitionArn", "task-definition", ("family",)),
    "ecs.Service": ("serviceArn", "service", ("cluster", "serviceName")),
    "ecs.Cluster": ("clusterArn", "cluster", ("clusterName",)),
    "ecs.CapacityProvider": ("capacityProviderArn", "capacity-provider", ("name",)),
    "ecs.Task": ("taskArn", "task", ()),
    "elbv2.TargetGroup": ("TargetGroupArn", "target-group", ("TargetGroupName",)),
    "elbv2.LoadBalancer": ("LoadBalancerArn", "load-balancer", ("LoadBalancerName",)),
    "elbv2.Listener": ("ListenerArn", "listener", ()),
    "elbv2.Rule": ("RuleArn", "rule", ()),
    "elbv2.TargetGroupAttributes": ("TargetGroupArn", "target-group-attributes", ()),
    "elbv2.LoadBalancerAttributes": ("LoadBalancerArn", "load-balancer-attributes", ()),
    "ec2.SecurityGroup": ("SecurityGroupArn", "security-group", ("GroupId",)),
    "ec2.Subnet": ("SubnetArn", "subnet", ("SubnetId",)),
    "iam.Role": ("Arn", "role", ("RoleName",)),
    "application-autoscaling.ScalableTarget": (
        "ScalableTargetARN",
        "scalable-target",
        ("ServiceNamespace", "ResourceId", "ScalableDimension"),
    ),
    "application-autoscaling.ScalingPolicy": (
        "PolicyARN",
        "scaling-policy",
        ("ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyName"),
    ),
}


def identity(shape: str, data: Mapping[str, Any]) -> str:
    """The same for the same data, whatever file it came from."""
    arn, kind, names = ARNS[shape]
    if data.get(arn):
        return str(data[arn])
    if shape == "ecs.Service":
        return _service(data)
    parts = [data.get(name) for name in names]
    if not parts or not all(parts):
        return f"{kind}/{sha256(canonical(data)).hexdigest()[:12]}"
    revision = f":{data['revision']}" if shape == "ecs.TaskDefinition" and data.get("revision") else ""
    return "/".join([kind, *map(str, parts)]) + revision


def _service(data: Mapping[str, Any]) -> str:
    """The input of `update-service` may name the service by its ARN."""
    name = str(data.get("serviceName") or data.get("service"))
    if name.startswith("arn:"):
        return name
    cluster = str(data.get("clusterArn") or data.get("cluster") or "default").rpartition("/")[2]
    return f"service/{cluster}/{name}"
