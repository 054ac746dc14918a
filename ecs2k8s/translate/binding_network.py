"""Which ports of the pods a load balancer must reach: the `networking` of a binding, always with its ports listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import whole_number
from ecs2k8s.translate.target_group_settings import check_port, is_of_network, preserves_client_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap, Inventory
    from ecs2k8s.translate.target_group_names import TargetGroupService


@dataclass(frozen=True, slots=True)
class Sources:
    """Where connections to targets come from: load balancers by ARN, subnets by id."""

    balancers: Mapping[str, LoadBalancer]
    subnets: Mapping[str, AwsMap]

    @classmethod
    def of(cls, inventory: Inventory) -> Sources:
        balancers = {balancer.arn: balancer for balancer in inventory.balancers.load_balancers}
        subnets = inventory.index.views("ec2.Subnet").values()
        return cls(balancers, {str(view.get("SubnetId", "")): view for view in subnets})


def networking(service: TargetGroupService, sources: Sources) -> dict[str, Any] | None:
    """The rules that the controller adds to the security group of the pods; None where the sources are not known."""
    peers: list[dict[str, Any]] = []
    for arn in sorted(service.group.balancer_arns):
        found = _peers(sources.balancers.get(arn), service, sources.subnets)
        if not found:
            note(service.group.view, "LoadBalancerArns", "balancer-addresses-unknown", balancer=arn)
            return None
        peers += [peer for peer in found if peer not in peers]
    return {"ingress": [{"from": peers, "ports": _ports(service)}]} if peers else None


def _peers(
    balancer: LoadBalancer | None, service: TargetGroupService, subnets: Mapping[str, AwsMap]
) -> list[dict[str, Any]]:
    """Its security groups; of a Network Load Balancer without any the address ranges of its subnets."""
    if balancer is None:
        return []
    groups = [str(group) for group in balancer.view.get("SecurityGroups", [])]
    if groups:
        return [{"securityGroup": {"groupID": group}} for group in groups]
    if not is_of_network(service.group) or service.group.view.get("IpAddressType") == "ipv6":
        return []
    if preserves_client_address(service.group):
        scheme = str(balancer.view.get("Scheme", ""))
        note(service.group.view, "TargetGroupArn", "clients-reach-pods-directly", balancer=balancer.name, scheme=scheme)
    return [{"ipBlock": {"cidr": cidr}} for cidr in _subnet_ranges(balancer, subnets)]


def _subnet_ranges(balancer: LoadBalancer, subnets: Mapping[str, AwsMap]) -> list[str]:
    """Health checks, and connections without the client's address, come from the load balancer's own addresses.

    Empty unless all of its subnets were read.
    """
    wanted = [str(zone.get("SubnetId", "")) for zone in balancer.view.get("AvailabilityZones", [])]
    if not all(subnet in subnets and "CidrBlock" in subnets[subnet] for subnet in wanted):
        return []
    return sorted({str(subnets[subnet]["CidrBlock"]) for subnet in wanted})


def _ports(service: TargetGroupService) -> list[dict[str, Any]]:
    """The traffic port with each of its protocols, and where the health check goes, which is always TCP."""
    checked = check_port(service) or ""
    port = whole_number(checked) or service.port
    found = [{"protocol": protocol, "port": service.port} for protocol in service.protocols]
    check = {"protocol": "TCP", "port": port}
    return found if check in found else [*found, check]
