"""What is generated for the Gateway API is what its published definitions take, whatever our own schemas say."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.core.mappings import root
from tests.gateway_estates import estate, exported, forward, listener, matching, redirect, respond, rule, when

FOLDER = Path(sys.prefix) / "schemas"
OBJECTS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "unit/compare/objects.yaml").read_text())
jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="the extra `validate` is not installed")
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no {FOLDER}: `make setup` fetches the definitions where Go's client can download them"
)
API = "gateway.networking.k8s.io"


PLURALS = {
    "GatewayClass": "gatewayclasses",
    "Gateway": "gateways",
    "HTTPRoute": "httproutes",
    "GRPCRoute": "grpcroutes",
}


@cache
def definition(kind: str) -> dict[str, Any]:
    """The schema of version v1."""
    text = (FOLDER / f"{API}_{PLURALS[kind]}.yaml").read_text()
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    (version,) = [version for version in document["spec"]["versions"] if version["name"] == "v1"]
    schema: dict[str, Any] = closed(version["schema"]["openAPIV3Schema"])
    return schema


def closed(node: Any) -> Any:
    """The API server drops what it does not know, so a misspelt field would be accepted and lost."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: closed(value) for key, value in node.items()}
    if (
        made.get("type") == "object"
        and isinstance(made.get("properties"), dict)
        and "metadata" not in made["properties"]
    ):
        made.setdefault("additionalProperties", False)
    return made


def problems(manifest: dict[str, Any]) -> list[str]:
    schema = definition(manifest["kind"])
    return [str(error.message) for error in jsonschema_rs.validator_for(schema).iter_errors(manifest)]


def standard(manifests: Any) -> list[dict[str, Any]]:
    return [manifest for manifest in manifests if manifest["apiVersion"].startswith(f"{API}/")]


ESTATES = {
    "forward": [rule(when("path-pattern", "/api", "/api/*"), to=forward("web", "api", weights=(90, 10), sticky=60))],
    "redirect": [
        rule(when("host-header", "*.example.com"), to=redirect(Host="a.example.com", Path="/new", Port="81", Query=""))
    ],
    "answers": [rule(when("source-ip", "10.0.0.0/8"), to=respond("403", "no"))],
    "matches": [
        rule(
            when("http-header", "1", HttpHeaderName="X-Canary"),
            when("http-request-method", "GET", "PUT"),
            when("query-string", {"Key": "a", "Value": "b"}),
            to=forward("web"),
        )
    ],
    "regular expressions": [rule(matching("path-pattern", "^/v[0-9]+"), to=forward("web"))],
}


@pytest.mark.parametrize("name", ESTATES)
def test_routes_are_as_published(name: str) -> None:
    made = exported(estate(listener(ESTATES[name], None if name == "regular expressions" else [forward("web")])))
    found = standard(made.bundle.manifests)
    assert {manifest["kind"] for manifest in found} == {"GatewayClass", "Gateway", "HTTPRoute"}
    assert [problem for manifest in found for problem in problems(manifest)] == []


def test_routes_of_calls_are_as_published() -> None:
    rules = [
        rule(when("path-pattern", "/shop.Cart/*", "/*/Add"), to=forward("calls")),
        rule(when("path-pattern", "/*"), to=respond("403", "no")),
    ]
    made = exported(estate(listener(rules, port=443, protocol="HTTPS")))
    found = standard(made.bundle.manifests)
    assert "GRPCRoute" in {manifest["kind"] for manifest in found}
    assert [problem for manifest in found for problem in problems(manifest)] == []


def test_the_examples_of_our_schemas_are_as_published() -> None:
    found = standard(OBJECTS.values())
    assert len(found) == len(list((root() / "schemas").glob(f"{API}_*.yaml")))
    assert [problem for manifest in found for problem in problems(manifest)] == []


def test_a_field_that_is_misspelt_is_found() -> None:
    route = OBJECTS["http route"]
    wrong = route | {"spec": route["spec"] | {"hostNames": ["a.com"]}}
    assert problems(wrong) != []
    assert problems(route | {"spec": route["spec"] | {"hostnames": ["A.com"]}}) != []
