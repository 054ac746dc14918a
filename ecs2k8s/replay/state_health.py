"""Targets of target groups, and how healthy they are: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.replay.state import ALWAYS, Item
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.replay.state import Account

NOT_IN_USE = "Target group is not configured to receive traffic from the load balancer"
WRONG_ZONE = "Target is in an Availability Zone that is not enabled for the load balancer"
WORDS = {
    "Target.NotInUse": NOT_IN_USE,
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.Timeout": "Request timed out",
    "Target.ResponseCodeMismatch": "Health checks failed with these codes: [503]",
}
Key = tuple[str, int]  # id and port


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one target, as DescribeTargetHealth says it; no reason where it is healthy."""

    id: str
    port: int
    zone: str
    state: str
    reason: str = ""


@dataclass(slots=True)
class Registered:
    """A target. `said` is what health checks outside found; without them the clock decides."""

    id: str
    port: int
    zone: str
    since: float = ALWAYS
    said: tuple[str, str] | None = None
    gone_at: float | None = None  # draining until then


@dataclass(slots=True)
class Targets:
    """All target groups' targets, and since when each group is in an action of a listener."""

    groups: dict[str, dict[Key, Registered]] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)
    checked: bool = False  # whether something checks targets for real and tells by `report`
    read: bool = False  # whether the documents have been read


def targets(account: Account) -> Targets:
    """The targets; first those of the documents, which are as they are since ever."""
    found = account.part(Targets)
    if not found.read:
        found.read = True
        found.used = dict.fromkeys(in_use(account), ALWAYS)
        for document in account.estate.all("elbv2.TargetHealth"):
            found.groups[document["TargetGroupArn"]] = dict(map(_registered, document["TargetHealthDescriptions"]))
    return found


def _registered(described: Item) -> tuple[Key, Registered]:
    target, health = described["Target"], described["TargetHealth"]
    key = str(target["Id"]), int(target.get("Port", 0))
    said = (health["State"], health.get("Reason", ""))
    ended = ALWAYS if said[0] == "draining" else None
    return key, Registered(*key, target.get("AvailabilityZone", ""), said=said, gone_at=ended)


def forwards(actions: list[Item]) -> Iterator[tuple[str, int]]:
    """The groups of the actions with their weights."""
    for action in actions:
        config = action.get("ForwardConfig", {}).get("TargetGroups")
        if config is not None:
            yield from ((each["TargetGroupArn"], int(each.get("Weight", 1))) for each in config)
        elif action["Type"] == "forward":
            yield action["TargetGroupArn"], 1


def in_use(account: Account) -> set[str]:
    """Groups that an action of a listener or of a rule names, at whatever weight."""
    listeners = [each.get("DefaultActions", []) for each in account.estate.all("elbv2.Listener")]
    rules = [each.get("Actions", []) for each in account.estate.all("elbv2.Rule")]
    return {arn for actions in (*listeners, *rules) for arn, _ in forwards(actions)}


def actions_changed(account: Account) -> None:
    """Targets of a group that came into use are checked from now on; those of one that left are `unused`."""
    known, now = targets(account), in_use(account)
    for arn in now - known.used.keys():
        for target in known.groups.get(arn, {}).values():
            target.said = None
    known.used = {arn: known.used.get(arn, account.now()) for arn in now}


def group_of(account: Account, arn: str) -> Item:
    """Raises `Refusal` where there is none."""
    return account.estate.one("elbv2.TargetGroup", "TargetGroupNotFound", TargetGroupArn=arn)


def attribute(account: Account, arn: str, key: str, otherwise: str = "") -> str:
    for document in account.estate.where("elbv2.TargetGroupAttributes", TargetGroupArn=arn):
        for each in document["Attributes"]:
            if each["Key"] == key:
                return str(each["Value"])
    return otherwise


def health(account: Account, arn: str) -> list[Health]:
    """Targets of the group as they are now, in the order of their registration."""
    group, known = group_of(account, arn), targets(account)
    registered = known.groups.get(arn, {})
    for key in [key for key, each in registered.items() if _gone(account, each)]:
        del registered[key]
    return [Health(t.id, t.port, t.zone, *_state(account, group, t)) for t in registered.values()]


def _gone(account: Account, target: Registered) -> bool:
    return target.gone_at is not None and ALWAYS < target.gone_at <= account.now()


