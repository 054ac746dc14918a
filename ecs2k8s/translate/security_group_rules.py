"""Rules that AWS's own security groups need before pods take over from tasks.

Pods have the group of their nodes, not that of the tasks: rules elsewhere that name a group of tasks do not mean them,
and what may reach the tasks may not reach the pods.
https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.tracking import note
from ecs2k8s.core.traffic import difference
from ecs2k8s.resolve.holders import Holders, named_by
from ecs2k8s.translate.policy_egress import lets_all_out
from ecs2k8s.translate.policy_ports import at_pods

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest, Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.resolve.networks import Networks
    from ecs2k8s.resolve.security_groups import Rule, SecurityGroup
    from ecs2k8s.resolve.workload import Inventory, Workload

PODS = "SG_PODS"  # stands for the group of the pods where the cluster was not read
Option = Literal["pods-out", "pods-in", "others-out"]
Permission = tuple[str, int | None, int | None]  # protocol as AWS writes it, first and last port


@dataclass(frozen=True, slots=True, order=True)
class GroupRule:
    """A rule to add. `peer` is an id or a range; `owner` and `peering` tell where a peer of another VPC is.

    `pods-out`: what a data store lets in; `pods-in`: what pods let in; `others-out`: whom others may call.
    """

    group: str
    egress: bool
    permission: Permission
    kind: str
    peer: str
    option: Option
    until_cutover: bool
    source: str  # the group whose rule it repeats
    owner: str = ""
    peering: str = ""

    def plain(self) -> dict[str, Any]:
        """One item of aws/security-group-rules.json."""
        protocol, first, last = self.permission
        return {
            "group": self.group,
            "direction": "egress" if self.egress else "ingress",
            "protocol": protocol,
            "fromPort": first,
            "toPort": last,
            "peerKind": self.kind,
            "peer": self.peer,
            "option": self.option,
            "untilCutover": self.until_cutover,
            "repeatsRuleOf": self.source,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A rule to add, and the rule that it repeats."""

    rule: GroupRule
    origin: Rule


