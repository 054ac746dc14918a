"""What the API server refuses of an Ingress.

Source: https://github.com/kubernetes/kubernetes, `pkg/apis/networking/validation/validation.go` (networking/v1) and
`staging/src/k8s.io/apimachinery/pkg/util/validation`.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
DNS_LABEL = re.compile(LABEL)
DNS_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
WILDCARD_NAME = re.compile(rf"\*\.{LABEL}(\.{LABEL})*")
SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
LONGEST_LABEL, LONGEST_NAME, LONGEST_PORT_NAME = 63, 253, 15
MOST_ANNOTATIONS = 256 * 1024  # bytes of all keys and values
LAST_PORT = 65535
PATH_TYPES = {"Exact", "Prefix", "ImplementationSpecific"}
STRICT = {"Exact", "Prefix"}
NOT_INSIDE = ("//", "/./", "/../", "%2f", "%2F")
NOT_AT_END = ("/..", "/.")


def refusals(ingress: Manifest, *, digits_first: bool = False) -> list[str]:
    """Why *ingress* cannot be created, one sentence for each reason; empty if it can.

    *digits_first*: names of Services may begin with a digit, as from 1.37 (the gate RelaxedServiceNameValidation).
    """
    service = DNS_LABEL if digits_first else SERVICE_NAME
    return [*_metadata(ingress["metadata"]), *_spec(ingress["spec"], service)]


def _metadata(metadata: Mapping[str, Any]) -> Iterator[str]:
    if not _is(DNS_NAME, metadata["name"], LONGEST_NAME):
        yield f"metadata.name: {metadata['name']!r} is no DNS name"
    if not _is(DNS_LABEL, metadata.get("namespace", "default"), LONGEST_LABEL):
        yield f"metadata.namespace: {metadata['namespace']!r} is no DNS label"
    annotations = metadata.get("annotations") or {}
    for key, value in annotations.items():
        if not _qualified(key):
            yield f"metadata.annotations: {key!r} is no qualified name"
        if not isinstance(value, str):
            yield f"metadata.annotations: the value of {key} is no text"
    if sum(len(str(text).encode()) for pair in annotations.items() for text in pair) > MOST_ANNOTATIONS:
        yield f"metadata.annotations: more than {MOST_ANNOTATIONS} bytes"


def _is(pattern: re.Pattern[str], text: str, longest: int) -> bool:
    return len(text) <= longest and pattern.fullmatch(text) is not None


def _qualified(key: str) -> bool:
    """A name of at most 63 characters, perhaps behind a DNS name and a slash. Keys of annotations may be upper case."""
    prefix, slash, name = key.rpartition("/")
    return _is(QUALIFIED, name, LONGEST_LABEL) and (not slash or _is(DNS_NAME, prefix.lower(), LONGEST_NAME))


def _spec(spec: Mapping[str, Any], names: re.Pattern[str]) -> Iterator[str]:
    rules, default = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and default is None:
        yield "spec: either defaultBackend or rules must be specified"
    if default is not None:
        yield from (f"spec.defaultBackend.{reason}" for reason in _backend(default, names))
    if "ingressClassName" in spec and not _is(DNS_NAME, spec["ingressClassName"], LONGEST_NAME):
        yield f"spec.ingressClassName: {spec['ingressClassName']!r} is no DNS name"
    for place, rule in enumerate(rules):
        yield from (f"spec.rules[{place}].{reason}" for reason in _rule(rule, names))


def _rule(rule: Mapping[str, Any], names: re.Pattern[str]) -> Iterator[str]:
    host = rule.get("host", "")
    if host and not _is_host(host):
        yield f"host: {host!r} is neither a DNS name in lower case nor one behind `*.`"
    if rule.get("http") is None:
        return
    if not rule["http"].get("paths"):
        yield "http.paths: required"
    for place, path in enumerate(rule["http"].get("paths") or []):
        yield from (f"http.paths[{place}].{reason}" for reason in (*_path(path), *_backend_of(path, names)))


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _is(WILDCARD_NAME if "*" in host else DNS_NAME, host, LONGEST_NAME)
    return False


def _path(entry: Mapping[str, Any]) -> Iterator[str]:
    path, kind = entry.get("path", ""), entry.get("pathType")
    if kind not in PATH_TYPES:
        yield f"pathType: {kind!r} is none of {', '.join(sorted(PATH_TYPES))}"
    if not path.startswith("/") and (path or kind in STRICT):
        yield f"path: {path!r} is not absolute"
    if kind in STRICT and any(part in path for part in NOT_INSIDE):
        yield f"path: {path!r} has one of {' '.join(NOT_INSIDE)}"
    if kind in STRICT and path.endswith(NOT_AT_END):
        yield f"path: {path!r} ends in one of {' '.join(NOT_AT_END)}"


def _backend_of(entry: Mapping[str, Any], names: re.Pattern[str]) -> Iterator[str]:
    return (f"backend.{reason}" for reason in _backend(entry.get("backend") or {}, names))


def _backend(backend: Mapping[str, Any], names: re.Pattern[str]) -> Iterator[str]:
    service = backend.get("service")
    if (service is None) == (backend.get("resource") is None):
        yield "service: exactly one of service and resource"
    if service is None:
        return
    if not _is(names, service.get("name", ""), LONGEST_LABEL):
        yield f"service.name: {service.get('name', '')!r} is no name of a Service"
    yield from (f"service.port: {reason}" for reason in _port(service.get("port") or {}))


def _port(port: Mapping[str, Any]) -> Iterator[str]:
    name, number = port.get("name", ""), port.get("number", 0)
    if bool(name) == bool(number):
        yield "exactly one of name and number"
    if name and not _is_port_name(name):
        yield f"{name!r} is no name of a port"
    if number and not 1 <= number <= LAST_PORT:
        yield f"{number} is no number of a port"


def _is_port_name(name: str) -> bool:
    return _is(DNS_LABEL, name, LONGEST_PORT_NAME) and "--" not in name and any(c.isalpha() for c in name)
