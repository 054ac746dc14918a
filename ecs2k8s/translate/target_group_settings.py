"""Settings of a source target group that whatever replaces it must have: health check and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.resolve.balancers import read_attributes

if TYPE_CHECKING:
    from ecs2k8s.resolve.balancers import TargetGroup

NETWORK = ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC")  # protocols of groups of a Network Load Balancer
ALWAYS_PRESERVED = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
PRESERVE, PROXY = "preserve_client_ip.enabled", "proxy_protocol_v2.enabled"
DRAINING = "target_health_state.unhealthy.draining_interval_seconds"
HEALTH_CHECK = (
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
)
KNOWN = (  # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html
    "deregistration_delay.timeout_seconds",
    "deregistration_delay.connection_termination.enabled",
    "load_balancing.cross_zone.enabled",
    "stickiness.enabled",
    "stickiness.type",
    "target_group_health.dns_failover.minimum_healthy_targets.count",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
    "target_health_state.unhealthy.connection_termination.enabled",
    DRAINING,
    PRESERVE,
    PROXY,
)


def is_of_network(group: TargetGroup) -> bool:
    """Whether the group serves a Network Load Balancer, which its protocol says."""
    return group.view.get("Protocol") in NETWORK


def health_check(group: TargetGroup) -> dict[str, str]:
    """What the source checks, by AWS's names, as text; `Path` and `Matcher` only for HTTP checks."""
    found = {key: str(group.view[key]) for key in HEALTH_CHECK if key in group.view}
    if found.get("HealthCheckProtocol") in ("HTTP", "HTTPS"):
        if "HealthCheckPath" in group.view:
            found["HealthCheckPath"] = str(group.view["HealthCheckPath"])
        matcher = group.view.get("Matcher", NOTHING)
        found |= {key: str(matcher[key]) for key in ("HttpCode", "GrpcCode") if key in matcher}
    return found


def lacking(group: TargetGroup) -> list[str]:
    """The settings that DescribeTargetGroups always gives and this document lacks, so that it cannot be copied."""
    found = health_check(group)
    wanted = ["VpcId", *HEALTH_CHECK]
    missing = [key for key in wanted if key not in group.view]
    if found.get("HealthCheckProtocol") in ("HTTP", "HTTPS"):
        missing += [] if "HealthCheckPath" in found or "GrpcCode" in found else ["HealthCheckPath"]
        missing += [] if found.keys() & {"HttpCode", "GrpcCode"} else ["Matcher"]
    return missing


def attributes(group: TargetGroup) -> dict[str, str]:
    """The attributes that a new group must have so that it behaves as the source.

    Empty ones and a draining interval of 0 are what a new group has by itself, and cannot all be set. For a group of a
    Network Load Balancer the address that targets see is written, because its default depends on the target type.
    """
    read = read_attributes(group.attributes)
    found = {key: value for key, value in read.items() if key and value and (key, value) != (DRAINING, "0")}
    if is_of_network(group):
        for index, item in enumerate(group.attributes.get("Attributes", [])):
            if item.get("Key") not in KNOWN:
                note(group.attributes, ("Attributes", index, "Key"), "attribute-not-known", key=item.get("Key", ""))
        found = {PRESERVE: _preserves_by_default(group), PROXY: "false"} | found
    return dict(sorted(found.items()))


def _preserves_by_default(group: TargetGroup) -> str:
    """Always with UDP; with TCP and TLS only for targets that are instances.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
    """
    always = group.view.get("Protocol") in ALWAYS_PRESERVED
    return "true" if always or group.view.get("TargetType", "instance") == "instance" else "false"


def preserves_client_address(group: TargetGroup) -> bool:
    return attributes(group).get(PRESERVE) == "true"
