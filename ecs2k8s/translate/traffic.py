"""The ALBs of an account: which are translated, and how each of them routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.parts import part_of
from ecs2k8s.translate.balancer_names import Names, group_names, new_names
from ecs2k8s.translate.balancer_notes import say_around, say_secrets
from ecs2k8s.translate.complete import incompleteness, say_unread
from ecs2k8s.translate.gateway import gateways
from ecs2k8s.translate.ingress import Routed, Ruled, ingresses
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.routes import Route
from ecs2k8s.translate.routing import actions, route
from ecs2k8s.translate.target_group_names import part_services, service_names
from ecs2k8s.translate.target_group_services import WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload
    from ecs2k8s.translate.target_group_names import TargetGroupService

NO_PARTS: Mapping[tuple[str, str], TargetGroupService] = {}
OTHER_TARGETS = ("lambda", "alb")  # types of targets that no Service can stand for


@dataclass(frozen=True, slots=True)
class Routing:
    """How one ALB routes, and the objects that are to do the same. Without `placed` it was refused, and said so.

    `wholes`: the backend of each part of a workload to that of the workload, which a part counts as.
    """

    balancer: LoadBalancer
    listeners: tuple[Routed, ...]
    placed: tuple[Placed, ...] = ()
    wholes: Mapping[str, str] = field(default_factory=dict)

    def refuse(self, slug: str, /, **args: object) -> None:
        """Say on the load balancer that nothing is made of it; every leaf of it is manual then."""
        refuse(self.balancer, slug, **args)


def refuse(balancer: LoadBalancer, slug: str, /, **args: object) -> None:
    note(balancer.view, "LoadBalancerArn", slug, **args)
    _leave_out(balancer, "load-balancer-refused", name=balancer.name)


def _leave_out(balancer: LoadBalancer, slug: str, /, **args: object) -> None:
    for item in balancer.items:
        item.leave_out(slug, **args)


def routings(inventory: Inventory, workloads: list[Workload], target: Target) -> list[Routing]:
    """One for each ALB that forwards to a workload, whether its Ingresses could be made or not; none if ALBs stay."""
    if target.routing == "existing-alb":
        return []
    services, parts = service_names(inventory, workloads, target), part_services(inventory, workloads, target)
    wholes = {backend_of(part): backend_of(services[arn]) for (arn, name), part in parts.items() if name}
    used = [balancer for balancer in inventory.balancers.load_balancers if _is_used(balancer, services)]
    if target.routing == "ingress":
        say_unread(inventory, [service.group for service in services.values()])
    groups, new = group_names(used), new_names(inventory.balancers.load_balancers)
    taken: dict[ObjectRef, Placed] = {}
    found = []
    for balancer in used:
        routed = listeners(balancer, inventory, services, target, parts)
        called = Names(groups[balancer.arn], new[balancer.arn], frozenset(ref.name for ref in taken))
        every = [*services.values(), *(part for (_, name), part in parts.items() if name)]
        placed = _placed(balancer, routed, called, every, target) if routed else []
        if placed:
            say_around(balancer, placed, target)
        refs = {ObjectRef.of(item.manifest): item for item in placed}
        clashing = [ref for ref, item in sorted(refs.items()) if taken.get(ref, item) != item]
        if clashing:
            refuse(balancer, "route-name-taken", name=clashing[0].name)
            placed = []
        taken |= refs if placed else {}
        found.append(Routing(balancer, tuple(routed), tuple(placed), wholes))
    return found


def _is_used(balancer: LoadBalancer, services: Mapping[str, TargetGroupService]) -> bool:
    """Whether something forwards to a service, as far as it was read, or as the target groups say."""
    if balancer.type == "gateway":
        _leave_out(balancer, "load-balancer-refused", name=balancer.name)
    if balancer.type in ("network", "gateway"):
        return False
    if balancer.type != "application" and balancer.strays:
        return True  # rules with a broken ARN could belong to any
    serves = any(balancer.arn in service.group.balancer_arns for service in services.values())
    if serves or balancer.named_groups & services.keys():
        return True
    _leave_out(balancer, "load-balancer-not-used", name=balancer.name)
    return False


def listeners(
    balancer: LoadBalancer,
    inventory: Inventory,
    services: Mapping[str, TargetGroupService],
    target: Target,
    parts: Mapping[tuple[str, str], TargetGroupService] = NO_PARTS,
) -> list[Routed]:
    """The listeners in routes; none where something in them is not known or stays with ECS, which is said there."""
    lacking = list(incompleteness(balancer, [service.group for service in services.values()]))
    for refusal in lacking:
        _say(refusal)
    resolve = _resolver(inventory, services, target)
    dividing = _Dividing(resolve, services, parts) if parts else None
    found, whole = [], not lacking
    for listener in balancer.listeners:
        rules, default = _rules(listener, resolve, dividing), _default(listener, resolve)
        if default is None or len(rules) < len(listener.rules):
            whole = False
        else:
            found.append(Routed(listener, tuple(rules), default))
    if not whole:
        _leave_out(balancer, "load-balancer-refused", name=balancer.name)
        return []
    say_secrets(balancer, found)
    return found


def _rules(listener: Listener, resolve: Callable[[str, AwsMap, str], str], dividing: _Dividing | None) -> list[Ruled]:
    found = []
    for view in listener.rules:
        try:
            whole = route(view, resolve)
            divided = route(view, dividing.of_rule(view)) if dividing else whole
            found.append(Ruled(str(view.get("Priority", "")), view, divided, whole))
        except Refusal as refusal:
            _say(refusal)
    return found


def _default(listener: Listener, resolve: Callable[[str, AwsMap, str], str]) -> Route | None:
    try:
        return _agreed(listener, resolve)
    except Refusal as refusal:
        _say(refusal)
        return None


def _agreed(listener: Listener, resolve: Callable[[str, AwsMap, str], str]) -> Route:
    """The default actions, which the default rule repeats."""
    said = [(listener.view, "DefaultActions"), (listener.default_rule, "Actions")]
    found = [Route((), *actions(owner, key, resolve)) for owner, key in said if key in owner]
    if not found:
        raise Refusal("rules-not-read", listener.view, ("ListenerArn",), port=listener.port)
    if found[0].normal != found[-1].normal:
        raise Refusal("default-actions-differ", listener.view, ("ListenerArn",), port=listener.port)
    return found[0]


def _resolver(
    inventory: Inventory, services: Mapping[str, TargetGroupService], target: Target
) -> Callable[[str, AwsMap, str], str]:
    """What a target group's ARN becomes: a Service, or the second target group that the user named for it."""

    def backend(arn: str, view: AwsMap, key: str) -> str:
        if arn in target.target_groups:
            second = target.target_groups[arn]
            known = inventory.balancers.target_groups.get(second)
            if known is not None and known.balancer_arns:
                why = f"{second}, which was named for it, serves another load balancer"
                raise Refusal("forward-to-what-stays", view, (key,), why=why)
            note(view, key, "target-group-kept", instead=second)
            return second
        if arn in services and services[arn].group.view.get("Protocol") in WEB:
            service = services[arn]
            if service.group.view.get("HealthCheckEnabled") is False:
                raise Refusal("health-check-disabled", service.group.view, ("HealthCheckEnabled",))
            return backend_of(service)
        raise Refusal("forward-to-what-stays", view, (key,), why=_why(arn, inventory))

    return backend


