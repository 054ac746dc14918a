"""What the API server refuses of an Ingress."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from ecs2k8s.assess.api_server import refusals

GOOD = yaml.safe_load("""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop-443
  namespace: prod
  annotations:
    alb.ingress.kubernetes.io/actions.rule-1: '{}'
    ALB.example.com/UPPER: x
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: web, port: {name: use-annotation}}}
  rules:
  - host: '*.example.com'
    http:
      paths:
      - path: /a/*/b?//%2f/../x
        pathType: ImplementationSpecific
        backend: {service: {name: rule-1, port: {number: 65535}}}
      - pathType: ImplementationSpecific
        backend: {resource: {kind: Bucket, name: x}}
      - path: /a/..b/%2e
        pathType: Prefix
        backend: {service: {name: web, port: {number: 1}}}
  - host: a.example.com
""")
RULE, PATH, STRICT = (
    ("spec", "rules", 0),
    ("spec", "rules", 0, "http", "paths", 0),
    ("spec", "rules", 0, "http", "paths", 2),
)
SERVICE = ("spec", "defaultBackend", "service")


def changed(place: tuple[Any, ...], value: Any) -> Any:
    manifest = copy.deepcopy(GOOD)
    spot = manifest
    for step in place[:-1]:
        spot = spot[step]
    spot[place[-1]] = value
    return manifest


def test_nothing_is_refused() -> None:
    assert refusals(GOOD) == []


REFUSED: list[tuple[tuple[Any, ...], Any, str]] = [
    (("metadata", "name"), "Shop", "metadata.name"),
    (("metadata", "name"), "a" * 254, "metadata.name"),
    (("metadata", "namespace"), "a.b", "metadata.namespace"),
    (("metadata", "annotations"), {f"alb.ingress.kubernetes.io/conditions.{'r' * 53}": ""}, "qualified name"),
    (("metadata", "annotations"), {"a/b/c": ""}, "qualified name"),
    (("metadata", "annotations"), {"": ""}, "qualified name"),
    (("metadata", "annotations"), {"a": 1}, "is no text"),
    (("metadata", "annotations"), {"a": "é" * 131072}, "more than 262144 bytes"),
    (("spec",), {"ingressClassName": "alb"}, "either defaultBackend or rules"),
    (("spec", "ingressClassName"), "ALB", "spec.ingressClassName"),
    ((*RULE, "host"), "Shop.example.com", "rules[0].host"),
    ((*RULE, "host"), "api?.example.com", "rules[0].host"),
    ((*RULE, "host"), "*", "rules[0].host"),
    ((*RULE, "host"), "www.*.example.com", "rules[0].host"),
    ((*RULE, "host"), "a_b.example.com", "rules[0].host"),
    ((*RULE, "host"), "10.1.2.3", "rules[0].host"),
    ((*RULE, "host"), "example.com.", "rules[0].host"),
    ((*RULE, "http"), {"paths": []}, "http.paths: required"),
    ((*PATH, "pathType"), None, "pathType"),
    ((*PATH, "pathType"), "prefix", "pathType"),
    ((*PATH, "path"), "*.php", "is not absolute"),
    ((*STRICT, "path"), "", "is not absolute"),
    ((*STRICT, "path"), "/a//b", "has one of"),
    ((*STRICT, "path"), "/a/./b", "has one of"),
    ((*STRICT, "path"), "/a/../b", "has one of"),
    ((*STRICT, "path"), "/a%2fb", "has one of"),
    ((*STRICT, "path"), "/a%2Fb", "has one of"),
    ((*STRICT, "path"), "/a/..", "ends in one of"),
    ((*STRICT, "path"), "/a/.", "ends in one of"),
    ((*PATH, "backend"), {}, "exactly one of service and resource"),
    ((*SERVICE, "name"), "1web", "service.name"),
    ((*SERVICE, "name"), "a" * 64, "service.name"),
    ((*SERVICE, "name"), "a.b", "service.name"),
    ((*SERVICE, "port"), {}, "exactly one of name and number"),
    ((*SERVICE, "port"), {"name": "http", "number": 80}, "exactly one of name and number"),
    ((*SERVICE, "port"), {"name": "use-annotations-"}, "no name of a port"),
    ((*SERVICE, "port"), {"name": "8080"}, "no name of a port"),
    ((*SERVICE, "port"), {"name": "a--b"}, "no name of a port"),
    ((*SERVICE, "port"), {"number": 65536}, "no number of a port"),
]


@pytest.mark.parametrize(("place", "value", "reason"), REFUSED)
def test_refused(place: tuple[Any, ...], value: Any, reason: str) -> None:
    (said,) = refusals(changed(place, value))
    assert reason in said
