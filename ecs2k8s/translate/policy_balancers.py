"""Load balancers as peers: from which subnets they call, and whether pods see the clients' own addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.balancers import read_attributes
from ecs2k8s.resolve.holders import zones

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import LoadBalancer, TargetGroup
    from ecs2k8s.resolve.security_groups import Rule
    from ecs2k8s.resolve.workload import Inventory

PRESERVE = "preserve_client_ip.enabled"
ROLES = {"internal": "kubernetes.io/role/internal-elb", "internet-facing": "kubernetes.io/role/elb"}


def balancer_blocks(inventory: Inventory, balancer: LoadBalancer, target: Target) -> tuple[str, ...]:
    """Ranges of the subnets of the load balancer that serves after the cutover.

    The one that serves now stays where weights shift the traffic. A new one goes to the subnets of its VPC that are
    tagged for it (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/);
    where none is, the old one's subnets are the best that is known.
    """
    networks = inventory.networks
    old = networks.cidrs(zones(balancer))
    if target.binds_target_groups:
        return old
    role, vpc = ROLES.get(str(balancer.view.get("Scheme", "internal")), ""), balancer.view.get("VpcId")
    tagged = [
        subnet
        for subnet, view in networks.subnets.items()
        if view.get("VpcId") == vpc and any(tag.get("Key") == role for tag in view.get("Tags", []))
    ]
    return networks.cidrs(tagged) or old


def preserving(rule: Rule, balancer: LoadBalancer, inventory: Inventory) -> bool:
    """Whether pods of the rule's group see the addresses of a Network Load Balancer's clients."""
    groups = [
        group
        for group in inventory.balancers.behind.get(balancer.arn, ())
        if any(rule.group in backend.workload.memberships for backend in group.backends)
    ]
    for group in groups:
        if group.view.get("TargetType", "instance") == "instance":
            note(rule.entry, rule.key, "instance-targets-converted", target_group=group.name)
    return balancer.type == "network" and any(_preserves(group) for group in groups)


def _preserves(group: TargetGroup) -> bool:
    """Off by default for targets by address with TCP or TLS; it cannot be off for UDP.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
    """
    if group.view.get("Protocol") not in ("TCP", "TLS"):
        return True
    by_address = group.view.get("TargetType", "instance") in ("ip", "alb")
    return read_attributes(group.attributes).get(PRESERVE, "false" if by_address else "true") == "true"
