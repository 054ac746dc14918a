"""Who has a security group: pods to be, tasks that still run, load balancers, data stores and other interfaces.

A rule that names a group means all of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.networks import awsvpc
from ecs2k8s.resolve.security_groups import network_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.index import Index
    from ecs2k8s.resolve.networks import Interface, Networks
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

Kind = Literal["tasks", "host-network pods", "load balancer", "data store", "interface"]
REPLACED = ("lambda", "network_load_balancer", "gateway_load_balancer")  # interface types whose addresses change


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """Something with the group that is no pod with a label.

    `blocks` are the ranges that stand for it, `others` what could stand for it instead. `until_cutover`: it goes when
    ECS goes. `unread` are the ids of its subnets that were not read.
    """

    kind: Kind
    name: str
    blocks: tuple[str, ...]
    others: tuple[str, ...] = ()
    until_cutover: bool = False
    unread: tuple[str, ...] = ()
    view: AwsMap = field(default_factory=lambda: NOTHING)  # of tasks: their network configuration
    balancer: LoadBalancer | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Holders:
    """By id of the group. `pods` are the translated workloads whose pods get the group's label."""

    pods: Mapping[str, tuple[Workload, ...]]
    others: Mapping[str, tuple[Holder, ...]]

    @classmethod
    def of(cls, inventory: Inventory, translated: Iterable[Workload]) -> Holders:
        chosen = list(translated)
        pods: dict[str, list[Workload]] = defaultdict(list)
        for workload in chosen:
            for group in workload.memberships:
                pods[group].append(workload)
        others: dict[str, list[Holder]] = defaultdict(list)
        for found in (_tasks(inventory, chosen), _balancers(inventory), _stores(inventory.index, inventory.networks)):
            for group, holder in found:
                others[group].append(holder)
        for group, holder in _interfaces(inventory, others):
            others[group].append(holder)
        return cls({group: tuple(found) for group, found in pods.items()}, {g: tuple(h) for g, h in others.items()})

    def any(self, group: str) -> bool:
        return group in self.pods or group in self.others


def _tasks(inventory: Inventory, translated: list[Workload]) -> Iterator[tuple[str, Holder]]:
    networks = inventory.networks
    for workload in inventory.workloads:
        if not workload.service and not workload.task:
            continue
        groups, goes = networks.groups_of(workload), workload in translated
        subnets = task_subnets(networks, workload)
        unread = tuple(sorted(subnet for subnet in subnets if subnet not in networks.subnets))
        holder = Holder("tasks", workload.name, networks.cidrs(subnets), (), goes, unread, awsvpc(workload))
        for group in groups:
            yield group, holder
            if goes and workload.network_mode == "host":
                yield group, Holder("host-network pods", workload.name, networks.cidrs(networks.node_subnets))


def task_subnets(networks: Networks, workload: Workload) -> set[str]:
    """Ids of the subnets in which its tasks have their addresses."""
    if workload.network_mode != "awsvpc":
        return networks.instance_subnets(networks.instances_of(workload))
    details = (each for item in workload.task.get("attachments", []) for each in item.get("details", []))
    found = {str(each.get("value", "")) for each in details if each.get("name") == "subnetId"}
    return (found | set(map(str, awsvpc(workload).get("subnets", [])))) - {""}


def _balancers(inventory: Inventory) -> Iterator[tuple[str, Holder]]:
    for balancer in inventory.balancers.load_balancers:
        blocks = inventory.networks.cidrs(zones(balancer))
        for group in balancer.view.get("SecurityGroups", []):
            yield str(group), Holder("load balancer", balancer.name, blocks, balancer=balancer)


def zones(balancer: LoadBalancer) -> list[str]:
    """Ids of the subnets that the load balancer is in."""
    return [str(zone.get("SubnetId", "")) for zone in balancer.view.get("AvailabilityZones", [])]