@dataclass(frozen=True, slots=True)
class _Dividing:
    """What a rule sends to where workloads are split: a part's Service in place of the workload's."""

    resolve: Callable[[str, AwsMap, str], str]
    services: Mapping[str, TargetGroupService]
    parts: Mapping[tuple[str, str], TargetGroupService]

    def of_rule(self, rule: AwsMap) -> Callable[[str, AwsMap, str], str]:
        def backend(arn: str, view: AwsMap, key: str) -> str:
            found = self.resolve(arn, view, key)
            whole = self.services.get(arn)
            if whole is None or found != backend_of(whole):
                return found  # a second target group, which the user named
            return backend_of(self.parts.get((arn, part_of(whole.workload, rule).part), whole))

        return backend


def _why(arn: str, inventory: Inventory) -> str:
    group = inventory.balancers.target_groups.get(arn)
    if group is None:
        return "it was not read"
    if group.view.get("TargetType") in OTHER_TARGETS:
        return f"its targets are of type {group.view['TargetType']}"
    if group.view.get("Protocol") not in WEB:
        return f"its protocol is {group.view.get('Protocol', 'not said')}"
    return "no service that is translated is registered in it" if not group.backends else "its pods are not translated"


def _control_ports(services: Iterable[TargetGroupService]) -> dict[str, str]:
    ports = {backend_of(each): each.group.view.get("TargetControlPort") for each in services}
    return {backend: str(port) for backend, port in ports.items() if port}


def backend_of(service: TargetGroupService) -> str:
    """As routes call it."""
    return f"{service.namespace}/{service.name}:{service.port}"


def _placed(
    balancer: LoadBalancer,
    routed: Sequence[Routed],
    called: Names,
    services: Sequence[TargetGroupService],
    target: Target,
) -> list[Placed]:
    try:
        match target.routing:
            case "ingress":
                return ingresses(balancer, routed, called, _control_ports(services))
            case "gateway":
                return gateways(balancer, routed, called, services)
            case "existing-alb":
                return []
    except Refusal as refusal:
        _say(refusal)
        _leave_out(balancer, "load-balancer-refused", name=balancer.name)
        return []


def _say(refusal: Refusal) -> None:
    note(refusal.view, refusal.at, refusal.slug, **refusal.args_of_finding)
