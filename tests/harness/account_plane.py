"""The control plane that is an account: the load balancer reads what clients of AWS wrote, and tells what it found.

Targets have addresses of the account's network; the servers that stand for them listen on loopback.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ecs2k8s.replay import front, state_groups
from tests.harness.control_plane import Group, Listener, Picture, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.replay.state import Account

GONE = {"draining"}
DELAY = "deregistration_delay.timeout_seconds"


@dataclass
class AccountPlane:
    """`ControlPlane` and `Registrar` of one load balancer. `behind`: each target's server, by address and port."""

    account: Account
    balancer: str
    behind: dict[Target, Target] = field(default_factory=dict)

    def __post_init__(self) -> None:
        front.checks_targets(self.account)

    def picture(self) -> Picture:
        """At one moment; targets that nothing stands for are not there, so that no request goes to the real world."""
        with self.account.open():
            listeners = {
                each.arn: Listener(each.settings, each.rules) for each in front.listeners(self.account, self.balancer)
            }
            actions = [action for each in listeners.values() for rule in each.rules for action in rule["Actions"]]
            arns = {arn for action in actions for arn in front.weights(action)}
            return Picture(listeners, {arn: self._group(arn) for arn in arns})

    def _group(self, arn: str) -> Group:
        found = front.group(self.account, arn)
        targets = [Target(each.id, each.port) for each in found.targets if each.state not in GONE]
        real = tuple(self.behind[target] for target in targets if target in self.behind)
        return Group(found.settings, real, float(found.attributes.get(DELAY, 300)))

    def observed(self, group: str, target: Target, state: str, reason: str) -> None:
        """`initial` is what the account says by itself until a check has found something."""
        there = self.account_side(target)
        if state in {"healthy", "unhealthy"}:
            failed = "" if state == "healthy" else reason or "Target.FailedHealthChecks"
            front.report(self.account, group, (there.address, there.port), failed=failed)

    def registered(self, group: str) -> tuple[Target, ...]:
        """All of them: one that nothing stands for is called by its own address."""
        found = front.group(self.account, group).targets
        there = (Target(each.id, each.port) for each in found if each.state not in GONE)
        return tuple(self.behind.get(target, target) for target in there)

    def register(self, group: str, targets: Iterable[Target]) -> None:
        """As a platform does it: each server gets an address of the network, in a zone that has the fewest."""
        with self.account.open():
            for target in targets:
                there = self.account_side(target) if target in self.behind.values() else self._lent(group, target)
                asked = {"TargetGroupArn": group, "Targets": [{"Id": there.address, "Port": there.port}]}
                state_groups.register_targets(self.account, asked)

    def deregister(self, group: str, targets: Iterable[Target]) -> None:
        with self.account.open():
            for there in map(self.account_side, targets):
                asked = {"TargetGroupArn": group, "Targets": [{"Id": there.address, "Port": there.port}]}
                state_groups.deregister_targets(self.account, asked)

    def healthy(self, group: str, target: Target) -> bool:
        there = self.account_side(target)
        found = {(each.id, each.port): each.state for each in front.group(self.account, group).targets}
        return found.get((there.address, there.port)) == "healthy"

    def account_side(self, real: Target) -> Target:
        return next((there for there, its in self.behind.items() if its == real), real)

    def _lent(self, group: str, real: Target) -> Target:
        settings = front.group(self.account, group).settings
        subnets = self.account.estate.where("ec2.Subnet", VpcId=settings["VpcId"])
        networks = [ipaddress.ip_network(each["CidrBlock"]) for each in subnets]
        taken = {each.address for each in self.behind}
        used = [sum(ipaddress.ip_address(address) in network for address in taken) for network in networks]
        hosts = islice(networks[used.index(min(used))].hosts(), 200, None)
        address = next(str(host) for host in hosts if str(host) not in taken)
        there = Target(address, settings["Port"])
        self.behind[there] = real
        return there
