"""What the account's network is: groups, subnets, ranges and interfaces, and which groups a workload has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.interfaces import Interface
from ecs2k8s.resolve.security_groups import SecurityGroup, network_of, security_groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.workload import AwsMap, Workload

IPV4, IPV6 = 4, 6


@dataclass(frozen=True, eq=False)
class Networks:
    """The documents about the network, by id. `cluster` is the EKS cluster that is moved to, empty where not read."""

    groups: Mapping[str, SecurityGroup]
    subnets: Mapping[str, AwsMap]
    vpcs: Mapping[str, AwsMap]
    interfaces: tuple[Interface, ...]
    prefix_lists: Mapping[str, AwsMap]
    entries: Mapping[str, AwsMap]  # by id of the prefix list
    instances: Mapping[str, AwsMap]
    container_instances: Mapping[str, AwsMap]  # by ARN
    ecs_instances: frozenset[str]  # ids of the EC2 instances that belong to ECS
    cluster: AwsMap = NOTHING

    @classmethod
    def of(cls, index: Index, target: Target) -> Networks:
        interfaces = [Interface.of(item) for item in index.of_shape("ec2.NetworkInterface")]
        return cls(
            groups=security_groups(index),
            subnets=_by(index, "ec2.Subnet", "SubnetId"),
            vpcs=_by(index, "ec2.Vpc", "VpcId"),
            interfaces=tuple(sorted(interfaces, key=lambda each: each.id)),
            prefix_lists=_by(index, "ec2.PrefixList", "PrefixListId"),
            entries=_by(index, "ec2.PrefixListEntries", "PrefixListId"),
            instances=_by(index, "ec2.Instance", "InstanceId"),
            container_instances=_by(index, "ecs.ContainerInstance", "containerInstanceArn"),
            ecs_instances=frozenset(
                str(item.document.data.get("ec2InstanceId")) for item in index.of_shape("ecs.ContainerInstance")
            ),
            cluster=_cluster(index, target),
        )

    def cidrs(self, subnets: Iterable[str]) -> tuple[str, ...]:
        """The ranges of those *subnets* that were read, each once, in order of their ids."""
        found: dict[str, None] = {}
        for subnet in sorted(set(subnets)):
            view = self.subnets.get(subnet, NOTHING)
            view.get("SubnetId")
            texts = [str(view.get("CidrBlock", ""))]
            texts += [str(item.get("Ipv6CidrBlock", "")) for item in view.get("Ipv6CidrBlockAssociationSet", [])]
            found |= {str(network): None for text in texts if (network := network_of(text))}
        return tuple(found)

    @property
    def family(self) -> int:
        """The one family of addresses that pods have: IPv4 unless the cluster was made for IPv6."""
        chosen = self.cluster.get("kubernetesNetworkConfig", NOTHING).get("ipFamily", "ipv4")
        return IPV6 if chosen == "ipv6" else IPV4

    @property
    def pod_group(self) -> str:
        """The group that nodes and pods have: the cluster's own; empty where the cluster was not read."""
        return str(self.cluster.get("resourcesVpcConfig", NOTHING).get("clusterSecurityGroupId", ""))

    @property
    def node_subnets(self) -> tuple[str, ...]:
        return tuple(map(str, self.cluster.get("resourcesVpcConfig", NOTHING).get("subnetIds", [])))

    @cached_property
    def by_instance(self) -> Mapping[str, list[Interface]]:
        found: dict[str, list[Interface]] = defaultdict(list)
        for each in self.interfaces:
            found[each.instance].append(each)
        return found

    def groups_of(self, workload: Workload) -> tuple[str, ...]:
        """Ids of the security groups of its tasks, sorted, read or not; in host and bridge mode the instances'."""
        if workload.network_mode == "none":
            return ()
        own = workload.network_mode == "awsvpc"
        return tuple(sorted(self._own_groups(workload) if own else self._instance_groups(workload)))

    def _own_groups(self, workload: Workload) -> set[str]:
        vpc = awsvpc(workload)
        named = set(map(str, vpc.get("securityGroups", [])))
        if named:
            return named
        if workload.is_job and not workload.schedule:
            own = task_interfaces(workload.task)
            return self._groups_of([interface for interface in self.interfaces if interface.id in own])
        return self._default_groups(vpc)

    def _default_groups(self, vpc: AwsMap) -> set[str]:
        """Tasks whose network names no group have the default group of their VPC."""
        subnets = [self.subnets[subnet] for subnet in map(str, vpc.get("subnets", [])) if subnet in self.subnets]
        vpcs = {str(subnet.get("VpcId", "")) for subnet in subnets} - {""}
        return {group.id for group in self.groups.values() if group.is_default_of(vpcs)}

    def _groups_of(self, interfaces: Iterable[Interface]) -> set[str]:
        found: set[str] = set()
        for interface in interfaces:
            interface.record()
            found.update(interface.groups)
        return found

    def _instance_groups(self, workload: Workload) -> set[str]:
        """In bridge mode the tasks have the address and the groups of their instance."""
        its = self.instances_of(workload)
        found = self._groups_of(each for instance in its for each in self.by_instance.get(instance, ()))
        for instance in its & self.instances.keys():
            self.instances[instance].get("InstanceId")
            found |= _read(self.instances[instance].get("SecurityGroups", []), "GroupId")
        return found - {""}

    def instances_of(self, workload: Workload) -> set[str]:
        """Ids of the EC2 instances of its cluster: those that run its tasks, where that is known."""
        if not workload.service and not workload.task:
            return set()
        running = {str(task.get("containerInstanceArn", "")) for task in (workload.task, *workload.tasks)} - {""}
        its = {arn for arn in self.container_instances if _cluster_of(arn) == workload.cluster_name}
        chosen = [self.container_instances[arn] for arn in (running & its) or its]
        _read(chosen, "containerInstanceArn")
        return _read(chosen, "ec2InstanceId") - {""}

    def instance_subnets(self, instances: set[str]) -> set[str]:
        """Ids of the subnets that those EC2 *instances* are in."""
        found = {each.subnet for instance in instances for each in self.by_instance.get(instance, ())}
        found |= {str(self.instances[each].get("SubnetId", "")) for each in instances & self.instances.keys()}
        return found - {""}

    def memberships(self, workload: Workload) -> tuple[str, ...]:
        """Its groups that were read; about the others it says that they were not.

        Pods with the host's network have none: no NetworkPolicy is enforced for them.
        """
        groups = self.groups_of(workload) if workload.network_mode != "host" else ()
        if not groups and workload.network_mode in ("awsvpc", "bridge"):
            _say_unknown(workload)
        for group in groups:
            if group not in self.groups:
                _say_unread(workload, group)
        return tuple(group for group in groups if group in self.groups)


