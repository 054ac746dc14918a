"""Writes of target groups: ranges, defaults and refusals of elbv2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.replay import state_health
from ecs2k8s.replay.state import Asked, Item, only, refuse_unless
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
HTTP = ("HTTP", "HTTPS")
PROTOCOLS = (*HTTP, "TCP", "TLS", "UDP", "TCP_UDP")
PATHS = {"HTTP1": "/", "HTTP2": "/", "GRPC": "/AWS.ALB/healthcheck"}
RANGES = {
    "Port": (1, 65535),
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}
CHECKS = (
    "HealthCheckProtocol", "HealthCheckPort", "HealthCheckEnabled", "HealthCheckPath", "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher",
)  # fmt: skip
CREATED = (
    "Name",
    "Protocol",
    "ProtocolVersion",
    "Port",
    "VpcId",
    "TargetType",
    "Tags",
    "IpAddressType",
    "TargetControlPort",
    *CHECKS,
)

# What a new group has; the numbers are the most and least that a value may be, the words those that it may be.
SHARED: dict[str, tuple[str, Any]] = {
    "deregistration_delay.timeout_seconds": ("300", (0, 3600)),
    "stickiness.enabled": ("false", ("true", "false")),
    "load_balancing.cross_zone.enabled": (
        "use_load_balancer_configuration", ("true", "false", "use_load_balancer_configuration"),
    ),
    "target_group_health.dns_failover.minimum_healthy_targets.count": ("1", ()),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": ("off", ()),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ("1", ()),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": ("off", ()),
}  # fmt: skip
ATTRIBUTES: dict[bool, dict[str, tuple[str, Any]]] = {  # by whether the group is one for an ALB
    True: SHARED
    | {
        "stickiness.type": ("lb_cookie", ("lb_cookie", "app_cookie")),
        "stickiness.lb_cookie.duration_seconds": ("86400", (1, 604800)),
        "stickiness.app_cookie.cookie_name": ("", ()),
        "stickiness.app_cookie.duration_seconds": ("86400", (1, 604800)),
        "slow_start.duration_seconds": ("0", (0, 900)),
        "load_balancing.algorithm.type": (
            "round_robin", ("round_robin", "least_outstanding_requests", "weighted_random"),
        ),
        "load_balancing.algorithm.anomaly_mitigation": ("off", ("on", "off")),
    },
    False: SHARED
    | {
        "stickiness.type": ("source_ip", ("source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto")),
        "deregistration_delay.connection_termination.enabled": ("false", ("true", "false")),
        "preserve_client_ip.enabled": ("false", ("true", "false")),
        "proxy_protocol_v2.enabled": ("false", ("true", "false")),
        "target_health_state.unhealthy.connection_termination.enabled": ("true", ("true", "false")),
        "target_health_state.unhealthy.draining_interval_seconds": ("0", (0, 360000)),
    },
}  # fmt: skip


def create_target_group(account: Account, asked: Asked) -> Item:
    only(asked, *CREATED)
    name = asked["Name"]
    refuse_unless(bool(NAME.fullmatch(name)), "ValidationError", f"Target group name '{name}' is not valid")
    wanted = _with_defaults(asked)
    _in_range(wanted)
    vpcs = account.estate.all("ec2.Vpc")
    known = not vpcs or any(each["VpcId"] == wanted.get("VpcId") for each in vpcs)
    refuse_unless(known, "ValidationError", f"The VPC ID '{wanted.get('VpcId')}' is not found")
    for same in account.estate.where("elbv2.TargetGroup", TargetGroupName=name):
        differs = any(same.get(key) != value for key, value in wanted.items())
        words = f"A target group with the same name '{name}' exists, but with different settings"
        refuse_unless(not differs, "DuplicateTargetGroupName", words)
        return {"TargetGroups": [same]}
    arn = account.arn("elasticloadbalancing", f"targetgroup/{name}/{account.new_id()}")
    group = {"TargetGroupArn": arn, **wanted, "LoadBalancerArns": []}
    attributes = [{"Key": key, "Value": usual} for key, (usual, _) in ATTRIBUTES[group["Protocol"] in HTTP].items()]
    account.put("elbv2.TargetGroup", arn, group)
    account.put("elbv2.TargetGroupAttributes", arn, {"TargetGroupArn": arn, "Attributes": attributes})
    account.put("elbv2.TargetHealth", arn, {"TargetGroupArn": arn, "TargetHealthDescriptions": []})
    account.put("elbv2.Tags", arn, {"ResourceArn": arn, "Tags": list(asked.get("Tags", []))})
    return {"TargetGroups": [group]}


def _with_defaults(asked: Asked) -> Item:
    """All settings: what is not asked for is as the API reference says."""
    kind = asked.get("TargetType", "instance")
    refuse_unless(kind in {"instance", "ip"}, "ValidationError", f"Target type '{kind}' is not modelled")
    for name in ("Protocol", "Port", "VpcId"):
        refuse_unless(name in asked, "ValidationError", f"A {name} must be specified")
    refuse_unless(asked["Protocol"] in PROTOCOLS, "ValidationError", f"Protocol '{asked['Protocol']}' is not valid")
    alb = asked["Protocol"] in HTTP
    check = asked.get("HealthCheckProtocol", "HTTP" if alb else "TCP")
    version = {"ProtocolVersion": asked.get("ProtocolVersion", "HTTP1")} if alb else {}
    usual: Item = {
        "HealthCheckProtocol": check,
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5 if alb else 6 if check == "HTTP" else 10,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "TargetType": kind,
        "IpAddressType": "ipv4",
        **version,
    }
    if check in HTTP:
        usual["HealthCheckPath"] = PATHS[version.get("ProtocolVersion", "HTTP1")]
        grpc = version.get("ProtocolVersion") == "GRPC"
        usual["Matcher"] = {"GrpcCode": "12"} if grpc else {"HttpCode": "200" if alb else "200-399"}
    given = {key: value for key, value in asked.items() if key not in {"Name", "Tags"}}
    return {"TargetGroupName": asked["Name"], **usual, **given}


def _in_range(group: Item) -> None:
    for name, (least, most) in RANGES.items():
        words = f"{name} '{group.get(name)}' must be between {least} and {most}"
        refuse_unless(least <= int(group.get(name, least)) <= most, "ValidationError", words)
    timeout, interval = group["HealthCheckTimeoutSeconds"], group["HealthCheckIntervalSeconds"]
    words = f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
    refuse_unless(int(timeout) < int(interval), "ValidationError", words)


def modify_target_group(account: Account, asked: Asked) -> Item:
    only(asked, "TargetGroupArn", *CHECKS)
    group = state_health.group_of(account, asked["TargetGroupArn"])
    changed = {**group, **asked}
    _in_range(changed)
    group.update(changed)
    return {"TargetGroups": [group]}


def modify_attributes(account: Account, asked: Asked) -> Item:
    only(asked, "TargetGroupArn", "Attributes")
    arn = asked["TargetGroupArn"]
    known = ATTRIBUTES[state_health.group_of(account, arn).get("Protocol", "HTTP") in HTTP]
    document = account.estate.one("elbv2.TargetGroupAttributes", "TargetGroupNotFound", TargetGroupArn=arn)
    values = {each["Key"]: each["Value"] for each in document["Attributes"]}
    for each in asked["Attributes"]:
        _valid(known, each["Key"], each["Value"])
        values[each["Key"]] = each["Value"]
    sticks = values.get("stickiness.enabled") == "true"
    refuse_unless(not sticks or not _unsticky(account, arn), "InvalidConfigurationRequest", (
        f"This target group appears behind a rule with group stickiness disabled ({arn}). "
        "You must enable group stickiness before enabling target stickiness"
    ))  # fmt: skip
    document["Attributes"] = [{"Key": key, "Value": value} for key, value in values.items()]
    return {"Attributes": document["Attributes"]}


def _valid(known: dict[str, tuple[str, Any]], key: str, value: str) -> None:
    refuse_unless(key in known, "ValidationError", f"Target group attribute key '{key}' is not recognized")
    allowed = known[key][1]
    if not allowed:
        return
    numbers = isinstance(allowed[0], int)
    holds = (value.isdigit() and allowed[0] <= int(value) <= allowed[1]) if numbers else value in allowed
    if key == "slow_start.duration_seconds":
        holds = holds and not 0 < int(value) < 30  # noqa: PLR2004 (0, or 30 to 900)
    refuse_unless(holds, "ValidationError", f"'{value}' is not a valid value for the attribute '{key}'")


def _unsticky(account: Account, arn: str) -> bool:
    """Whether an action forwards to this group and others, and does not hold clients to one of them."""
    estate = account.estate
    lists = [each.get("DefaultActions", []) for each in estate.all("elbv2.Listener")]
    lists += [each.get("Actions", []) for each in estate.all("elbv2.Rule")]
    for action in (each for actions in lists for each in actions):
        config = action.get("ForwardConfig", {})
        groups = [each["TargetGroupArn"] for each in config.get("TargetGroups", ())]
        if arn in groups and len(groups) > 1 and not config.get("TargetGroupStickinessConfig", {}).get("Enabled"):
            return True
    return False


def delete_target_group(account: Account, asked: Asked) -> Item:
    only(asked, "TargetGroupArn")
    arn = asked["TargetGroupArn"]
    words = f"Target group '{arn}' is currently in use by a listener or a rule"
    refuse_unless(arn not in state_health.in_use(account), "ResourceInUse", words)
    for shape in ("TargetGroup", "TargetGroupAttributes", "TargetHealth", "Tags"):
        account.drop(f"elbv2.{shape}", arn)
    state_health.targets(account).groups.pop(arn, None)
    return {}


def register_targets(account: Account, asked: Asked) -> Item:
    only(asked, "TargetGroupArn", "Targets")
    arn, wanted = asked["TargetGroupArn"], asked["Targets"]
    group = state_health.group_of(account, arn)
    zones = [each.get("AvailabilityZone") or state_health.zone_of(account, group, each["Id"]) for each in wanted]
    keys = {(each["Id"], int(each.get("Port", group.get("Port", 0)))) for each in wanted}
    there = keys | state_health.targets(account).groups.get(arn, {}).keys()
    refuse_unless(len(there) <= 1000, "TooManyTargets", f"Target group '{arn}' has too many targets")  # noqa: PLR2004
    for each, zone in zip(wanted, zones, strict=True):
        state_health.register(account, arn, each["Id"], each.get("Port"), zone)
    return {}


def deregister_targets(account: Account, asked: Asked) -> Item:
    """Targets that are not there are no error: the API reference says so."""
    only(asked, "TargetGroupArn", "Targets")
    state_health.group_of(account, asked["TargetGroupArn"])
    for each in asked["Targets"]:
        state_health.deregister(account, asked["TargetGroupArn"], each["Id"], each.get("Port"))
    return {}


def describe_target_groups(account: Account, asked: Asked) -> Item:
    arns, names = asked.get("TargetGroupArns", []), asked.get("Names", [])
    few = max(len(arns), len(names)) <= 20  # noqa: PLR2004
    refuse_unless(few, "ValidationError", "You cannot describe more than '20' target groups at a time")
    if arns:
        return {"TargetGroups": [state_health.group_of(account, arn) for arn in arns]}
    found = account.estate.all("elbv2.TargetGroup")
    if names:
        by_name = {each["TargetGroupName"]: each for each in found}
        if missing := [name for name in names if name not in by_name]:
            raise Refusal("TargetGroupNotFound", f"One or more target groups not found: {missing}")
        return {"TargetGroups": [by_name[name] for name in names]}
    if balancer := asked.get("LoadBalancerArn"):
        account.estate.one("elbv2.LoadBalancer", "LoadBalancerNotFound", LoadBalancerArn=balancer)
        found = [each for each in found if balancer in each.get("LoadBalancerArns", ())]
    return {"TargetGroups": found}
