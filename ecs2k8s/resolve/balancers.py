"""Load balancers with their listeners and rules, and target groups with the workloads behind them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.resolve.index import Index, Tracked
    from ecs2k8s.resolve.workload import AwsMap, Workload

TYPES = {"app": "application", "net": "network", "gwy": "gateway"}
PRIORITY = re.compile(r"[0-9]{1,9}")
SHAPES = ("LoadBalancer", "LoadBalancerAttributes", "Listener", "ListenerAttributes", "ListenerCertificates", "Rule")
DEFAULT = "default"  # the priority of the rule that repeats the listener's default actions


@dataclass(frozen=True, slots=True)
class Backend:
    """A container port of a workload that ECS registers in a target group, and the service's `loadBalancers` item."""

    workload: Workload
    container: str
    port: int
    entry: AwsMap


@dataclass(frozen=True, slots=True, eq=False)
class TargetGroup:
    """A target group that was read. `attributes` is the answer of DescribeTargetGroupAttributes, where there is one."""

    arn: str
    name: str
    view: AwsMap
    attributes: AwsMap
    backends: tuple[Backend, ...]

    @property
    def balancer_arns(self) -> list[str]:
        return [str(arn) for arn in self.view.get("LoadBalancerArns", [])]


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """A listener; `rules` by priority without the default one, `certificates` with the default first, each ARN once."""

    arn: str
    view: AwsMap
    rules: tuple[AwsMap, ...]
    default_rule: AwsMap
    attributes: AwsMap
    certificates: AwsMap  # the answer of DescribeListenerCertificates

    @property
    def port(self) -> int:
        return int(self.view.get("Port", 0))

    @property
    def protocol(self) -> str:
        return str(self.view.get("Protocol", ""))


@dataclass(frozen=True, slots=True, eq=False)
class LoadBalancer:
    arn: str
    name: str
    view: AwsMap  # empty where only its listeners were read
    attributes: AwsMap
    tags: AwsMap
    web_acl: AwsMap
    listeners: tuple[Listener, ...]  # by port
    strays: tuple[AwsMap, ...]  # what was read of listeners that were not
    items: tuple[Tracked, ...]  # every document of it

    @property
    def type(self) -> str:
        """`application`, `network` or `gateway`; of the ARN where only listeners were read."""
        return str(self.view.get("Type", type_of_arn(self.arn)))

    @property
    def named_groups(self) -> frozenset[str]:
        """The ARNs of the target groups that an action of it names, its default ones too."""
        views = [view for each in self.listeners for view in (each.view, each.default_rule, *each.rules)]
        return frozenset(arn for view in (*views, *self.strays) for arn in target_groups(view))


def target_groups(view: AwsMap) -> Iterator[str]:
    """The ARNs that the actions of a rule or a listener name."""
    for item in (*view.get("Actions", []), *view.get("DefaultActions", [])):
        if "TargetGroupArn" in item:
            yield str(item["TargetGroupArn"])
        for group in item.get("ForwardConfig", NOTHING).get("TargetGroups", []):
            yield str(group.get("TargetGroupArn", ""))


@dataclass(frozen=True, slots=True, eq=False)
class Balancers:
    load_balancers: tuple[LoadBalancer, ...]
    target_groups: Mapping[str, TargetGroup]  # by ARN
    served: Mapping[str, tuple[Backend, ...]]  # by ARN of the target group, read or not
    behind: Mapping[str, tuple[TargetGroup, ...]]  # by ARN of the load balancer that the groups themselves name

    @classmethod
    def of(cls, index: Index, workloads: Iterable[Workload]) -> Balancers:
        served = _served(workloads)
        attributes = index.views("elbv2.TargetGroupAttributes")
        groups = {
            arn: TargetGroup(
                arn,
                str(view.get("TargetGroupName", "")) or _group_name(arn),
                view,
                attributes.get(arn, NOTHING),
                served.get(arn, ()),
            )
            for arn, view in index.views("elbv2.TargetGroup").items()
        }
        behind: dict[str, list[TargetGroup]] = defaultdict(list)
        for item in index.of_shape("elbv2.TargetGroup"):
            for arn in item.document.data.get("LoadBalancerArns") or []:  # who follows it later has read it
                behind[str(arn)].append(groups[item.document.id])
        return cls(tuple(_load_balancers(index)), groups, served, {arn: tuple(its) for arn, its in behind.items()})


