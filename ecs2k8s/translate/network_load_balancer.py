"""Network Load Balancers as Services of type LoadBalancer, where one Service can hold all listeners of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.balancer_names import new_names
from ecs2k8s.translate.network_annotations import network_annotations
from ecs2k8s.translate.network_listeners import QUIC, Forwarding, forwarding, forwards
from ecs2k8s.translate.network_tls import certificates, differences, say_unread_certificates
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.target_group_checks import can_be_copied, is_in_another_vpc
from ecs2k8s.translate.target_group_names import lettered, service_names
from ecs2k8s.translate.target_group_settings import attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload
    from ecs2k8s.translate.network_listeners import Forward
    from ecs2k8s.translate.target_group_names import TargetGroupService


@dataclass(frozen=True, slots=True)
class Balanced:
    """A Network Load Balancer whose listeners are the ports of one Service."""

    balancer: LoadBalancer
    forwardings: list[Forwarding]

    @property
    def workload(self) -> Workload:
        return self.forwardings[0].service.workload


def network_load_balancers(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """A Service of type LoadBalancer for each Network Load Balancer, beside the old one and under another name."""
    if target.routing == "existing-alb":
        return
    fitting, _ = _sorted_out(inventory, workloads, target)
    called = _service_names(fitting, inventory, workloads, target)
    new = new_names(inventory.balancers.load_balancers)
    for balanced in fitting:
        name = new[balanced.balancer.arn]
        yield Placed(
            balanced.workload.namespace, prune(_manifest(balanced, called, name, target)), "traffic/load-balancer"
        )


def kept_load_balancers(inventory: Inventory, workloads: list[Workload], target: Target) -> set[str]:
    """ARNs of Network Load Balancers that no Service can replace: they stay, and pods are bound to groups of theirs."""
    return set(_sorted_out(inventory, workloads, target)[1])


def weighted_services(inventory: Inventory, workloads: list[Workload], target: Target) -> list[TargetGroupService]:
    """The Services that a weight of a listener names beside the one that has the load balancer."""
    if target.routing == "existing-alb":
        return []
    fitting, _ = _sorted_out(inventory, workloads, target)
    others = [other for balanced in fitting for f in balanced.forwardings for other, _ in f.others]
    return [other for other in others if not isinstance(other, str)]


def _sorted_out(
    inventory: Inventory, workloads: list[Workload], target: Target
) -> tuple[list[Balanced], dict[str, LoadBalancer]]:
    """The Network Load Balancers that become a Service, and those that cannot, with a finding on what is in the way."""
    services = service_names(inventory, workloads, target)
    fitting, kept = [], {}
    for balancer in inventory.balancers.load_balancers:
        if balancer.type == "gateway":
            note(*_place(balancer, "Type"), "gateway-load-balancer", balancer=balancer.name)
        if balancer.type != "network":
            continue
        found = {listener: forwards(listener, services) for listener in balancer.listeners}
        if not any(forward.service for listed in found.values() for forward in listed):
            continue  # nothing that moves is behind it
        forwardings = _forwardings(balancer, found, inventory, target)
        if forwardings:
            fitting.append(Balanced(balancer, forwardings))
        else:
            kept[balancer.arn] = balancer
    return fitting, kept


def _place(balancer: LoadBalancer, key: str) -> tuple[AwsMap, str]:
    """A leaf of the load balancer, or of whatever else of it was read."""
    if len(balancer.view):
        return balancer.view, key if key in balancer.view else "LoadBalancerArn"
    return balancer.items[0].view, "LoadBalancerArn"


def _forwardings(
    balancer: LoadBalancer, found: Mapping[Listener, list[Forward]], inventory: Inventory, target: Target
) -> list[Forwarding]:
    """All listeners as ports of one Service; empty where that is not possible, which is said wherever it fails."""
    workload = _selected(found)
    made = [_of_listener(listener, listed, workload, target) for listener, listed in found.items()]
    forwardings = [one for one in made if one is not None]
    fits = [_is_known(balancer), not is_in_another_vpc(balancer.view, inventory, target), _has_no_rules(balancer)]
    fits += [can_be_copied(one.service, inventory, target) for one in forwardings]
    fits += [_has_tls_settings(one.listener) for one in forwardings]
    if len(forwardings) < len(made) or not all(fits):
        return []
    return forwardings if _can_share(balancer, forwardings) else []


def _selected(found: Mapping[Listener, list[Forward]]) -> Workload:
    """The workload that most listeners forward to, of several the one of the lowest port: what the Service selects."""
    behind = [
        workload
        for listed in found.values()
        for workload in dict.fromkeys(forward.service.workload for forward in listed if forward.service)
    ]
    return max(dict.fromkeys(behind), key=behind.count)


def _of_listener(listener: Listener, listed: list[Forward], workload: Workload, target: Target) -> Forwarding | None:
    try:
        return forwarding(listener, listed, workload, target)
    except Refusal as refusal:
        note(refusal.view, refusal.at, refusal.slug, **refusal.args_of_finding)
        return None


def _is_known(balancer: LoadBalancer) -> bool:
    missing = [key for key in ("Scheme", "AvailabilityZones") if key not in balancer.view]
    if missing:
        note(*_place(balancer, "LoadBalancerArn"), "load-balancer-incomplete", missing=", ".join(missing))
    return not missing


def _has_no_rules(balancer: LoadBalancer) -> bool:
    rules = [rule for listener in balancer.listeners for rule in listener.rules]
    for rule in rules:
        note(rule, "RuleArn", "rule-of-network-listener", balancer=balancer.name)
    return not rules


def _has_tls_settings(listener: Listener) -> bool:
    if listener.protocol != "TLS":
        return True
    missing = [] if certificates(listener) else ["Certificates"]
    missing += [] if "SslPolicy" in listener.view else ["SslPolicy"]
    if missing:
        note(listener.view, "ListenerArn", "load-balancer-incomplete", missing=", ".join(missing))
        return False
    say_unread_certificates(listener)
    return True


def _can_share(balancer: LoadBalancer, forwardings: list[Forwarding]) -> bool:
    """Whether the listeners agree in what a Service has only once."""
    found = list(differences(forwardings))
    for what, (view, at) in found:
        note(view, at, "listeners-differ", what=what)
    weighted = any(one.others for one in forwardings)
    if weighted and any(
        attributes(one.service.group) != attributes(forwardings[0].service.group) for one in forwardings
    ):
        view = next(one.listener.view for one in forwardings if one.others)
        note(view, "DefaultActions", "weights-not-carried", why="the listeners have different target group attributes")
        return False
    if not found:
        _say(balancer, forwardings)
    return not found


def _say(balancer: LoadBalancer, forwardings: list[Forwarding]) -> None:
    """What a person must know of a load balancer that becomes a Service."""
    for index, zone in enumerate(balancer.view.get("AvailabilityZones", [])):
        for number, address in enumerate(zone.get("LoadBalancerAddresses", [])):
            for key in ("AllocationId", "PrivateIPv4Address", "IPv6Address"):
                if key in address:
                    at = ("AvailabilityZones", index, "LoadBalancerAddresses", number, key)
                    note(balancer.view, at, "address-held-by-old-balancer", address=address[key])
    for one in forwardings:
        if one.listener.protocol in QUIC:
            names_of = {"namespace": one.service.namespace, "workload": one.service.workload.name}
            note(one.listener.view, "Protocol", "quic-needs-server-id", **names_of)
    seen: dict[str, int] = {}
    for one in forwardings:
        if one.service.group.arn in seen:
            ports = f"{seen[one.service.group.arn]} and {one.listener.port}"
            note(one.service.group.view, "TargetGroupArn", "target-group-behind-listeners", ports=ports)
        seen.setdefault(one.service.group.arn, one.listener.port)


def _service_names(
    fitting: list[Balanced], inventory: Inventory, workloads: list[Workload], target: Target
) -> dict[str, str]:
    """ARN of a load balancer to the name of its Service: the load balancer's own, unless another Service has it."""
    taken = {(w.namespace, lettered(w.name, target)) for w in workloads}
    taken |= {(s.namespace, s.name) for s in service_names(inventory, workloads, target).values()}
    found = {}
    for balanced in fitting:
        space, name = balanced.workload.namespace, lettered(names.label(balanced.balancer.name), target)
        while (space, name) in taken:
            name = names.suffixed(name, f"{balanced.balancer.arn} {name}")
        taken.add((space, name))
        found[balanced.balancer.arn] = name
    return found


def _manifest(balanced: Balanced, called: Mapping[str, str], name: str, target: Target) -> dict[str, Any]:
    workload, balancer = balanced.workload, balanced.balancer
    metadata = workload.metadata(called[balancer.arn])
    metadata["annotations"] = workload.lineage | network_annotations(balancer, balanced.forwardings, name)
    ipv6 = balanced.forwardings[0].service.group.view.get("IpAddressType") == "ipv6"
    spec = {
        "type": "LoadBalancer",
        "loadBalancerClass": f"{'eks.amazonaws.com' if target.compute == 'auto-mode' else 'service.k8s.aws'}/nlb",
        "allocateLoadBalancerNodePorts": False,
        "ipFamilyPolicy": "SingleStack" if ipv6 else None,
        "ipFamilies": ["IPv6"] if ipv6 else None,
        "selector": workload.service_selector,
        "ports": [port for one in balanced.forwardings for port in one.ports],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