def _state(account: Account, group: Item, target: Registered) -> tuple[str, str]:
    known = targets(account)
    used = known.used.get(group["TargetGroupArn"])
    if target.gone_at is not None:
        return "draining", "Target.DeregistrationInProgress"
    if used is None or not _zone_enabled(account, group, target.zone):
        return "unused", "Target.NotInUse"
    if target.said:
        return target.said
    begun = max(used, target.since)
    checked = begun + int(group.get("HealthCheckIntervalSeconds", 30)) * account.delays.first_checks
    if known.checked or account.now() < checked:
        return "initial", "Elb.RegistrationInProgress" if account.now() == begun else "Elb.InitialHealthChecking"
    return "healthy", ""


def _zone_enabled(account: Account, group: Item, zone: str) -> bool:
    enabled = zones(account, group)
    return not enabled or zone in {"", "all"} or zone in enabled


def zones(account: Account, group: Item) -> list[str]:
    """Zones of the load balancer that the group serves; none where the documents do not have it."""
    found: list[str] = []
    for arn in group.get("LoadBalancerArns", ()):
        for balancer in account.estate.where("elbv2.LoadBalancer", LoadBalancerArn=arn):
            found += [each["ZoneName"] for each in balancer.get("AvailabilityZones", ())]
    return found


def report(account: Account, arn: str, key: Key, failed: str = "") -> None:
    """What health checks found: the target is healthy, or *failed* is the reason why not (`Target.Timeout`)."""
    target = targets(account).groups.get(arn, {}).get(key)
    if target:
        target.said = ("unhealthy", failed) if failed else ("healthy", "")


def register(account: Account, arn: str, ident: str, port: int | None, zone: str = "") -> None:
    """One target; one that was draining stays."""
    group = group_of(account, arn)
    key = ident, int(port if port is not None else group.get("Port", 0))
    known = targets(account).groups.setdefault(arn, {})
    before = known.get(key)
    if before is None or before.gone_at is not None:
        known[key] = Registered(*key, zone or zone_of(account, group, ident), account.now())


def deregister(account: Account, arn: str, ident: str, port: int | None) -> None:
    """Drains for the group's delay; at once gone where the group is in no action. All ports where none is named."""
    delay = float(attribute(account, arn, "deregistration_delay.timeout_seconds", "300"))
    known = targets(account)
    for key, target in list(known.groups.get(arn, {}).items()):
        if key[0] == ident and (port is None or key[1] == port):
            if arn not in known.used or not delay:
                del known.groups[arn][key]
            elif target.gone_at is None:
                target.gone_at = account.now() + delay


def zone_of(account: Account, group: Item, ident: str) -> str:
    """The zone of the subnet or instance. Raises `Refusal` where it is not in the group's network."""
    if group.get("TargetType", "instance") == "instance":
        for instance in account.estate.where("ec2.Instance", InstanceId=ident):
            return str(instance["Placement"]["AvailabilityZone"])
        raise Refusal(
            "InvalidTarget", f"The following targets are not in a running state and cannot be registered: '{ident}'"
        )
    address = ipaddress.ip_address(ident)
    for subnet in account.estate.where("ec2.Subnet", VpcId=group.get("VpcId")):
        if address in ipaddress.ip_network(subnet["CidrBlock"]):
            return str(subnet["AvailabilityZone"])
    raise Refusal("InvalidTarget", f"The IP address '{ident}' is not within the VPC '{group.get('VpcId')}'")


def described(account: Account, asked: Item) -> Item:
    """DescribeTargetHealth."""
    arn = asked["TargetGroupArn"]
    group = group_of(account, arn)
    found = health(account, arn)
    if wanted := asked.get("Targets"):
        known = {(each.id, each.port): each for each in found}
        keys = [(each["Id"], int(each.get("Port", group.get("Port", 0)))) for each in wanted]
        found = [known.get(key) or Health(*key, "", "unused", "Target.NotRegistered") for key in keys]
    return {"TargetHealthDescriptions": [_described(group, each) for each in found]}


def _described(group: Item, its: Health) -> Item:
    port = group.get("HealthCheckPort", "traffic-port")
    target: dict[str, Any] = {"Id": its.id, "Port": its.port} | ({"AvailabilityZone": its.zone} if its.zone else {})
    why = {"Reason": its.reason, "Description": WORDS.get(its.reason, "")} if its.reason else {}
    return {
        "Target": target,
        "HealthCheckPort": str(its.port) if port == "traffic-port" else port,
        "TargetHealth": {"State": its.state} | why,
        "AdministrativeOverride": {
            "State": "no_override",
            "Reason": "AdministrativeOverride.NoOverride",
            "Description": "No override is currently active on target",
        },
    }
