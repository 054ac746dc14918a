"""Which listeners the members of a group ask for, and whether they agree about them.

Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/ingress/model_build_listener.go`
(`computeIngressListenPortConfigByPort`) and `pkg/ingress/model_builder.go` (`mergeListenPortConfigs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.assess.lbc_annotations import Annotations, GoObject, reject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Wish:
    """What one Ingress asks of a port. Settings that it does not name are None or empty: then others may name them."""

    protocol: str
    certificates: tuple[str, ...] = ()
    policy: str | None = None
    client_certificates: tuple[object, ...] | None = None  # mutual TLS
    sources: frozenset[str] = frozenset()
    prefix_lists: frozenset[str] = frozenset()


def wishes(ingress: Mapping[str, Any]) -> dict[int, Wish]:
    """The ports that *ingress* listens on, from `listen-ports`; without: 443 where it names certificates, else 80."""
    annotations = Annotations.of(ingress)
    certificates = annotations.texts("certificate-arn")
    mutual = _client_certificates(annotations)
    ports = _ports(annotations, secure=bool(certificates))
    if "HTTPS" in ports.values() and not certificates and _hosts(ingress):
        reject("certificate-arn is missing: which certificates ACM has for the hosts only the account says")
    return {port: _wish(annotations, port, protocol, certificates, mutual) for port, protocol in ports.items()}


def _wish(
    annotations: Annotations,
    port: int,
    protocol: str,
    certificates: tuple[str, ...],
    mutual: dict[int, tuple[object, ...]],
) -> Wish:
    sources = frozenset(annotations.texts("inbound-cidrs"))
    lists = frozenset(annotations.texts("security-group-prefix-lists"))
    if protocol == "HTTP":
        return Wish(protocol, sources=sources, prefix_lists=lists)
    return Wish(protocol, certificates, annotations.text("ssl-policy"), mutual.get(port), sources, lists)


def _ports(annotations: Annotations, *, secure: bool) -> dict[int, str]:
    entries = annotations.json("listen-ports")
    if annotations.text("listen-ports") is None:
        return {443: "HTTPS"} if secure else {80: "HTTP"}
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        reject(f"listen-ports: {annotations.text('listen-ports')}")
    return {_port(port): _protocol(protocol) for entry in entries for protocol, port in entry.items()}


def _port(port: Any) -> int:
    if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= LAST_PORT:
        reject(f"listen port must be within [1, {LAST_PORT}]: {port}")
    return port


def _protocol(protocol: str) -> str:
    if protocol not in {"HTTP", "HTTPS"}:
        reject(f"listen protocol must be within [HTTP, HTTPS]: {protocol}")
    return protocol


def _hosts(ingress: Mapping[str, Any]) -> list[str]:
    spec = ingress["spec"]
    rules, tls = spec.get("rules") or [], spec.get("tls") or []
    return [rule["host"] for rule in rules if rule.get("host")] + [host for one in tls for host in one.get("hosts", ())]


def _client_certificates(annotations: Annotations) -> dict[int, tuple[object, ...]]:
    """By port. Whoever says nothing says `off` for 443, and only for that port: a quirk that makes groups fail."""
    if annotations.text("mutual-authentication") is None:
        return {443: ("off", None, None)}
    entries = annotations.json_objects("mutual-authentication") or reject("empty mutual-authentication")
    return {entry.number("port") or reject("mutual-authentication: no port"): _mutual(entry) for entry in entries}


def _mutual(entry: GoObject) -> tuple[object, ...]:
    mode, store = entry.text("mode"), entry.text("trustStore")
    ignore = entry.fields.get("ignoreclientcertificateexpiry")
    if mode not in {"off", "passthrough", "verify"}:
        reject(f"mutualAuthentication mode: {mode}")
    if (mode == "verify") != bool(store) or (mode != "verify" and ignore is not None):
        reject(f"mutualAuthentication mode {mode}: trustStore and ignoreClientCertificateExpiry do not fit")
    return (mode, store, bool(ignore) if mode == "verify" else None)


def merge(port: int, found: Sequence[Wish]) -> str:
    """The protocol of *port*, where all agree on everything that can be there only once."""
    _agree(port, "protocol", (wish.protocol for wish in found))
    _agree(port, "sslPolicy", (wish.policy for wish in found if wish.policy is not None))
    _agree(port, "mTLS Attributes", (w.client_certificates for w in found if w.client_certificates is not None))
    _agree(port, "inbound-cidrs", (wish.sources for wish in found if wish.sources))
    _agree(port, "inbound-prefix-lists", (wish.prefix_lists for wish in found if wish.prefix_lists))
    if found[0].protocol == "HTTPS" and not any(wish.certificates for wish in found):
        reject(f"port {port}: an HTTPS listener without a certificate")
    return found[0].protocol


def _agree(port: int, what: str, values: Iterable[object]) -> None:
    if len(set(values)) > 1:
        reject(f"failed to merge listenPort config for port {port}: conflicting {what}")
