"""TargetGroupBindings: pods become targets of new target groups behind the load balancers that ECS uses now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.binding_network import Sources, networking
from ecs2k8s.translate.network_load_balancer import kept_load_balancers
from ecs2k8s.translate.new_target_groups import NewTargetGroup, new_target_groups
from ecs2k8s.translate.target_group_checks import can_be_copied
from ecs2k8s.translate.target_group_names import TargetGroupService, part_services, service_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import TargetGroup
    from ecs2k8s.resolve.workload import Inventory, Workload

    Key = tuple[str, str]  # ARN of the source target group, name of the part (empty: the workload itself)


@dataclass(frozen=True, slots=True)
class Binding:
    """A new target group, the Service whose pods become its targets, and what the object is called."""

    group: NewTargetGroup
    service: TargetGroupService
    name: str


def target_group_bindings(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One object for each new target group, by its name: the ARN is not known before it is made."""
    sources = Sources.of(inventory)
    for binding in bindings(inventory, workloads, target):
        manifest = _manifest(binding, sources, target)
        yield Placed(binding.service.namespace, prune(manifest), "traffic/target-group-binding")


def bindings(inventory: Inventory, workloads: list[Workload], target: Target) -> list[Binding]:
    """For each source target group that a load balancer sends to, in order of ARN.

    Of all load balancers where weights on the old one shift the traffic; else only of those that no Service replaces.
    """
    services = _receiving(inventory, workloads, target)
    kept = set() if target.binds_target_groups else kept_load_balancers(inventory, workloads, target)
    wanted = {}
    for key, service in services.items():
        if target.binds_target_groups or kept & set(service.group.balancer_arns):
            if not is_in_use(service.group, inventory):
                note(service.group.view, "TargetGroupArn", "target-group-without-listener", group=service.group.name)
            elif can_be_copied(service, inventory, target):
                wanted[key] = service
    sources = ((service.group, service.part) for service in services.values())
    groups = new_target_groups(inventory, sources, target)
    called = _names(wanted)
    return [Binding(groups[key], service, called[key]) for key, service in sorted(wanted.items())]


def _receiving(inventory: Inventory, workloads: list[Workload], target: Target) -> dict[Key, TargetGroupService]:
    """The Service of each source target group, and one for each part of a workload that a rule sends to instead.

    A workload whose rules all go to parts gets nothing more: targets of a group that no rule names are never healthy.
    """
    parts = part_services(inventory, workloads, target)
    divided = {arn for arn, _ in parts}
    whole = service_names(inventory, workloads, target)
    return {(arn, ""): service for arn, service in whole.items() if arn not in divided} | dict(parts)


def is_in_use(group: TargetGroup, inventory: Inventory) -> bool:
    """Whether an action of a listener names the group. One that none names keeps its targets `unused`, never ready."""
    return bool(group.balancer_arns) or any(
        group.arn in _named(view)
        for balancer in inventory.balancers.load_balancers
        for listener in balancer.listeners
        for view in (listener.view, listener.default_rule, *listener.rules)
    )


def _named(view: Mapping[str, Any]) -> Iterator[str]:
    """The target groups that the actions of a listener or a rule send to."""
    for action in (*view.get("DefaultActions", []), *view.get("Actions", [])):
        yield str(action.get("TargetGroupArn", ""))
        for item in action.get("ForwardConfig", NOTHING).get("TargetGroups", []):
            yield str(item.get("TargetGroupArn", ""))


def _names(services: Mapping[Key, TargetGroupService]) -> dict[Key, str]:
    """The source target group's name, and the part's behind it, as a label of its own in its namespace."""
    spaces: dict[str, list[Key]] = defaultdict(list)
    for key, service in sorted(services.items(), key=lambda item: (bool(item[0][1]), item[0])):  # parts come last
        spaces[service.namespace].append(key)
    return {key: name for members in spaces.values() for key, name in _of_namespace(members, services)}


def _of_namespace(members: list[Key], services: Mapping[Key, TargetGroupService]) -> Iterator[tuple[Key, str]]:
    texts = {key: "-".join(filter(None, (services[key].group.name, key[1]))) for key in members}
    given = names.unique(texts.values())
    taken: set[str] = set()
    for key in members:
        name = given[texts[key]]
        while name in taken:
            name = names.suffixed(name, key[0])
        taken.add(name)
        yield key, name


def _manifest(binding: Binding, sources: Sources, target: Target) -> dict[str, Any]:
    service = binding.service
    note(service.group.view, "TargetGroupArn", "target-group-owned-by-ecs")
    ipv6 = service.group.view.get("IpAddressType") == "ipv6"
    return {
        "apiVersion": "eks.amazonaws.com/v1" if target.compute == "auto-mode" else "elbv2.k8s.aws/v1beta1",
        "kind": "TargetGroupBinding",
        "metadata": service.workload.metadata(binding.name),
        "spec": {
            "targetGroupName": binding.group.name,
            "targetType": "ip",
            "ipAddressType": "ipv6" if ipv6 else None,
            "serviceRef": {"name": service.name, "port": service.port},
            "networking": networking(service, sources),
        },
    }
