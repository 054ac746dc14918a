"""Who has a security group: pods to be, tasks that still run, load balancers, data stores and other interfaces.

A rule that names a group means all of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.paths import leaves
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.networks import awsvpc
from ecs2k8s.resolve.security_groups import network_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.interfaces import Interface
    from ecs2k8s.resolve.networks import Networks
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
    def of(cls, inventory: Inventory, translated: Iterable[Workload], wanted: Collection[str] | None = None) -> Holders:
        """*wanted*: only holders of these groups, so that the documents of others do not count as read."""
        chosen = list(translated)
        pods: dict[str, list[Workload]] = defaultdict(list)
        for workload in chosen:
            for group in workload.memberships:
                pods[group].append(workload)
        finder = _Finder(inventory, wanted)
        others: dict[str, list[Holder]] = defaultdict(list)
        for found in (finder.tasks(chosen), finder.balancers(), finder.stores(), finder.mount_targets()):
            for group, holder in found:
                others[group].append(holder)
        for group, holder in list(finder.interfaces(others)):
            others[group].append(holder)
        return cls({group: tuple(found) for group, found in pods.items()}, {g: tuple(h) for g, h in others.items()})

    def any(self, group: str) -> bool:
        return group in self.pods or group in self.others


def named_by(inventory: Inventory, groups: Iterable[str]) -> set[str]:
    """Groups that the rules of *groups* name, and those that the rules of a load balancer among these name.

    Behind some load balancers the clients themselves are the peers.
    """
    known = inventory.networks.groups
    found = {named for group in groups if group in known for named in known[group].named}
    for item in inventory.index.of_shape("elbv2.LoadBalancer"):
        its = set(map(str, item.document.data.get("SecurityGroups") or ()))
        if its & found and item.document.data.get("Type") == "network":
            found |= {named for group in its if group in known for named in known[group].named}
    return found


def task_subnets(networks: Networks, workload: Workload) -> set[str]:
    """Ids of the subnets in which its tasks have their addresses."""
    if workload.network_mode != "awsvpc":
        return networks.instance_subnets(networks.instances_of(workload))
    details = (each for item in workload.task.get("attachments", []) for each in item.get("details", []))
    found = {str(each.get("value", "")) for each in details if each.get("name") == "subnetId"}
    return (found | set(map(str, awsvpc(workload).get("subnets", [])))) - {""}


def zones(balancer: LoadBalancer) -> list[str]:
    """Ids of the subnets that the load balancer is in."""
    return [str(zone.get("SubnetId", "")) for zone in balancer.view.get("AvailabilityZones", [])]


def _database(view: AwsMap) -> tuple[list[str], list[str]]:
    groups = [str(each.get("VpcSecurityGroupId", "")) for each in view.get("VpcSecurityGroups", [])]
    subnets = view.get("DBSubnetGroup", NOTHING).get("Subnets", [])
    return groups, [str(each.get("SubnetIdentifier", "")) for each in subnets]


def _listed(groups: str, subnets: str) -> Callable[[AwsMap], tuple[list[str], list[str]]]:
    return lambda view: (list(map(str, view.get(groups, []))), list(map(str, view.get(subnets, []))))


STORES = (  # shape, name, and its groups and subnets
    ("rds.DBInstance", "DBInstanceIdentifier", _database),
    ("rds.DBProxy", "DBProxyName", _listed("VpcSecurityGroupIds", "VpcSubnetIds")),
    ("elasticache.ServerlessCache", "ServerlessCacheName", _listed("SecurityGroupIds", "SubnetIds")),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Finder:
    inventory: Inventory
    wanted: Collection[str] | None

    @property
    def networks(self) -> Networks:
        return self.inventory.networks

    def _wants(self, groups: Iterable[str]) -> bool:
        return self.wanted is None or any(group in self.wanted for group in groups)

    def _views(self, shape: str) -> Iterator[AwsMap]:
        """Documents that name a wanted group anywhere."""
        for item in self.inventory.index.of_shape(shape):
            if self._wants(str(value) for _, value in leaves(item.document.data)):
                yield item.view

    def tasks(self, translated: list[Workload]) -> Iterator[tuple[str, Holder]]:
        for workload in self.inventory.workloads:
            groups, goes = self.networks.groups_of(workload), workload in translated
            if not (workload.service or workload.task) or not self._wants(groups):
                continue
            subnets = task_subnets(self.networks, workload)
            unread = tuple(sorted(subnet for subnet in subnets if subnet not in self.networks.subnets))
            holder = Holder("tasks", workload.name, self.networks.cidrs(subnets), (), goes, unread, awsvpc(workload))
            for group in groups:
                yield group, holder
                if goes and workload.network_mode == "host":
                    nodes = self.networks.cidrs(self.networks.node_subnets)
                    yield group, Holder("host-network pods", workload.name, nodes)

    def balancers(self) -> Iterator[tuple[str, Holder]]:
        its = {str(view.get("LoadBalancerArn", "")) for view in self._views("elbv2.LoadBalancer")}
        for balancer in self.inventory.balancers.load_balancers:
            if balancer.arn in its:
                blocks = self.networks.cidrs(zones(balancer))
                for group in balancer.view.get("SecurityGroups", []):
                    yield str(group), Holder("load balancer", balancer.name, blocks, balancer=balancer)

    def stores(self) -> Iterator[tuple[str, Holder]]:
        """Databases and caches. A database can move to any subnet of its subnet group."""
        for shape, name, where in STORES:
            for view in self._views(shape):
                groups, subnets = where(view)
                unread = tuple(sorted(subnet for subnet in subnets if subnet not in self.networks.subnets))
                blocks, now = self.networks.cidrs(subnets), self._addresses(groups, subnets)
                for group in groups:
                    yield group, Holder("data store", str(view.get(name, "")), blocks, now, unread=unread)

    def _addresses(self, groups: list[str], subnets: list[str]) -> tuple[str, ...]:
        """Those that interfaces with one of *groups* have now in *subnets*."""
        its = [each for each in self.networks.interfaces if not set(groups).isdisjoint(each.groups)]
        return tuple(sorted({address for each in its if each.subnet in subnets for address in each.addresses}))

    def mount_targets(self) -> Iterator[tuple[str, Holder]]:
        """A mount target keeps its address."""
        items = self.inventory.index.of_shape("efs.MountTarget")
        targets = {str(item.document.data.get("MountTargetId")): item.view for item in items}
        for view in self._views("efs.MountTargetSecurityGroups"):
            name = str(view.get("MountTargetId", ""))
            target = targets.get(name, NOTHING)
            target.get("MountTargetId")
            network = network_of(str(target.get("IpAddress", "")))
            for group in view.get("SecurityGroups", []):
                yield str(group), Holder("data store", name, (str(network),) if network else ())

    def interfaces(self, known: Mapping[str, list[Holder]]) -> Iterator[tuple[str, Holder]]:
        """Interfaces that belong to no known holder: by address where that stays, else by subnet."""
        for interface in self.networks.interfaces:
            if self._wants(interface.groups):
                interface.record()
                yield from self._interface(interface, known)

    def _interface(self, interface: Interface, known: Mapping[str, list[Holder]]) -> Iterator[tuple[str, Holder]]:
        subnet = self.networks.cidrs([interface.subnet])
        blocks, others = (interface.addresses, subnet) if _keeps_address(interface) else (subnet, interface.addresses)
        of_ecs = bool(interface.instance) and interface.instance in self.networks.ecs_instances
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
