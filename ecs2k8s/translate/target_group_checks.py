"""Which source target groups can be copied for pods; what stands against it is a finding on the leaf that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.target_group_settings import NETWORK, check_port, lacking

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory
    from ecs2k8s.translate.target_group_names import TargetGroupService

PROTOCOLS = ("HTTP", "HTTPS", *NETWORK)


def can_be_copied(service: TargetGroupService, inventory: Inventory, target: Target) -> bool:
    """Whether a target group like the source can be made for the pods of *service*; says why not."""
    view = service.group.view
    if view.get("TargetType", "instance") not in ("ip", "instance"):
        note(view, "TargetType", "targets-without-address", type=view["TargetType"])
        return False
    if view.get("Protocol") not in PROTOCOLS:
        at = "Protocol" if "Protocol" in view else "TargetGroupArn"
        note(view, at, "target-protocol-unsupported", protocol=view.get("Protocol", "none"))
        return False
    if view.get("HealthCheckEnabled", True) is False:
        note(view, "HealthCheckEnabled", "health-check-switched-off")
        return False
    if missing := lacking(service.group):
        note(view, "TargetGroupArn", "target-group-incomplete", missing=", ".join(missing))
        return False
    if check_port(service) is None:
        note(view, "HealthCheckPort", "check-port-unknown", port=view["HealthCheckPort"])
        return False
    return _is_in_reach(service, inventory, target)


def _is_in_reach(service: TargetGroupService, inventory: Inventory, target: Target) -> bool:
    """Same account as the tasks, same VPC as the cluster."""
    group, account = service.group, service.workload.account
    arn = Arn.parse(group.arn)
    if arn and account and arn.account and arn.account != account:
        note(group.view, "TargetGroupArn", "target-group-of-another-account", account=arn.account, own=account)
        return False
    if is_in_another_vpc(group.view, inventory, target):
        return False
    if not len(group.attributes):
        note(group.view, "TargetGroupArn", "target-group-attributes-not-read")
    if group.view.get("IpAddressType", "ipv4") == "ipv6":
        note(group.view, "IpAddressType", "targets-by-ipv6")
    if group.view.get("TargetType") == "instance":
        note(group.view, "TargetType", "targets-by-instance")
    return True


def is_in_another_vpc(view: AwsMap, inventory: Inventory, target: Target) -> bool:
    """Whether what *view* describes is in another VPC than the EKS cluster, where both are known."""
    wanted, found = cluster_vpc(inventory, target), str(view.get("VpcId", ""))
    if not wanted or not found or wanted == found:
        return False
    note(view, "VpcId", "vpc-of-another-cluster", found=found, cluster=wanted)
    return True


def cluster_vpc(inventory: Inventory, target: Target) -> str:
    """The VPC of the EKS cluster that is moved to; empty where it was not read."""
    for arn, view in inventory.index.views("eks.Cluster").items():
        if target.eks_cluster and target.eks_cluster in (arn, view.get("name")):
            return str(view.get("resourcesVpcConfig", NOTHING).get("vpcId", ""))
    return ""