def awsvpc(workload: Workload) -> AwsMap:
    """The network configuration that its tasks run with; empty where they have none of their own."""
    for place in (workload.configuration, workload.launched):
        found: AwsMap = place.get("networkConfiguration", NOTHING).get("awsvpcConfiguration", NOTHING)
        if found:
            return found
    return NOTHING


def task_interfaces(task: AwsMap) -> set[str]:
    """Ids of the network interfaces that a running task has."""
    details = (each for attachment in task.get("attachments", []) for each in attachment.get("details", []))
    return {str(each.get("value", "")) for each in details if each.get("name") == "networkInterfaceId"}


def _say_unread(workload: Workload, group: str) -> None:
    vpc = awsvpc(workload)
    named = list(map(str, vpc.get("securityGroups", [])))
    if group in named:
        note(vpc, ("securityGroups", named.index(group)), "security-group-not-read", group=group)
    else:
        note(workload.service or workload.task, "", "instance-group-not-read", group=group, workload=workload.name)


def _say_unknown(workload: Workload) -> None:
    """Of a task definition that nothing runs there is nothing to know."""
    if workload.service or workload.task:
        note(workload.service or workload.task, "", "groups-not-known", workload=workload.name)


def _by(index: Index, shape: str, key: str) -> dict[str, AwsMap]:
    """Documents by the id in them, which counts as read by those who use the document."""
    views = ((str(item.document.data.get(key) or ""), item.view) for item in index.of_shape(shape))
    found: dict[str, AwsMap] = {}
    for ident, view in views:
        if ident:
            found.setdefault(ident, view)
    return dict(sorted(found.items()))


def _read(views: Iterable[AwsMap], key: str) -> set[str]:
    return {str(view.get(key, "")) for view in views}


def _cluster(index: Index, target: Target) -> AwsMap:
    """The cluster that the user names; else the only one that was read."""
    found = index.of_shape("eks.Cluster")
    if target.eks_cluster:
        found = [item for item in found if target.eks_cluster in (item.view.get("name"), item.document.id)]
    return found[0].view if len(found) == 1 else NOTHING


def _cluster_of(arn: str) -> str:
    """`…:container-instance/<cluster>/<id>`."""
    return last(arn.rpartition("/")[0])