def _served(workloads: Iterable[Workload]) -> dict[str, tuple[Backend, ...]]:
    """ARN of a target group to what ECS registers in it: also the second group of a blue/green service."""
    found: dict[str, list[Backend]] = defaultdict(list)
    for workload in workloads:
        for entry in workload.configuration.get("loadBalancers", []):
            backend = Backend(workload, str(entry.get("containerName", "")), int(entry.get("containerPort", 0)), entry)
            advanced = entry.get("advancedConfiguration", NOTHING)
            for arn in (entry.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")):
                if arn:
                    found[str(arn)].append(backend)
    return {arn: tuple(backends) for arn, backends in found.items()}


def _load_balancers(index: Index) -> list[LoadBalancer]:
    documents: dict[str, list[Tracked]] = defaultdict(list)  # by load balancer's ARN
    of_listeners = {item.document.id: balancer_of(item) for item in index.of_shape("elbv2.Listener")}
    for shape in SHAPES:
        for item in index.of_shape(f"elbv2.{shape}"):
            documents[of_listeners.get(_listener_of(item), balancer_of(item))].append(item)
    tags, acls = index.views("elbv2.Tags"), index.views("wafv2.WebACL")
    return [_load_balancer(arn, items, tags, acls) for arn, items in sorted(documents.items())]


def _load_balancer(
    arn: str, items: Sequence[Tracked], tags: Mapping[str, AwsMap], acls: Mapping[str, AwsMap]
) -> LoadBalancer:
    views: dict[str, AwsMap] = {f"{item.document.shape} {item.document.id}": item.view for item in items}
    rules: dict[str, list[Tracked]] = defaultdict(list)
    for item in items:
        if item.document.shape == "elbv2.Rule":
            rules[listener_of_rule(item.document.id)].append(item)
    of_listeners = [item for item in items if item.document.shape == "elbv2.Listener"]
    known = {item.document.id for item in of_listeners}
    parts = [item for item in items if not item.document.shape.startswith("elbv2.LoadBalancer")]
    listeners = [_listener(item, rules[item.document.id], views) for item in of_listeners]
    view = views.get(f"elbv2.LoadBalancer {arn}", NOTHING)
    return LoadBalancer(
        arn,
        str(view.get("LoadBalancerName", "")) or _name(arn),
        view,
        views.get(f"elbv2.LoadBalancerAttributes {arn}", NOTHING),
        tags.get(arn, NOTHING),
        acls.get(arn, NOTHING),
        tuple(sorted(listeners, key=lambda listener: (listener.port, listener.arn))),
        tuple(item.view for item in parts if _listener_of(item) not in known),
        tuple(items),
    )


def _listener_of(item: Tracked) -> str:
    """Its own ARN where it is of no listener."""
    return listener_of_rule(item.document.id) if item.document.shape == "elbv2.Rule" else item.document.id


def _listener(item: Tracked, rules: Iterable[Tracked], views: Mapping[str, AwsMap]) -> Listener:
    arn = item.document.id
    default = [rule for rule in rules if rule.view.get("Priority") == DEFAULT]
    others = [rule for rule in rules if rule not in default]
    return Listener(
        arn,
        item.view,
        tuple(rule.view for rule in sorted(others, key=_order)),
        default[0].view if default else NOTHING,
        views.get(f"elbv2.ListenerAttributes {arn}", NOTHING),
        views.get(f"elbv2.ListenerCertificates {arn}", NOTHING),
    )


def priority(rule: AwsMap) -> int | None:
    """None for the default rule, and for what is no number of AWS (1 to 50,000)."""
    text = str(rule.get("Priority", ""))
    return int(text) if PRIORITY.fullmatch(text) else None


def _order(rule: Tracked) -> tuple[int, str]:
    """By number, as text `10` sorts before `2`."""
    return (priority(rule.view) or 0, rule.document.id)


def balancer_of(item: Tracked) -> str:
    """The ARN of the load balancer that the document belongs to; of its own ARN where it does not say it."""
    if item.document.shape.startswith("elbv2.LoadBalancer"):
        return item.document.id
    given = item.view.get("LoadBalancerArn") if item.document.shape == "elbv2.Listener" else None
    return str(given) if given else balancer_of_listener(_listener_of(item))


def listener_of_rule(arn: str) -> str:
    """`…:listener-rule/app/web/50dc/f2f7/9683` belongs to `…:listener/app/web/50dc/f2f7`: no read API says it."""
    return arn.replace(":listener-rule/", ":listener/", 1).rpartition("/")[0]


def balancer_of_listener(arn: str) -> str:
    return arn.replace(":listener/", ":loadbalancer/", 1).rpartition("/")[0]


def type_of_arn(arn: str) -> str:
    """`application`, `network` or `gateway` as the ARN of a load balancer tells; empty where it does not."""
    parts = arn.rpartition(":")[2].split("/")
    return TYPES.get(parts[1], "") if len(parts) > 1 else ""


def _name(arn: str) -> str:
    parts = arn.rpartition(":")[2].split("/")
    return parts[2] if len(parts) > 2 else last(arn)  # noqa: PLR2004


def _group_name(arn: str) -> str:
    """Of `…:targetgroup/web/6d0e`, where the document does not say it."""
    parts = arn.rpartition(":")[2].split("/")
    return parts[1] if len(parts) > 1 else last(arn)


def read_attributes(view: AwsMap) -> dict[str, str]:
    """The `Attributes` list of an answer as a map."""
    return {str(item.get("Key", "")): str(item.get("Value", "")) for item in view.get("Attributes", [])}
