"""What listeners of a Network Load Balancer need for TLS, and which settings a Service has only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import note
from ecs2k8s.translate.target_group_settings import health_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.balancers import Listener
    from ecs2k8s.resolve.workload import AwsMap
    from ecs2k8s.translate.network_listeners import Forwarding

Place = tuple["AwsMap", tuple[str | int, ...]]


def certificates(listener: Listener) -> list[str]:
    """ARNs of all certificates, the default first and each once: DescribeListeners shows only that one."""
    shown = [str(item.get("CertificateArn", "")) for item in listener.view.get("Certificates", [])]
    items = listener.certificates.get("Certificates", [])
    default = [str(item.get("CertificateArn", "")) for item in items if item.get("IsDefault")]
    others = sorted(str(item.get("CertificateArn", "")) for item in items)
    return [arn for arn in dict.fromkeys((*shown[:1], *default, *others)) if arn]


def alpn(listener: Listener) -> str:
    return next((str(policy) for policy in listener.view.get("AlpnPolicy", [])), "")


def is_encrypted_to_targets(forwarding: Forwarding) -> bool:
    return forwarding.service.group.view.get("Protocol") == "TLS"


def say_unread_certificates(listener: Listener) -> None:
    if not len(listener.certificates):
        note(listener.view, ("Certificates", 0, "CertificateArn"), "certificates-not-read")


def differences(forwardings: list[Forwarding]) -> Iterator[tuple[str, Place]]:
    """What listeners of one Service would have to share and do not: in words, and the leaf that differs."""
    first = forwardings[0]
    for other in forwardings[1:]:
        yield from _of_groups(first, other)
    encrypted = [forwarding for forwarding in forwardings if forwarding.is_tls]
    for other in encrypted[1:]:
        yield from _of_tls(encrypted[0], other)


def _of_groups(first: Forwarding, other: Forwarding) -> Iterator[tuple[str, Place]]:
    view = other.service.group.view
    one, two = health_check(first.service), health_check(other.service)
    for key in sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key)):
        at = ("Matcher", key) if key.endswith("Code") else (key,)
        yield f"the health check ({key})", (view, at if key in two else ("HealthCheckProtocol",))
    if _family(first) != _family(other):
        yield "the address family of the targets", (view, ("IpAddressType",))


def _family(forwarding: Forwarding) -> str:
    return str(forwarding.service.group.view.get("IpAddressType", "ipv4"))


def _of_tls(first: Forwarding, other: Forwarding) -> Iterator[tuple[str, Place]]:
    view = other.listener.view
    if certificates(first.listener) != certificates(other.listener):
        yield "the certificates", (view, ("Certificates", 0, "CertificateArn"))
    if first.listener.view.get("SslPolicy") != view.get("SslPolicy"):
        yield "the TLS policy", (view, ("SslPolicy",))
    if alpn(first.listener) != alpn(other.listener):
        yield "the ALPN policy", (view, ("AlpnPolicy",))
    if is_encrypted_to_targets(first) != is_encrypted_to_targets(other):
        yield "TLS to the targets", (other.service.group.view, ("Protocol",))
