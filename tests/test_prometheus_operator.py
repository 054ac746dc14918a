"""What is generated for the Prometheus Operator is what its published models take, whatever our own schemas say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecs2k8s.pipeline import objects
from tests.case_files import load
from tests.published import said

HERE = Path(__file__).parent
PACKAGE = "@kubernetes-models/prometheus-operator"
API = "monitoring.coreos.com/v1"


def generated() -> list[dict[str, Any]]:
    cases = [load(path) for path in sorted((HERE / "cases" / "observability").glob("*.yaml"))]
    manifests = [m for case in cases for m in objects(case.snapshot, case.target).bundle.manifests]
    return [manifest for manifest in manifests if manifest["apiVersion"] == API]


def test_the_models_take_every_generated_object() -> None:
    manifests = generated()
    assert {manifest["kind"] for manifest in manifests} == {"PrometheusRule", "PodMonitor"}
    assert set(said(manifests, PACKAGE)) == {""}


def test_the_models_refuse_what_is_wrong() -> None:
    rule = next(manifest for manifest in generated() if manifest["kind"] == "PrometheusRule")
    (group,) = rule["spec"]["groups"]
    wrong = rule | {"spec": {"groups": [group | {"interval": "soon"}]}}
    assert said([rule, wrong], PACKAGE)[0] == ""
    assert "interval" in said([wrong], PACKAGE)[0]
