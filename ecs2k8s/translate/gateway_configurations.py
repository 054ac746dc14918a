"""What a load balancer and its target groups have beside their rules, as configurations that a Gateway refers to.

Everything is written, because the controller's own defaults differ from ELB's.
https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/loadbalancerconfig/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import prune
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.attributes import values
from ecs2k8s.translate.ingress_annotations import copied_tags, subnets, tls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecs2k8s.resolve.balancers import Listener, LoadBalancer, TargetGroup

    Spec = dict[str, Any]


def of_load_balancer(balancer: LoadBalancer, name: str) -> Spec:
    """The `spec` of a LoadBalancerConfiguration."""
    view = balancer.view
    groups = sorted(str(group) for group in view.get("SecurityGroups", []))
    acl = balancer.web_acl.get("WebACL", NOTHING).get("ARN")
    found: Spec = {
        "loadBalancerName": name,
        "scheme": view.get("Scheme"),
        "ipAddressType": view.get("IpAddressType", "ipv4"),
        "loadBalancerSubnets": [{"identifier": subnet} for subnet in subnets(view)] or None,
        "securityGroups": groups or None,
        # Without it the controller opens no way to the pods once groups are given.
        "manageBackendSecurityGroupRules": True,
        "loadBalancerAttributes": _listed(values(balancer.attributes, "load-balancer")),
        "customerOwnedIpv4Pool": view.get("CustomerOwnedIpv4Pool"),
        "ipv4IPAMPoolId": view.get("IpamPools", NOTHING).get("Ipv4IpamPoolId"),
        "wafV2": {"webACL": acl} if acl else None,
        "tags": copied_tags(balancer.tags) or None,
        "listenerConfigurations": _of_listeners(balancer.listeners),
    }
    pruned: Spec = prune(found)
    return pruned


def _listed(pairs: Iterable[tuple[str, str]]) -> list[Spec] | None:
    return [{"key": key, "value": value} for key, value in pairs] or None


def _of_listeners(listeners: Sequence[Listener]) -> list[Spec] | None:
    made = [prune(_of_listener(listener)) for listener in listeners]
    return [item for item in made if len(item) > 1] or None


def _of_listener(listener: Listener) -> Spec:
    found: Spec = {"protocolPort": f"{listener.protocol}:{listener.port}"}
    secure = tls(listener)
    if secure:
        certificates, policy, mutual = secure
        found["defaultCertificate"] = certificates[0] if certificates else None
        found["certificates"] = certificates[1:] or None
        found["sslPolicy"] = str(policy) or None
        found["mutualAuthentication"] = mutual or None
    found["listenerAttributes"] = _listed(values(listener.attributes, "listener"))
    return found


def of_target_group(group: TargetGroup, service: str) -> Spec:
    """The `spec` of a TargetGroupConfiguration for *service*, the Service that stands for *group*."""
    view = group.view
    matcher = view.get("Matcher", NOTHING)
    codes = {"httpCode": matcher.get("HttpCode"), "grpcCode": matcher.get("GrpcCode")}
    check = {
        "healthCheckProtocol": view.get("HealthCheckProtocol"),
        "healthCheckPort": view.get("HealthCheckPort"),
        "healthCheckPath": view.get("HealthCheckPath"),
        "healthCheckInterval": view.get("HealthCheckIntervalSeconds"),
        "healthCheckTimeout": view.get("HealthCheckTimeoutSeconds"),
        "healthyThresholdCount": view.get("HealthyThresholdCount"),
        "unhealthyThresholdCount": view.get("UnhealthyThresholdCount"),
        "matcher": codes if any(codes.values()) else None,
    }
    settings = {
        "targetType": "ip",
        "protocol": view.get("Protocol"),
        "protocolVersion": view.get("ProtocolVersion"),
        "ipAddressType": view.get("IpAddressType"),
        "healthCheckConfig": check if any(value is not None for value in check.values()) else None,
        "targetControlPort": view.get("TargetControlPort"),
        "targetGroupAttributes": _listed(values(group.attributes, "target-group")),
    }
    target = {"group": "", "kind": "Service", "name": service}
    pruned: Spec = prune({"targetReference": target, "defaultConfiguration": settings})
    return pruned
