"""Settings of a source target group that whatever replaces it must have: health check and attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.core.units import whole_number
from ecs2k8s.resolve.balancers import read_attributes

if TYPE_CHECKING:
    from ecs2k8s.resolve.balancers import TargetGroup
    from ecs2k8s.resolve.workload import AwsMap
    from ecs2k8s.translate.target_group_names import TargetGroupService

NETWORK = ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC")  # protocols of groups of a Network Load Balancer
ALWAYS_PRESERVED = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
PRESERVE, PROXY = "preserve_client_ip.enabled", "proxy_protocol_v2.enabled"
DRAINING = "target_health_state.unhealthy.draining_interval_seconds"
HIGHEST = 65535
TRAFFIC = "traffic-port"  # the port that the target is registered with
HEALTH_CHECK = (
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
)
OF_CONTROLLERS = (  # an object with the tags of a controller is one that it may change or delete
    "aws:",
    "elbv2.k8s.aws/",
    "service.k8s.aws/",
    "ingress.k8s.aws/",
    "gateway.k8s.aws/",
    "service.eks.amazonaws.com/",
    "ingress.eks.amazonaws.com/",
    "eks:",
    "kubernetes.io/",
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


def health_check(service: TargetGroupService) -> dict[str, str]:
    """What the source checks, by AWS's names, as text: path and codes only of HTTP checks, the port as pods have it."""
    view = service.group.view
    found = {key: str(view[key]) for key in HEALTH_CHECK if key in view}
    found |= {"HealthCheckPort": check_port(service) or ""} if "HealthCheckPort" in found else {}
    if found.get("HealthCheckProtocol") in ("HTTP", "HTTPS"):
        found |= {"HealthCheckPath": str(view["HealthCheckPath"])} if "HealthCheckPath" in view else {}
        matcher = view.get("Matcher", NOTHING)
        found |= {key: str(matcher[key]) for key in ("HttpCode", "GrpcCode") if key in matcher}
    return found


def check_port(service: TargetGroupService) -> str | None:
    """`traffic-port`, or the port of the pod that is checked; None where there is no such port.

    A fixed port in the check of instances is one of the instance; in mode bridge it is another one in the container.
    """
    text = str(service.group.view.get("HealthCheckPort", TRAFFIC))
    if text != TRAFFIC and not 1 <= (whole_number(text) or 0) <= HIGHEST:
        return None
    by_instance = service.group.view.get("TargetType", "instance") == "instance"
    if text == TRAFFIC or not by_instance or service.workload.network_mode == "host":
        return text
    for container in service.workload.containers:
        for mapping in container.get("portMappings", []):
            if str(mapping.get("hostPort", 0)) == text and "containerPort" in mapping:
                return str(mapping["containerPort"])
    return None


def lacking(group: TargetGroup) -> list[str]:
    """The settings that DescribeTargetGroups always gives and this document lacks, so that it cannot be copied."""
    missing = [key for key in ("VpcId", *HEALTH_CHECK) if key not in group.view]
    if group.view.get("HealthCheckProtocol") in ("HTTP", "HTTPS"):
        matcher = group.view.get("Matcher", NOTHING)
        missing += [] if "HealthCheckPath" in group.view else ["HealthCheckPath"]
        missing += [] if "HttpCode" in matcher or "GrpcCode" in matcher else ["Matcher"]
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
                note(group.attributes, ("Attributes", index, "Key"), "attribute-unknown", key=item.get("Key", ""))
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


def own_tags(view: AwsMap) -> dict[str, str]:
    """The tags of a load balancer or target group that its copy may have: not those of AWS and of controllers."""
    tags = {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in view.get("Tags", [])}
    return {key: value for key, value in tags.items() if key and not key.startswith(OF_CONTROLLERS)}