def _stores(index: Index, networks: Networks) -> Iterator[tuple[str, Holder]]:
    """Databases, caches and file systems. A database can move to any subnet of its subnet group."""
    for view in index.views("rds.DBInstance").values():
        subnets = view.get("DBSubnetGroup", NOTHING).get("Subnets", [])
        groups = [str(each.get("VpcSecurityGroupId", "")) for each in view.get("VpcSecurityGroups", [])]
        ids = [str(each.get("SubnetIdentifier", "")) for each in subnets]
        yield from _store(networks, str(view.get("DBInstanceIdentifier", "")), groups, ids)
    for shape, name, group_key, subnet_key in (
        ("rds.DBProxy", "DBProxyName", "VpcSecurityGroupIds", "VpcSubnetIds"),
        ("elasticache.ServerlessCache", "ServerlessCacheName", "SecurityGroupIds", "SubnetIds"),
    ):
        for view in index.views(shape).values():
            groups, ids = list(map(str, view.get(group_key, []))), list(map(str, view.get(subnet_key, [])))
            yield from _store(networks, str(view.get(name, "")), groups, ids)
    yield from _mount_targets(index)


def _store(networks: Networks, name: str, groups: list[str], ids: list[str]) -> Iterator[tuple[str, Holder]]:
    its = {each.subnet: each.addresses for each in networks.interfaces if set(each.groups) & set(groups)}
    addresses = tuple(sorted(address for subnet, found in its.items() if subnet in ids for address in found))
    unread = tuple(sorted(subnet for subnet in ids if subnet not in networks.subnets))
    for group in groups:
        yield group, Holder("data store", name, networks.cidrs(ids), addresses, unread=unread)


def _mount_targets(index: Index) -> Iterator[tuple[str, Holder]]:
    """A mount target keeps its address."""
    targets = {str(view.get("MountTargetId", "")): view for view in index.views("efs.MountTarget").values()}
    for view in index.views("efs.MountTargetSecurityGroups").values():
        target = targets.get(str(view.get("MountTargetId", "")), NOTHING)
        network = network_of(str(target.get("IpAddress", "")))
        for group in view.get("SecurityGroups", []):
            yield (
                str(group),
                Holder("data store", str(view.get("MountTargetId", "")), (str(network),) if network else ()),
            )


def _interfaces(inventory: Inventory, known: Mapping[str, list[Holder]]) -> Iterator[tuple[str, Holder]]:
    """Interfaces that belong to no known holder: by address where that stays, else by subnet."""
    networks = inventory.networks
    instances = {str(view.get("ec2InstanceId", "")) for view in networks.container_instances.values()}
    for interface in networks.interfaces:
        subnet = networks.cidrs([interface.subnet])
        blocks, others = (interface.addresses, subnet) if _keeps_address(interface) else (subnet, interface.addresses)
        of_ecs = bool(interface.instance) and interface.instance in instances
        kind = "tasks" if of_ecs else _owner(interface)
        for group in interface.groups:
            its = (holder for holder in known.get(group, ()) if holder.kind == kind)
            if not any({*holder.blocks, *holder.others} & {*subnet, *interface.addresses} for holder in its):
                yield group, Holder("interface", interface.description or interface.id, blocks, others, of_ecs)


def _owner(interface: Interface) -> Kind:
    """Whose interface it is, by the descriptions that AWS's services write."""
    if ":attachment/" in interface.description:
        return "tasks"
    if interface.description.startswith("ELB ") or interface.view.get("InterfaceType") in REPLACED[1:]:
        return "load balancer"
    return "data store" if interface.view.get("RequesterManaged") else "interface"


def _keeps_address(interface: Interface) -> bool:
    """What AWS makes for a database, a cache or a function is replaced at will; an instance keeps its address.

    An instance of an Auto Scaling group does not, which its interface does not say.
    """
    if interface.description.startswith("EFS mount target"):
        return True
    kind = str(interface.view.get("InterfaceType", "interface"))
    return kind not in REPLACED and not interface.view.get("RequesterManaged", False)
