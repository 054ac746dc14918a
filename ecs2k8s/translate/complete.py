"""What must have been read of an ALB, and must be known in it, before anything is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.fields import tables
from ecs2k8s.core.paths import leaves, show
from ecs2k8s.core.redacted import REDACTED
from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.balancers import priority
from ecs2k8s.translate.ingress_annotations import certificates, subnets
from ecs2k8s.translate.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecs2k8s.resolve.balancers import Listener, LoadBalancer, TargetGroup
    from ecs2k8s.resolve.workload import Inventory

OWNED = "elbv2.k8s.aws/cluster"  # the controller's tag on what it made
KNOWN = {
    "Scheme": ("internal", "internet-facing"),
    "IpAddressType": ("ipv4", "dualstack", "dualstack-without-public-ipv4"),
}
ALWAYS = ("Scheme", "AvailabilityZones", "SecurityGroups")  # what AWS says of every ALB


def incompleteness(balancer: LoadBalancer, groups: Sequence[TargetGroup]) -> Iterator[Refusal]:
    """What stands against it, one for each leaf. *groups* are those that a Service stands for.

    Where one of these is not said the controller makes a choice of its own: internal, subnets by their tags, a security
    group that lets everybody in. A member of a rule that no table knows may narrow it or protect something.
    """
    if not balancer.view:
        first = balancer.listeners[0].view if balancer.listeners else NOTHING
        yield Refusal("load-balancer-not-read", first, ("LoadBalancerArn",), name=balancer.name)
    elif any(str(item.get("Key", "")) == OWNED for item in balancer.tags.get("Tags", [])):
        yield Refusal("load-balancer-owned-by-controller", balancer.view, ("LoadBalancerArn",))
    else:
        if balancer.type != "application":
            yield Refusal("load-balancer-incomplete", balancer.view, ("LoadBalancerArn",), missing="Type")
        for key, values in KNOWN.items():
            if str(balancer.view.get(key, values[0])) not in values:
                yield Refusal("load-balancer-incomplete", balancer.view, ("LoadBalancerArn",), missing=f"A known {key}")
        for key in ALWAYS:
            if not balancer.view.get(key) or (key == "AvailabilityZones" and not subnets(balancer.view)):
                yield Refusal("load-balancer-incomplete", balancer.view, ("LoadBalancerArn",), missing=key)
    yield from _listeners_not_read(balancer, groups)
    for listener in balancer.listeners:
        yield from _of_listener(listener)
    yield from _unknown_members(balancer)
    yield from _masked(balancer)


def say_unread(inventory: Inventory, groups: Iterable[TargetGroup]) -> None:
    """On each of *groups*: the ALBs that send to it, and of which nothing was read."""
    known = {balancer.arn for balancer in inventory.balancers.load_balancers}
    for group in groups:
        for number, arn in enumerate(group.balancer_arns):
            if arn not in known and ":loadbalancer/app/" in arn:
                note(group.view, ("LoadBalancerArns", number), "load-balancer-not-given", arn=arn)


def _listeners_not_read(balancer: LoadBalancer, groups: Iterable[TargetGroup]) -> Iterator[Refusal]:
    for view in balancer.strays:
        at = "RuleArn" if "RuleArn" in view else "ListenerArn"
        yield Refusal("listener-not-read", view, (at,), why="Something of it was read")
    for group in groups:
        if balancer.view and balancer.arn in group.balancer_arns and group.arn not in balancer.named_groups:
            why = f"The target group {group.name} is used by the load balancer, but by no listener that was read"
            yield Refusal("listener-not-read", balancer.view, ("LoadBalancerArn",), why=why)


def _of_listener(listener: Listener) -> Iterator[Refusal]:
    view = listener.view
    if not listener.default_rule:  # DescribeRules always has it, as the last one
        yield Refusal("rules-not-read", view, ("ListenerArn",), port=listener.port)
    if listener.protocol not in ("HTTP", "HTTPS") or not listener.port:
        yield Refusal("listener-protocol-unknown", view, ("Protocol",), protocol=listener.protocol or "none")
    if listener.protocol == "HTTPS" and not (view.get("SslPolicy") and certificates(listener)):
        yield Refusal("listener-without-certificate", view, ("ListenerArn",), port=listener.port)
    known: set[int] = set()
    for rule in listener.rules:
        number = priority(rule)
        if number is None:
            yield Refusal("priority-not-a-number", rule, ("Priority",), priority=rule.get("Priority", ""))
        elif number in known:
            yield Refusal("priority-given-twice", rule, ("Priority",), priority=number)
        else:
            known.add(number)


def _unknown_members(balancer: LoadBalancer) -> Iterator[Refusal]:
    for item in balancer.items:
        shape = item.document.shape
        for path, _ in leaves(item.document.data) if shape in ("elbv2.Listener", "elbv2.Rule") else ():
            routes = shape == "elbv2.Rule" or path[:1] == ("DefaultActions",)
            if routes and not tables()[shape].find(path)[1]:
                if path[0] == "Conditions":
                    yield Refusal("unknown-condition", item.view, path, field=show(path))
                else:
                    yield Refusal("unknown-action", item.view, path, type=show(path))


def _masked(balancer: LoadBalancer) -> Iterator[Refusal]:
    """A condition or an attribute whose value was masked would be another one on the new load balancer."""
    for item in balancer.items:
        for path, value in leaves(item.document.data):
            if isinstance(value, str) and REDACTED in value and path[-1] != "ClientSecret":
                yield Refusal("value-is-masked", item.view, path, field=show(path))
