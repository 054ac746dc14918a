"""What is generated for the Gateway API is what its published definitions take, whatever our own schemas say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.core.mappings import root
from tests.gateway_estates import estate, exported, forward, listener, matching, redirect, respond, rule, when

FOLDER = Path(sys.prefix) / "schemas"
OBJECTS: dict[str, dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "unit/compare/objects.yaml").read_text(), yaml.CSafeLoader
)
jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="the extra `validate` is not installed")
API = "gateway.networking.k8s.io"
SOURCES = ("go", "npm")
FETCHES = "`make setup` fetches the definitions where the client of Go, or that of npm, can download them"


PLURALS = {
    "GatewayClass": "gatewayclasses",
    "Gateway": "gateways",
    "HTTPRoute": "httproutes",
    "GRPCRoute": "grpcroutes",
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    places = {"go": f"{API}_httproutes.yaml", "npm": "node_modules/@kubernetes-models/gateway-api/package.json"}
    if not (FOLDER / places[name]).is_file() or (name == "npm" and not shutil.which("node")):
        pytest.skip(f"nothing of {name} in {FOLDER}: {FETCHES}")
    return name


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


def problems(manifests: list[dict[str, Any]], source: str) -> list[str]:
    if source == "npm":
        command = ["node", str(Path(__file__).parent / "gateway_models.mjs"), str(FOLDER)]
        done = subprocess.run(command, input=json.dumps(manifests).encode(), capture_output=True, check=True)
        return [line for line in json.loads(done.stdout) if line]
    found = [(manifest, jsonschema_rs.validator_for(definition(manifest["kind"]))) for manifest in manifests]
    return [str(error.message) for manifest, schema in found for error in schema.iter_errors(manifest)]


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
def test_routes_are_as_published(name: str, source: str) -> None:
    made = exported(estate(listener(ESTATES[name], None if name == "regular expressions" else [forward("web")])))
    found = standard(made.bundle.manifests)
    assert {manifest["kind"] for manifest in found} == {"GatewayClass", "Gateway", "HTTPRoute"}
    assert problems(found, source) == []


def test_routes_of_calls_are_as_published(source: str) -> None:
    rules = [
        rule(when("path-pattern", "/shop.Cart/*", "/*/Add"), to=forward("calls")),
        rule(when("path-pattern", "/*"), to=respond("403", "no")),
    ]
    made = exported(estate(listener(rules, port=443, protocol="HTTPS")))
    found = standard(made.bundle.manifests)
    assert "GRPCRoute" in {manifest["kind"] for manifest in found}
    assert problems(found, source) == []


def test_the_examples_of_our_schemas_are_as_published(source: str) -> None:
    found = standard(OBJECTS.values())
    assert len(found) == len(list((root() / "schemas").glob(f"{API}_*.yaml")))
    assert problems(found, source) == []


def test_a_field_that_is_misspelt_is_found(source: str) -> None:
    route = OBJECTS["http route"]
    wrong = route | {"spec": route["spec"] | {"hostNames": ["a.com"]}}
    assert source == "npm" or problems([wrong], source) != []  # the models let in what they do not know
    assert problems([route | {"spec": route["spec"] | {"hostnames": ["A.com"]}}], source) != []
