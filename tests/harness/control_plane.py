"""What the load balancer reads of the control plane, and a table that stands for one where no account is needed."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Document = dict[str, Any]

HEALTH_CHECK: Document = {
    "HealthCheckEnabled": True,
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckPath": "/healthz",
    "HealthCheckIntervalSeconds": 15,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 3,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200-299"},
}
ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
BALANCER = f"{ARN}:loadbalancer/app/shop/50dc6c495c0c9188"
LISTENER = f"{ARN}:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"


def group_arn(name: str) -> str:
    return f"{ARN}:targetgroup/{name}/{zlib.crc32(name.encode()):016x}"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Group:
    """A target group: its settings as DescribeTargetGroups has them, and the targets that are registered.

    A target that is draining is no longer one of them; `delay` is how long it drains.
    """

    settings: Document
    targets: tuple[Target, ...] = ()
    delay: float = 300.0


@dataclass(frozen=True, slots=True)
class Listener:
    """As DescribeListeners has it, and its rules as DescribeRules has them."""

    document: Document
    rules: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is written of one load balancer at a moment, by ARN."""

    listeners: Mapping[str, Listener]
    groups: Mapping[str, Group]


class ControlPlane(Protocol):
    def picture(self) -> Picture: ...

    def observed(self, group: str, target: Target, state: str, reason: str) -> None:
        """What the health checks of the load balancer found, for DescribeTargetHealth."""


class Registrar(Protocol):
    """What ECS and the AWS Load Balancer Controller do with a target group."""

    def registered(self, group: str) -> tuple[Target, ...]: ...

    def register(self, group: str, targets: Iterable[Target]) -> None: ...

    def deregister(self, group: str, targets: Iterable[Target]) -> None: ...

    def healthy(self, group: str, target: Target) -> bool:
        """What DescribeTargetHealth says of it."""


@dataclass
class Table:
    """A control plane without an account: what a test writes is there at once."""

    listeners: dict[str, Listener] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    health: dict[tuple[str, Target], tuple[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def picture(self) -> Picture:
        with self._lock:
            return Picture(dict(self.listeners), dict(self.groups))

    def observed(self, group: str, target: Target, state: str, reason: str) -> None:
        with self._lock:
            if target in self.groups[group].targets:
                self.health[group, target] = (state, reason)

    def add_group(self, arn: str, delay: float = 300.0, **settings: Any) -> str:
        with self._lock:
            self.groups[arn] = Group({"TargetGroupArn": arn, **HEALTH_CHECK, **settings}, delay=delay)
        return arn

    def listen(self, default: list[Document], *rules: Document, arn: str = LISTENER) -> None:
        """Put up the listener, or change all of it."""
        document = {"ListenerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": default}
        with self._lock:
            self.listeners[arn] = Listener(document, rules)

    def registered(self, group: str) -> tuple[Target, ...]:
        return self.groups[group].targets

    def register(self, group: str, targets: Iterable[Target]) -> None:
        with self._lock:
            self._put(group, dict.fromkeys((*self.groups[group].targets, *targets)))

    def deregister(self, group: str, targets: Iterable[Target]) -> None:
        with self._lock:
            gone = set(targets)
            self._put(group, (target for target in self.groups[group].targets if target not in gone))
            for target in gone:
                self.health.pop((group, target), None)

    def healthy(self, group: str, target: Target) -> bool:
        return self.health.get((group, target), ("",))[0] == "healthy"

    def _put(self, group: str, targets: Iterable[Target]) -> None:
        old = self.groups[group]
        self.groups[group] = Group(old.settings, tuple(targets), old.delay)


def forward(*groups: tuple[str, int], sticky: int | None = None) -> list[Document]:
    """The action that a weighted shift writes."""
    stickiness = {"Enabled": False} if sticky is None else {"Enabled": True, "DurationSeconds": sticky}
    config = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups],
        "TargetGroupStickinessConfig": stickiness,
    }
    return [{"Type": "forward", "Order": 1, "ForwardConfig": config}]


def rule(priority: int, conditions: list[Document], actions: list[Document]) -> Document:
    return {
        "RuleArn": f"{ARN}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/{priority:016x}",
        "Priority": str(priority),
        "Conditions": conditions,
        "Actions": actions,
    }


def header_is(name: str, *values: str) -> Document:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


def path_is(*values: str) -> Document:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}
