"""Egress: which groups restrict it, and what a pod needs that security groups never filtered."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.security_groups import network_of
from ecs2k8s.translate.identity import mechanism

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.holders import Holders
    from ecs2k8s.resolve.networks import Networks
    from ecs2k8s.resolve.security_groups import SecurityGroup
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.identity import Mechanism

Egress = Literal["silent", "open", "restricted"]
Item = dict[str, Any]

ADDED = "ecs2k8s.io/added-egress"  # annotation: what no security group asked for
DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
CLUSTER_DNS: Item = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
RESOLVERS = {"169.254.169.253/32", "fd00:ec2::253/128"}  # of every VPC, as is the time
TIME = {4: "169.254.169.123/32", 6: "fd00:ec2::123/128"}
AGENT = {4: "169.254.170.23/32", 6: "fd00:ec2::23/128"}  # EKS Pod Identity's, on the node
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
DNS_HOST = 10  # EKS gives CoreDNS the tenth address of the Service range


def egress_of(group: SecurityGroup, holders: Holders, networks: Networks) -> Egress:
    """How the policy of *group* speaks of egress: decided for each group, never for each pod.

    Policies add up, and one that says nothing adds nothing: a group that lets everything out must say so where a pod
    also has a group that does not.
    """
    if not lets_all_out(group, networks):
        return "restricted"
    its = {other for workload in holders.pods.get(group.id, ()) for other in workload.memberships}
    beside = any(not lets_all_out(networks.groups[other], networks) for other in its)
    return "open" if beside else "silent"


def lets_all_out(group: SecurityGroup, networks: Networks) -> bool:
    return networks.family in group.open_families


def added(
    group: SecurityGroup, workloads: Iterable[Workload], networks: Networks, target: Target
) -> Mapping[str, Item]:
    """What the pods of a group with restricted egress need beside its rules, each with its name for the annotation.

    Security groups filter neither the VPC's resolver nor Time Sync; NetworkPolicy does. Task roles are assumed at STS
    (https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html).
    """
    pods = list(workloads)
    found = {"dns": _dns(group, networks, target)} | _resolvers(group, pods, networks)
    for identity in sorted({mechanism(networks.cluster, workload, target) for workload in pods if _has_role(workload)}):
        found |= credentials(identity, networks.family)
    found["time"] = _to([TIME[networks.family]], [{"protocol": "UDP", "port": 123}])
    _say(group, found)
    return {name: item for name, item in found.items() if item}


def _say(group: SecurityGroup, found: Mapping[str, Item]) -> None:
    note(group.view, "GroupId", "egress-added", added=", ".join(name for name, item in found.items() if item))
    if "sts" in found:
        note(group.view, "GroupId", "egress-to-sts-added")


def _to(cidrs: Iterable[str], ports: list[dict[str, Any]]) -> Item:
    return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs], "ports": [dict(port) for port in ports]}


def _dns(group: SecurityGroup, networks: Networks, target: Target) -> Item:
    """In EKS Auto Mode DNS is no set of pods, so its Service's address is allowed.

    https://github.com/aws/containers-roadmap/issues/2552
    """
    if target.compute != "auto-mode":
        return {"to": [CLUSTER_DNS], "ports": [dict(port) for port in DNS_PORTS]}
    config = networks.cluster.get("kubernetesNetworkConfig", NOTHING)
    services = network_of(str(config.get("serviceIpv4Cidr") or config.get("serviceIpv6Cidr") or ""))
    if services is None:
        note(group.view, "GroupId", "cluster-dns-address-unknown")
        return {}
    return _to([str(ip_network(services.network_address + DNS_HOST))], DNS_PORTS)


def _resolvers(group: SecurityGroup, workloads: list[Workload], networks: Networks) -> dict[str, Item]:
    """The VPC's resolver, where a task asks it by address."""
    its = vpc_resolvers(group, networks)
    asked = {str(server) for w in workloads for c in w.containers for server in c.get("dnsServers", [])}
    named = sorted(its & {str(network) for server in asked if (network := network_of(server))})
    return {"resolver": _to(named, DNS_PORTS)} if named else {}


def vpc_resolvers(group: SecurityGroup, networks: Networks) -> set[str]:
    """The addresses of the resolver: the one of every VPC, and the second of the VPC's own range."""
    vpc = networks.vpcs.get(group.vpc, NOTHING)
    vpc.get("VpcId")
    base = network_of(str(vpc.get("CidrBlock", "")))
    own = {str(ip_network(ip_address(int(base.network_address) + 2)))} if base and base.version == 4 else set()  # noqa: PLR2004
    return own | RESOLVERS


def credentials(identity: Mechanism, family: int) -> dict[str, Item]:
    """How pods get a role: from STS, or from the agent of EKS Pod Identity on the node."""
    if identity == "pod-identity":
        return {"pod-identity": _to([AGENT[family]], [{"protocol": "TCP", "port": 80}])}
    return {"sts": _to([EVERYWHERE[family]], [{"protocol": "TCP", "port": 443}])}


def _has_role(workload: Workload) -> bool:
    run = workload.task.get("overrides", NOTHING) if workload.is_job else NOTHING
    return bool(run.get("taskRoleArn") or workload.definition.get("taskRoleArn"))