def say_group_rules(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterable[Placed]:  # noqa: ARG001
    """Say on each rule that does not mean pods what has to be added. No object is made of it."""
    known = inventory.networks.pod_group in inventory.networks.groups
    for planned in _planned(inventory, workloads, None):
        rule, origin = planned.rule, planned.origin
        if rule.option == "pods-in":
            slug = "pod-inbound-missing" if known else "pod-inbound-unknown"
            note(origin.entry, origin.key, slug, peer=rule.peer, group=rule.source, pods=rule.group)
            continue
        note(origin.entry, origin.key, "rule-names-task-group", group=rule.group, named=origin.peer)
        if rule.option == "pods-out":
            note(origin.entry, origin.key, "every-pod-may-reach", group=rule.group)
    return ()


def group_rules(inventory: Inventory, workloads: Iterable[Workload], manifests: Iterable[Manifest]) -> list[GroupRule]:
    """All rules to add, each once, sorted. What a binding in *manifests* lets in by itself needs none."""
    found = {planned.rule for planned in _planned(inventory, list(workloads), bound_groups(manifests))}
    return sorted(found, key=lambda rule: (rule.group, rule.egress, rule.option, rule.peer, str(rule.permission)))


def bound_groups(manifests: Iterable[Manifest]) -> set[str]:
    """Names of the target groups whose binding opens the pods' group by itself (`networking`)."""
    bindings = (m for m in manifests if m["kind"] == "TargetGroupBinding" and m["spec"].get("networking"))
    return {str(binding["metadata"]["name"]) for binding in bindings}


def bound_balancers(inventory: Inventory, workloads: Iterable[Workload], manifests: Iterable[Manifest]) -> set[str]:
    """Names of the load balancers that bindings let in to the pods' group by themselves."""
    bound, translated = bound_groups(manifests), set(workloads)
    return {
        balancer.name
        for balancer in inventory.balancers.load_balancers
        if _binds(inventory, balancer, bound, translated)
    }


def _binds(
    inventory: Inventory, balancer: LoadBalancer, bound: Collection[str], workloads: Collection[Workload]
) -> bool:
    """Whether all target groups by which the load balancer calls *workloads* are among those *bound*."""
    served = [
        each.name
        for each in inventory.balancers.behind.get(balancer.arn, ())
        if any(backend.workload in workloads for backend in each.backends)
    ]
    return bool(served) and all(name in bound for name in served)


def _planned(inventory: Inventory, workloads: list[Workload], bound: Collection[str] | None) -> Iterator[Planned]:
    """*bound*: names of target groups with a binding that opens the group; None: those of all load balancers are."""
    named: dict[str, list[Workload]] = defaultdict(list)
    for workload in workloads:
        for each in inventory.networks.groups_of(workload):
            named[each].append(workload)
    wanted = named_by(inventory, named) if bound is None else None
    plan = _Plan(inventory, frozenset(workloads), Holders.of(inventory, workloads, wanted), named, bound)
    for group in inventory.networks.groups.values():
        for rule in group.rules:
            if rule.kind == "group" and rule.names in named and group.id != plan.pods:
                yield from plan.elsewhere(group, rule)
        if group.id in named:
            for rule in group.directed(egress=False):
                yield from plan.inbound(group, rule)


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    inventory: Inventory
    workloads: frozenset[Workload]
    holders: Holders
    named: Mapping[str, list[Workload]]  # by group of its tasks
    bound: Collection[str] | None

    @property
    def networks(self) -> Networks:
        return self.inventory.networks

    @property
    def pods(self) -> str:
        return self.networks.pod_group or PODS

    def elsewhere(self, group: SecurityGroup, rule: Rule) -> Iterator[Planned]:
        """The same rule with the pods' group, beside the one that names tasks."""
        if rule.egress and lets_all_out(group, self.networks):
            return
        goes = self._goes(group.id)
        option: Option = "others-out" if rule.egress else "pods-out"
        for permission in self._at_pods(rule, rule.peer) if rule.egress else [_verbatim(rule)]:
            if not self._exists(rule, group.id, self.pods):
                its = GroupRule(group.id, rule.egress, permission, "group", self.pods, option, goes, group.id)
                yield Planned(its, rule)

    def inbound(self, group: SecurityGroup, rule: Rule) -> Iterator[Planned]:
        """The same rule on the pods' group, on the container port; a policy narrows it for each pod."""
        if rule.entry.get("PeeringStatus", "active") != "active" or group.id == self.pods:
            return
        if rule.kind == "group" and (rule.peer == self.pods or self._is_bound(rule.peer)):
            return
        goes = rule.kind == "group" and self._goes(rule.peer)
        for permission in self._at_pods(rule, group.id):
            if not self._exists(rule, self.pods, rule.peer):
                its = self._into_pods(rule, permission, goes=goes)
                yield Planned(its, rule)

    def _into_pods(self, rule: Rule, permission: Permission, *, goes: bool) -> GroupRule:
        peering = str(rule.entry.get("VpcPeeringConnectionId", ""))
        return GroupRule(
            group=self.pods,
            egress=False,
            permission=permission,
            kind=rule.kind,
            peer=rule.peer,
            option="pods-in",
            until_cutover=goes,
            source=rule.group,
            owner=str(rule.entry.get("UserId", "")) if peering else "",
            peering=peering,
        )

    def _goes(self, group: str) -> bool:
        """Whether nothing but tasks of ECS has the group; not asked where rules are only told about."""
        if self.bound is None:
            return False
        its = self.holders.others.get(group, ())
        return bool(its) and all(holder.until_cutover for holder in its)

    def _is_bound(self, group: str) -> bool:
        """Whether only load balancers have the group, and a binding lets them in."""
        its = self.holders.others.get(group, ())
        balancers = [holder.balancer for holder in its if holder.balancer]
        if not balancers or len(balancers) != len(its) or group in self.holders.pods:
            return False
        if self.bound is None:
            return all(balancer.type == "application" for balancer in balancers)
        return all(_binds(self.inventory, balancer, self.bound, self.workloads) for balancer in balancers)

    def _at_pods(self, rule: Rule, group: str) -> list[Permission]:
        """The rule's ports where pods listen: those of bridge mode are ports of the instance."""
        its = self.named.get(group, [])
        if not any(workload.network_mode == "bridge" for workload in its):
            return [_verbatim(rule)]
        return [(protocol.lower(), first, last) for protocol, first, last in at_pods(rule, rule.traffic, its)]

    def _exists(self, rule: Rule, group: str, peer: str) -> bool:
        """Whether the group lets through already what the rule is about."""
        known = self.networks.groups.get(group)
        equal = [other for other in known.directed(egress=rule.egress) if other.peer == peer] if known else []
        return any(not difference(rule.traffic, other.traffic) for other in equal)


def _verbatim(rule: Rule) -> Permission:
    return (rule.protocol, *rule.ports)
