"""What each listener of a Network Load Balancer forwards to, as Services; what one Service cannot hold is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.target_group_settings import attributes, health_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import Listener
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.target_group_names import TargetGroupService

PORTS = {  # listener protocol to those of the Service ports, with the prefix of their names
    "TCP": (("tcp", "TCP"),),
    "TLS": (("tls", "TCP"),),
    "UDP": (("udp", "UDP"),),
    "TCP_UDP": (("tcp", "TCP"), ("udp", "UDP")),
    "QUIC": (("udp", "UDP"),),
    "TCP_QUIC": (("tcp", "TCP"), ("udp", "UDP")),
}
QUIC = ("QUIC", "TCP_QUIC")
MOST_OTHERS = 4  # groups of an action beside that of the Service itself


@dataclass(frozen=True, slots=True)
class Forward:
    """A target group that a listener sends to. `service`: None where it stays outside the cluster."""

    arn: str
    weight: int
    service: TargetGroupService | None
    view: AwsMap
    at: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A listener with the Service port behind it, and what gets the rest of the connections.

    `others`: a Service of the same namespace or the ARN of a target group that ECS fills, each with its weight.
    """

    listener: Listener
    service: TargetGroupService
    weight: int = 1
    others: tuple[tuple[TargetGroupService | str, int], ...] = ()

    @property
    def is_tls(self) -> bool:
        return self.listener.protocol == "TLS"

    @property
    def ports(self) -> list[dict[str, Any]]:
        """One Service port for each protocol of the listener; the container port is the target."""
        number = self.listener.port
        return [
            {"name": f"{prefix}-{number}", "port": number, "targetPort": self.service.port, "protocol": protocol}
            for prefix, protocol in PORTS[self.listener.protocol]
        ]

    @property
    def sticky(self) -> bool:
        actions = self.listener.view.get("DefaultActions", [])
        configs = [a.get("ForwardConfig", NOTHING).get("TargetGroupStickinessConfig", NOTHING) for a in actions]
        return any(config.get("Enabled") for config in configs)


def forwards(listener: Listener, services: Mapping[str, TargetGroupService]) -> list[Forward]:
    """The target groups of the default action; those of weight 0 only where there are no others."""
    found = []
    for index, action in enumerate(listener.view.get("DefaultActions", [])):
        base: tuple[str | int, ...] = ("DefaultActions", index)
        groups = action.get("ForwardConfig", NOTHING).get("TargetGroups", [])
        places = [(item, (*base, "ForwardConfig", "TargetGroups", n)) for n, item in enumerate(groups)]
        for item, at in places or [(action, base)]:
            arn = str(item.get("TargetGroupArn", ""))
            weight = int(item.get("Weight", 1))
            found.append(Forward(arn, weight, services.get(arn), listener.view, (*at, "TargetGroupArn")))
    return [forward for forward in found if forward.weight] or found[:1]


def forwarding(listener: Listener, found: list[Forward], workload: Workload, target: Target) -> Forwarding:
    """The listener as ports of a Service of *workload*. Raises `Refusal` on the leaf that no such Service can hold."""
    if listener.protocol not in PORTS:
        raise Refusal("listener-protocol-unsupported", listener.view, ("Protocol",), protocol=listener.protocol)
    if not listener.port:
        raise Refusal("load-balancer-incomplete", listener.view, ("ListenerArn",), missing="Port")
    own = [forward for forward in found if forward.service and forward.service.workload is workload]
    if not own:
        first = next((forward for forward in found if forward.service is None), found[0] if found else None)
        at = first.at if first else ("ListenerArn",)
        if first and first.service is None:
            raise Refusal("target-group-stays", listener.view, at, group=first.arn)
        raise Refusal("listeners-differ", listener.view, at, what="the workload that they forward to")
    base = max(own, key=lambda forward: forward.weight)
    same, rest = _split(base, own, found)
    others = tuple((_other(forward, base, target), forward.weight) for forward in rest)
    if others and listener.protocol in QUIC:
        raise Refusal("weights-not-carried", listener.view, rest[0].at, why="QUIC listeners have no weights")
    if len(others) > MOST_OTHERS:
        raise Refusal("weights-not-carried", listener.view, rest[0].at, why=f"there are more than {MOST_OTHERS} others")
    service = base.service
    if service is None:  # it is one of `own`
        raise AssertionError(base.arn)
    return Forwarding(listener, service, sum(forward.weight for forward in same), others)


def _split(base: Forward, own: list[Forward], found: list[Forward]) -> tuple[list[Forward], list[Forward]]:
    """The groups that are the same pods and port as *base*, and all others."""
    same = [f for f in own if f.service and base.service and f.service.port == base.service.port]
    for forward in same:
        _require_equal(forward, base)
    return same, [forward for forward in found if forward not in same]


def _other(forward: Forward, base: Forward, target: Target) -> TargetGroupService | str:
    """What takes the place of another group of a weighted action."""
    if forward.service is None:
        second = target.target_groups.get(forward.arn)
        if second:
            return second
        raise Refusal("target-group-stays", forward.view, forward.at, group=forward.arn)
    if base.service and forward.service.namespace != base.service.namespace:
        raise Refusal("weights-not-carried", forward.view, forward.at, why="the other workload is in another namespace")
    _require_equal(forward, base)
    return forward.service


def _require_equal(forward: Forward, base: Forward) -> None:
    """The controller gives all groups of a weighted action the settings of the Service that has the load balancer."""
    if forward.service is None or base.service is None:
        return
    one, other = _settings(forward.service), _settings(base.service)
    if one != other:
        raise Refusal("weights-not-carried", forward.view, forward.at, why="the target groups have different settings")


def _settings(service: TargetGroupService) -> tuple[object, ...]:
    return str(service.group.view.get("Protocol")), health_check(service), attributes(service.group)
