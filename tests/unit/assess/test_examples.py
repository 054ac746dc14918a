"""Worked examples of routing: the listeners of AWS, the Ingresses, what the controller builds, where requests go."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.assess.alb import Request, choose
from ecs2k8s.assess.api_server import refusals
from ecs2k8s.assess.lbc import Built, build
from ecs2k8s.assess.witness import probes, witness
from ecs2k8s.translate.routes import Condition, Forward, Route
from tests.listener_texts import of_deed, of_listeners
from tests.source_routes import source

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))
PORTS = {"web": 8080, "api": 8080, "api-v2": 8080, "admin": 8080, "img": 9000}
SERVICES = {
    ("prod", name): {
        "metadata": {"namespace": "prod", "name": name, "annotations": {"alb.ingress.kubernetes.io/target-type": "ip"}},
        "spec": {"ports": [{"port": port}]},
    }
    for name, port in PORTS.items()
}
WRITTEN = re.compile(
    r"(?P<method>\w+) (?P<host>[^/ ]+)(?P<path>/\S*)(?: \?(?P<query>\S+))?(?: (?P<name>[\w-]+): (?P<value>\S+))?(?: from (?P<source>\S+))?"
)
LEGACY = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/legacy/0123456789abcdef"
FILLERS = {Condition("path-pattern", (".*",), regex=True), Condition("source-ip", ("0.0.0.0/0",))}


def example(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)


def request_of(text: str) -> Request:
    found = WRITTEN.fullmatch(text)
    assert found, text
    key, _, value = (found["query"] or "").partition("=")
    return Request(
        found["method"],
        found["host"],
        found["path"],
        ((found["name"], found["value"]),) if found["name"] else (),
        ((key, value),) if key else (),
        found["source"] or "203.0.113.7",
    )


def in_cluster(route: Route) -> Route:
    """*route* of AWS with the target groups as the Services that the examples have for them."""
    if not isinstance(route.action, Forward):
        return route
    names = [(arn.removeprefix("tg:"), weight) for arn, weight in route.action.backends]
    moved = tuple((f"prod/{name}:{PORTS[name]}" if name in PORTS else LEGACY, weight) for name, weight in names)
    return replace(route, action=replace(route.action, backends=moved))


def without_fillers(route: Route) -> Route:
    return replace(route, conditions=tuple(c for c in route.conditions if c not in FILLERS))


def without_secrets(made: Built) -> Built:
    """The source does not say what a Secret is called."""
    return replace(made, rules=tuple(map(without_secret, made.rules)), default=without_secret(made.default))


def without_secret(route: Route) -> Route:
    known = route.authentication
    if known is None:
        return route
    return replace(
        route, authentication=replace(known, settings=tuple(s for s in known.settings if s[0] != "SecretName"))
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_the_controller_builds(path: Path) -> None:
    case = example(path)
    ingresses = list(yaml.load_all(case["ingresses"], yaml.CSafeLoader))
    built = build(ingresses, SERVICES)
    assert of_listeners(built.values()) == case["builds"]
    assert [refusals(ingress) for ingress in ingresses] == [[] for _ in ingresses]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_ingresses_route_as_the_listeners_of_aws(path: Path) -> None:
    case = example(path)
    built = build(list(yaml.load_all(case["ingresses"], yaml.CSafeLoader)), SERVICES)
    assert len(built) == len(case["source"])
    for one in case["source"]:
        rules, default = source(one["listener"], one["rules"])
        wanted = tuple(map(in_cluster, rules)), in_cluster(default)
        made = without_secrets(built[one["listener"]["Port"]])
        assert [r.normal for r in wanted[0]] == [without_fillers(r).normal for r in made.rules]
        assert wanted[1].normal == made.default.normal
        assert witness(wanted, (made.rules, made.default), dual_stack=False) is None
        assert len(list(probes(wanted[0]))) > len(wanted[0])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_where_requests_go(path: Path) -> None:
    """Each request with what is done with it; it comes to the last listener if no port is named."""
    case = example(path)
    built = build(list(yaml.load_all(case["ingresses"], yaml.CSafeLoader)), SERVICES)
    for text, deed, *port in case["requests"]:
        one = next(one for one in reversed(case["source"]) if one["listener"]["Port"] in (port or built))
        rules, default = source(one["listener"], one["rules"])
        made = built[one["listener"]["Port"]]
        for route in (
            choose(made.rules, made.default, request_of(text)),
            in_cluster(choose(rules, default, request_of(text))),
        ):
            assert of_deed(replace(route, transforms=())) == deed, text
