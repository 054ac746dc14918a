"""Annotations of a Service of type LoadBalancer: every setting is written, because the controller's defaults differ.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.balancers import read_attributes
from ecs2k8s.translate.network_listeners import QUIC
from ecs2k8s.translate.network_tls import alpn, certificates, is_encrypted_to_targets
from ecs2k8s.translate.target_group_settings import attributes, health_check, own_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.resolve.balancers import LoadBalancer
    from ecs2k8s.translate.network_listeners import Forwarding

DOMAIN = "service.beta.kubernetes.io/"
PREFIX = f"{DOMAIN}aws-load-balancer-"
HEALTH = {
    "HealthCheckProtocol": "healthcheck-protocol",
    "HealthCheckPort": "healthcheck-port",
    "HealthCheckPath": "healthcheck-path",
    "HealthCheckIntervalSeconds": "healthcheck-interval",
    "HealthCheckTimeoutSeconds": "healthcheck-timeout",
    "HealthyThresholdCount": "healthcheck-healthy-threshold",
    "UnhealthyThresholdCount": "healthcheck-unhealthy-threshold",
    "HttpCode": "healthcheck-success-codes",
}
HELD = {  # external-dns 0.22 reads the first, older releases the second: it must not see the host before the cutover
    "external-dns.kubernetes.io/controller": "ecs2k8s-hold",
    "external-dns.alpha.kubernetes.io/controller": "ecs2k8s-hold",
}


def network_annotations(balancer: LoadBalancer, forwardings: list[Forwarding], name: str) -> dict[str, str]:
    """All annotations of the Service whose load balancer is to be called *name*."""
    settings = {"name": name} | _placement(balancer) | _security(balancer) | _tls(forwardings)
    settings |= _protocols(forwardings) | _health_check(forwardings[0]) | _attributes(balancer, forwardings)
    written = {f"{PREFIX}{key}": value for key, value in settings.items() if value}
    return written | _weights(forwardings) | HELD


def _placement(balancer: LoadBalancer) -> dict[str, str]:
    zones = balancer.view.get("AvailabilityZones", [])
    return {
        "nlb-target-type": "ip",
        "scheme": str(balancer.view.get("Scheme", "")),
        "subnets": ",".join(str(zone["SubnetId"]) for zone in zones if "SubnetId" in zone),
        "ip-address-type": str(balancer.view.get("IpAddressType", "ipv4")),
        "enable-prefix-for-ipv6-source-nat": str(balancer.view.get("EnablePrefixForIpv6SourceNat", "")),
        "source-nat-ipv6-prefixes": _prefixes(balancer),
        "additional-resource-tags": as_map(own_tags(balancer.tags), empty=True),
    }


def _prefixes(balancer: LoadBalancer) -> str:
    """One for each subnet. An explicit one is in use by the old load balancer, so the new one gets others."""
    zones = list(enumerate(balancer.view.get("AvailabilityZones", [])))
    found = [
        (index, n, str(text)) for index, zone in zones for n, text in enumerate(zone.get("SourceNatIpv6Prefixes", []))
    ]
    for index, number, text in found:
        if text != "auto_assigned":
            at = ("AvailabilityZones", index, "SourceNatIpv6Prefixes", number)
            note(balancer.view, at, "source-nat-prefix-in-use", prefix=text)
    return ",".join("auto_assigned" for _ in zones) if found else ""


def _security(balancer: LoadBalancer) -> dict[str, str]:
    """Whether it has security groups is fixed when it is made."""
    groups = [str(group) for group in balancer.view.get("SecurityGroups", [])]
    if not groups:
        return {"disable-nlb-sg": "true"}
    enforced = balancer.view.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "")
    return {
        "security-groups": ",".join(groups),
        "manage-backend-security-group-rules": "true",
        "inbound-sg-rules-on-private-link-traffic": str(enforced),
    }


def _tls(forwardings: list[Forwarding]) -> dict[str, str]:
    """The ports are always named: with a certificate and no list every TCP port becomes TLS."""
    encrypted = [forwarding for forwarding in forwardings if forwarding.is_tls]
    if not encrypted:
        return {}
    first = encrypted[0]
    return {
        "ssl-cert": ",".join(certificates(first.listener)),
        "ssl-ports": ",".join(port["name"] for forwarding in encrypted for port in forwarding.ports),
        "ssl-negotiation-policy": str(first.listener.view.get("SslPolicy", "")),
        "alpn-policy": alpn(first.listener),
        "backend-protocol": "ssl" if is_encrypted_to_targets(first) else "",
    }


def _protocols(forwardings: list[Forwarding]) -> dict[str, str]:
    both = any(len(forwarding.ports) > 1 for forwarding in forwardings)
    quic = [str(f.listener.port) for f in forwardings if f.listener.protocol in QUIC]
    return {"enable-tcp-udp-listener": "true" if both else "", "quic-enabled-ports": ",".join(quic)}


def _health_check(forwarding: Forwarding) -> dict[str, str]:
    found = health_check(forwarding.service)
    return {annotation: found[key] for key, annotation in HEALTH.items() if key in found}


def _attributes(balancer: LoadBalancer, forwardings: list[Forwarding]) -> dict[str, str]:
    """Those of target groups once where they are equal, else for each port; those of listeners for each listener."""
    groups = {str(f.listener.port): attributes(f.service.group) for f in forwardings}
    found = {"attributes": as_map(read_attributes(balancer.attributes))}
    if all(one == attributes(forwardings[0].service.group) for one in groups.values()):
        found["target-group-attributes"] = as_map(attributes(forwardings[0].service.group))
    else:
        found |= {f"target-group-attributes.{port}": as_map(values) for port, values in groups.items()}
    for forwarding in forwardings:
        listener = forwarding.listener
        key = f"listener-attributes.{listener.protocol}-{listener.port}"
        found[key] = as_map(read_attributes(listener.attributes))
    return found


def _weights(forwardings: list[Forwarding]) -> dict[str, str]:
    return {
        f"{DOMAIN}actions.{f.listener.protocol}-{f.listener.port}": json.dumps(_action(f), sort_keys=True)
        for f in forwardings
        if f.others
    }


def _action(forwarding: Forwarding) -> dict[str, Any]:
    groups: list[dict[str, Any]] = []
    for other, weight in forwarding.others:
        if isinstance(other, str):
            groups.append({"targetGroupARN": other, "weight": weight})
        else:
            group: dict[str, Any] = {"serviceName": other.name, "servicePort": other.port, "weight": weight}
            decrypted = forwarding.is_tls and not is_encrypted_to_targets(forwarding)
            groups.append(group | ({"decrypt": True} if decrypted else {}))
    config: dict[str, Any] = {"baseServiceWeight": forwarding.weight, "targetGroups": groups}
    if forwarding.sticky:
        config["targetGroupStickinessConfig"] = {"enabled": True}
    return {"type": "forward", "forwardConfig": config}


def as_map(values: Mapping[str, str], *, empty: bool = False) -> str:
    """`key=value` with commas between, in order of key; commas and backslashes in them are escaped.

    Empty values are what AWS has without them, and are left out unless *empty*.
    """
    kept = {key: value for key, value in values.items() if key and (value or empty)}
    return ",".join(f"{_escaped(key)}={_escaped(value)}" for key, value in sorted(kept.items()))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,")
