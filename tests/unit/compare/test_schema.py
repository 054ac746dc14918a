"""Validation refuses what the API server refuses, on every supported version."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from ecs2k8s.compare import schema
from ecs2k8s.core.mappings import root
from ecs2k8s.core.target import Version

VERSIONS = get_args(Version)
GOOD: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    },
}
BAD = yaml.safe_load((Path(__file__).parent / "bad-objects.yaml").read_text())
pytestmark = pytest.mark.skipif(not schema.available(), reason="the extra `validate` is not installed")


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    out = copy.deepcopy(base)
    for key, value in change.items():
        out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


@pytest.mark.parametrize("version", VERSIONS)
def test_a_good_object_has_no_problem(version: str) -> None:
    assert schema.problems([GOOD], version) == []


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
@pytest.mark.parametrize("bad", BAD, ids=[item["says"] for item in BAD])
def test_a_bad_object_is_refused_with_its_place(bad: dict[str, Any], version: str) -> None:
    found = schema.problems([merged(GOOD, bad["change"])], version)
    assert any(bad["says"] in problem for problem in found), found


def test_a_service_may_start_with_a_digit_from_1_37_on() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "1web"},
        "spec": {"ports": [{"name": "a", "port": 1}]},
    }
    assert schema.problems([service], "1.36") != []
    assert schema.problems([service], "1.37") == []


@pytest.mark.parametrize("path", sorted((root() / "schemas").glob("*.yaml")), ids=lambda path: path.stem)
def test_our_schemas_are_closed_at_every_level(path: Path) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert "additionalProperties" in node, node
            for child in node.values():
                walk(child)

    walk(yaml.safe_load(path.read_text()))
