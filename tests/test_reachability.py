"""Policies mean what the security groups meant, and the account of it is right: held against an oracle that enumerates."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from ecs2k8s.assess.reachability import reachability
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.translate import policy_peers, policy_ports
from ecs2k8s.translate.security_group_rules import group_rules
from tests.network_estates import ACCOUNT, EVERYTHING, OUTSIDE, SUBNETS, Estate, Service, estates
from tests.network_oracle import PORTS, Packet, Side, by_groups, by_policies, holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.traffic import Traffic

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def group(ident: str, into: list[dict[str, Any]], out: list[dict[str, Any]]) -> dict[str, Any]:
    name: dict[str, Any] = {"GroupId": ident, "GroupName": ident, "VpcId": "vpc-1", "OwnerId": ACCOUNT}
    return name | {"IpPermissions": into, "IpPermissionsEgress": out}


def tcp(first: int, last: int, *peers: str) -> dict[str, Any]:
    ranges = [{"CidrIp": peer} for peer in peers if "/" in peer]
    pairs = [{"GroupId": peer, "UserId": ACCOUNT} for peer in peers if "/" not in peer]
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": ranges, "UserIdGroupPairs": pairs}


TWO = Estate(
    (
        group("sg-1", [tcp(2, 6, "sg-2", "10.0.0.5/32")], [EVERYTHING]),
        group("sg-2", [tcp(3, 3, "sg-2")], [tcp(1, 4, "sg-1", "192.168.0.0/30")]),
        group("sg-3", [tcp(1, 12, "10.0.0.0/28")], [EVERYTHING]),
        group("sg-4", [], []),
    ),
    (
        Service("one", "web", ("sg-1",), ("subnet-a",)),
        Service("two", "job", ("sg-2", "sg-3"), ("subnet-b",)),
        Service("two", "shut", ("sg-4",), ("subnet-b", "subnet-c")),
    ),
)


def made(estate: Estate) -> Translation:
    return translate(estate.snapshot, convert({}))


def sides(estate: Estate, made: Translation) -> dict[str, list[Side]]:
    """Each workload at each address of its subnets, and every other address by itself."""
    found: dict[str, list[Side]] = {}
    for service in estate.services:
        name = f"{service.cluster}/{service.name}"
        (labels,) = (
            manifest["spec"]["template"]["metadata"]["labels"]
            for manifest in made.bundle.manifests
            if manifest["kind"] == "Deployment"
            and (manifest["metadata"]["namespace"], manifest["metadata"]["name"]) == (service.cluster, service.name)
        )
        addresses = [str(address) for subnet in service.subnets for address in ip_network(SUBNETS[subnet])]
        found[name] = [Side(address, service.groups, service.cluster, labels) for address in addresses]
    return found


def lasting(made: Translation) -> list[dict[str, Any]]:
    policies = [manifest for manifest in made.bundle.manifests if manifest["kind"] == "NetworkPolicy"]
    return [policy for policy in policies if "ecs2k8s.io/remove-after" not in policy["metadata"]["annotations"]]


def unequal(estate: Estate) -> list[str]:
    """Where the union of a pod's policies differs from the union of its groups' rules."""
    translation = made(estate)
    pods, policies, wrong = sides(estate, translation), lasting(translation), []
    others = [side for its in pods.values() for side in its] + [Side(address) for address in OUTSIDE]
    for name, its in pods.items():
        for other in others:
            for packet in PORTS:
                for key, direction in (("IpPermissions", "Ingress"), ("IpPermissionsEgress", "Egress")):
                    before = by_groups(list(estate.groups), its[0], other, packet, key)
                    after = by_policies(policies, its[0], other, packet, direction)
                    if before != after:
                        wrong.append(f"{name} {direction} {other.address} {packet}: {before}, then {after}")
    return wrong


@FEW
@example(TWO)
@given(estates())
def test_the_policies_of_a_pod_add_up_to_the_rules_of_its_groups(estate: Estate) -> None:
    assert unequal(estate) == []


def packets(traffic: Traffic) -> set[Packet]:
    return {(p, n) for p, n in PORTS if any(q == p and first <= n <= last for q, first, last in traffic)}


def planned_rules(made: Translation) -> list[dict[str, Any]]:
    """The rules that are to be added, as the security group of the pods that would have them."""
    into = []
    for rule in group_rules(made.inventory, made.translated, made.bundle.manifests):
        protocol, first, last = rule.permission
        if rule.option == "pods-in":
            ranges = [{"CidrIp": rule.peer}] if rule.kind == "range" else []
            pairs = [{"GroupId": rule.peer}] if rule.kind == "group" else []
            ports = {"IpProtocol": protocol, "FromPort": first, "ToPort": last}
            into.append(ports | {"IpRanges": ranges, "UserIdGroupPairs": pairs})
    return [{"GroupId": "SG_PODS", "IpPermissions": into}]


class Enumerated:
    """Before and after, by trying every address and port."""

    def __init__(self, estate: Estate) -> None:
        self.estate, self.made = estate, made(estate)
        self.pods, self.policies = sides(estate, self.made), lasting(self.made)
        self.planned = planned_rules(self.made)

    def before(self, one: Side, other: Side) -> set[Packet]:
        groups = list(self.estate.groups)
        return {
            packet
            for packet in PORTS
            if (not one.groups or by_groups(groups, one, other, packet, "IpPermissionsEgress"))
            and (not other.groups or by_groups(groups, other, one, packet, "IpPermissions"))
        }

    def after(self, one: Side, other: Side) -> set[Packet]:
        return {packet for packet in PORTS if self._passes(one, other, packet)}

    def _passes(self, one: Side, other: Side, packet: Packet) -> bool:
        if one.namespace and not by_policies(self.policies, one, other, packet, "Egress"):
            return False
        if other.namespace and not by_policies(self.policies, other, one, packet, "Ingress"):
            return False
        if (one.namespace and other.namespace) or not other.namespace:
            return True  # the pods' group lets its own members in, and everything out
        guard = Side(other.address, ("SG_PODS",))
        return by_groups(self.planned, guard, one, packet, "IpPermissions")


def differs(estate: Estate) -> list[str]:
    """Where the account of an estate differs from what enumerating finds, between workloads and from outside."""
    tried = Enumerated(estate)
    rows = {(s, t): row for row in reachability(tried.made).rows for s in row.sources for t in row.targets}
    held = {group for service in estate.services for group in service.groups}
    named = {
        r["CidrIp"]
        for g in estate.groups
        if g["GroupId"] in held
        for k in ("IpPermissions", "IpPermissionsEgress")
        for p in g[k]
        for r in p["IpRanges"]
    }
    ends = dict(tried.pods)
    for text in {*named, "0.0.0.0/0"}:
        inner = [other for other in named if other != text and ip_network(other).subnet_of(ip_network(text))]  # type: ignore[arg-type]
        addresses = [*OUTSIDE, *(str(a) for s in SUBNETS.values() for a in ip_network(s))]
        ends[text] = [Side(a) for a in addresses if holds(text, a) and not any(holds(other, a) for other in inner)]
    wrong = []
    for source, ones in ends.items():
        for target, others in ends.items():
            if source not in tried.pods and target not in tried.pods:
                continue
            pairs = [(tried.before(a, b), tried.after(a, b)) for a in ones for b in others]
            row = rows.get((source, target))
            facts = {
                "before": set().union(*(before for before, _ in pairs)),
                "after": set().union(*(after for _, after in pairs)),
                "lost": set().union(*(before - after for before, after in pairs)),
                "widened": set().union(*(after - before for before, after in pairs)),
            }
            for what, expected in facts.items():
                found = packets(getattr(row, what)) if row else set()
                if found != expected:
                    wrong.append(f"{source} to {target} {what}: {sorted(found)}, not {sorted(expected)}")
    return wrong


@settings(FEW, max_examples=15)
@example(TWO)
@given(estates())
def test_the_account_is_what_enumerating_finds(estate: Estate) -> None:
    assert differs(estate) == []


@settings(FEW, max_examples=25)
@given(estates())
def test_nothing_that_has_ports_is_lost_by_the_move(estate: Estate) -> None:
    lost = [finding for finding in made(estate).findings if finding.slug == "reachability-lost"]
    assert lost == []


def no_pods(self: policy_peers.Peers, group: str) -> list[Any]:
    return []


def first_port_only(protocol: str, first: int, last: int) -> dict[str, Any]:
    return {"protocol": protocol, "port": first}


def every_port(protocol: str, first: int, last: int) -> dict[str, Any]:
    return {"protocol": protocol}


@pytest.mark.parametrize(
    ("owner", "name", "wrong", "said"),
    [
        (policy_peers.Peers, "_pods", no_pods, "reachability-lost"),
        (policy_ports, "_port", first_port_only, "reachability-lost"),
        (policy_ports, "_port", every_port, "reachability-widened"),
    ],
)
def test_an_error_in_the_translation_is_found(
    owner: object, name: str, wrong: Callable[..., Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unequal(TWO) == []
    right = {finding for finding in made(TWO).findings if finding.slug == said}
    monkeypatch.setattr(owner, name, wrong)
    assert unequal(TWO) != []
    assert {finding for finding in made(TWO).findings if finding.slug == said} - right != set()
