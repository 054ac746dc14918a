"""Target groups: their settings and attributes, and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import (
    NAMED,
    Kind,
    differs_elsewhere,
    document,
    only_reads,
    tag_list,
    tags,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

CHECKS = (  # what ModifyTargetGroup takes; the other settings are for ever
    *("HealthCheckProtocol", "HealthCheckPort", "HealthCheckEnabled", "HealthCheckPath"),
    *("HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"),
    "Matcher",
)
ARN = "TargetGroupArn"
SETTINGS = (
    *("Protocol", "ProtocolVersion", "Port", "VpcId", "TargetType", "IpAddressType", "TargetControlPort"),
    *CHECKS,
)
# What a new group has by itself; the type of stickiness is another one for a Network Load Balancer.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
USUAL: Mapping[str, tuple[str, ...]] = {
    "deregistration_delay.timeout_seconds": ("300",),
    "deregistration_delay.connection_termination.enabled": ("false",),
    "load_balancing.algorithm.type": ("round_robin",),
    "load_balancing.algorithm.anomaly_mitigation": ("off",),
    "load_balancing.cross_zone.enabled": ("use_load_balancer_configuration",),
    "preserve_client_ip.enabled": ("false",),
    "proxy_protocol_v2.enabled": ("false",),
    "slow_start.duration_seconds": ("0",),
    "stickiness.enabled": ("false",),
    "stickiness.type": ("lb_cookie", "source_ip"),
    "stickiness.app_cookie.cookie_name": ("",),
    "stickiness.app_cookie.duration_seconds": ("86400",),
    "stickiness.lb_cookie.duration_seconds": ("86400",),
    "target_group_health.dns_failover.minimum_healthy_targets.count": ("1",),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": ("off",),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ("1",),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": ("off",),
    "target_health_state.unhealthy.connection_termination.enabled": ("true",),
    "target_health_state.unhealthy.draining_interval_seconds": ("0",),
}


def settings(group: Mapping[str, Any], tagged: Mapping[str, str]) -> State:
    """The state of a target group, from a document or from the parameters of CreateTargetGroup."""
    given = {key: group[key] for key in SETTINGS if group.get(key) is not None}
    return {**_usual_settings(given), **given, "Tags": dict(tagged)}


def _usual_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS answers where nothing else was asked for."""
    if given.get("TargetType") not in ("ip", "instance"):
        return {}
    version = {"ProtocolVersion": "HTTP1"} if given.get("Protocol") in ("HTTP", "HTTPS") else {}
    return {"HealthCheckEnabled": True, "IpAddressType": "ipv4", **version}


def _then(documents: Documents, ident: str) -> State:
    """Of a group that has only a name, which is one that the plan makes: None where the snapshot has none."""
    found = _of_name(documents, ident.removeprefix(NAMED)) if ident.startswith(NAMED) else ident
    if not found:
        return None
    group = document(documents, "elbv2.TargetGroup", found)
    tagged = documents.get(("elbv2.Tags", found))
    return settings(group, tags(tagged["Tags"] if tagged else None))


def _of_name(documents: Documents, name: str) -> str:
    groups = ((arn, data) for (shape, arn), data in documents.items() if shape == "elbv2.TargetGroup")
    return next((arn for arn, data in groups if data.get("TargetGroupName") == name), "")


def _found(ask: Ask, ident: str) -> Mapping[str, Any] | None:
    key, name = ("TargetGroupName", ident.removeprefix(NAMED)) if ident.startswith(NAMED) else (ARN, ident)
    answer = ask("elbv2.DescribeTargetGroups", {"Names" if key != ARN else "TargetGroupArns": [name]})
    groups: Iterable[Mapping[str, Any]] = (answer or {}).get("TargetGroups", ())
    return next((group for group in groups if group[key] == name), None)


def _now(ask: Ask, ident: str) -> State:
    group = _found(ask, ident)
    if group is None:
        return None
    answer = ask("elbv2.DescribeTags", {"ResourceArns": [group[ARN]]})
    found = (each for each in (answer or {}).get("TagDescriptions", ()) if each["ResourceArn"] == group[ARN])
    return settings(group, tags(next((each["Tags"] for each in found), None)))


