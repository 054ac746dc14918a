"""What is generated for the Prometheus Operator is what its published models take, whatever our own schemas say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ecs2k8s.pipeline import objects
from tests.case_files import load

HERE = Path(__file__).parent
FOLDER = Path(sys.prefix) / "schemas"
PACKAGE = "@kubernetes-models/prometheus-operator"
API = "monitoring.coreos.com/v1"


def said(manifests: list[dict[str, Any]]) -> list[str]:
    """What the models say against each; empty: nothing."""
    if not (FOLDER / "node_modules" / PACKAGE).is_dir() or not shutil.which("node"):
        pytest.skip(f"no {PACKAGE} in {FOLDER}: `make setup` fetches it where npm can download it")
    command = ["node", str(HERE / "models.mjs"), str(FOLDER), PACKAGE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(manifests))
    found: list[str] = json.loads(done.stdout)
    return found


def generated() -> list[dict[str, Any]]:
    cases = [load(path) for path in sorted((HERE / "cases" / "observability").glob("*.yaml"))]
    manifests = [m for case in cases for m in objects(case.snapshot, case.target).bundle.manifests]
    return [manifest for manifest in manifests if manifest["apiVersion"] == API]


def test_the_models_take_every_generated_object() -> None:
    manifests = generated()
    assert {manifest["kind"] for manifest in manifests} == {"PrometheusRule", "PodMonitor"}
    assert set(said(manifests)) == {""}


def test_the_models_refuse_what_is_wrong() -> None:
    rule = next(manifest for manifest in generated() if manifest["kind"] == "PrometheusRule")
    (group,) = rule["spec"]["groups"]
    wrong = rule | {"spec": {"groups": [group | {"interval": "soon"}]}}
    assert said([rule, wrong])[0] == ""
    assert "interval" in said([wrong])[0]