def _request(ident: str, before: State, wanted: State) -> Request:
    if before is None and wanted is not None:
        return _create(ident, wanted)
    if wanted is None:
        return Request("elbv2.DeleteTargetGroup", {"TargetGroupArn": ident})
    if others := differs_elsewhere(before, wanted, *CHECKS):
        raise PlanError(f"{ident}: {', '.join(others)} cannot be changed: make another target group")
    changed = {key: wanted[key] for key in CHECKS if key in wanted and before.get(key) != wanted[key]}
    return Request("elbv2.ModifyTargetGroup", {"TargetGroupArn": ident, **changed})


def _create(ident: str, wanted: State) -> Request:
    if not ident.startswith(NAMED):
        raise PlanError(f"{ident}: a new target group has no ARN yet")
    given = {key: wanted[key] for key in SETTINGS if key in wanted}
    name = ident.removeprefix(NAMED)
    return Request("elbv2.CreateTargetGroup", {"Name": name, **given, "Tags": tag_list(wanted["Tags"])})


def attributes(found: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The attributes that are not what a new group has by itself.

    One that is not known here is left out: AWS may give every group another one any day.
    """
    return {
        each["Key"]: each["Value"] for each in found if each["Value"] not in USUAL.get(each["Key"], (each["Value"],))
    }


def _attributes_then(documents: Documents, ident: str) -> State:
    """Of a group that has only a name, which is one that the plan makes: what a new group has."""
    if ident.startswith(NAMED):
        return {}
    return attributes(document(documents, "elbv2.TargetGroupAttributes", ident)["Attributes"])


def _attributes_now(ask: Ask, ident: str) -> State:
    answer = ask("elbv2.DescribeTargetGroupAttributes", {ARN: ident})
    return attributes(answer["Attributes"]) if answer else None


def _modify_attributes(ident: str, before: State, wanted: State) -> Request:
    changed = {}
    for key in sorted(before.keys() | wanted.keys()):
        value = [wanted[key]] if key in wanted else list(USUAL.get(key, ()))
        if before.get(key) == wanted.get(key):
            continue
        if len(value) != 1:
            raise PlanError(f"{ident}: what {key} is by itself is not known")
        changed[key] = value[0]
    return Request("elbv2.ModifyTargetGroupAttributes", {ARN: ident, "Attributes": tag_list(changed)})


def _health(answer: Mapping[str, Any]) -> State:
    """One line for each target, without the sentence that AWS adds."""
    found = (
        {
            "Target": "{Id}:{Port}".format(**{"Port": "", **each["Target"]}),
            "Zone": each["Target"].get("AvailabilityZone", ""),
            "State": each["TargetHealth"]["State"],
            "Reason": each["TargetHealth"].get("Reason", ""),
        }
        for each in answer["TargetHealthDescriptions"]
    )
    return sorted(found, key=lambda each: each["Target"])


def _health_now(ask: Ask, ident: str) -> State:
    answer = ask("elbv2.DescribeTargetHealth", {ARN: ident})
    return _health(answer) if answer else None


def _balancer_now(ask: Ask, ident: str) -> State:
    answer = ask("elbv2.DescribeLoadBalancerAttributes", {"LoadBalancerArn": ident})
    return {each["Key"]: each["Value"] for each in answer["Attributes"]} if answer else None


def _balancer_then(documents: Documents, ident: str) -> State:
    found = document(documents, "elbv2.LoadBalancerAttributes", ident)["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


GROUP = Kind("elbv2.target-group", _then, _now, _request)
ATTRIBUTES = Kind(
    "elbv2.target-group-attributes", _attributes_then, _attributes_now, _modify_attributes, part_of=GROUP.name
)
HEALTH = Kind(
    "elbv2.target-health",
    lambda documents, ident: _health(document(documents, "elbv2.TargetHealth", ident)),
    _health_now,
    only_reads,
)
BALANCER_ATTRIBUTES = Kind("elbv2.load-balancer-attributes", _balancer_then, _balancer_now, only_reads)
