"""What is generated for External Secrets is what its published models take, whatever our own schemas say."""

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
PACKAGE = "@kubernetes-models/external-secrets"
KINDS = {"ExternalSecret", "SecretStore"}


def said(manifests: list[dict[str, Any]]) -> list[str]:
    """What the models say against each; empty: nothing."""
    if not (FOLDER / "node_modules" / PACKAGE).is_dir() or not shutil.which("node"):
        pytest.skip(f"no {PACKAGE} in {FOLDER}: `make setup` fetches it where npm can download it")
    command = ["node", str(HERE / "models.mjs"), str(FOLDER), PACKAGE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(manifests))
    found: list[str] = json.loads(done.stdout)
    return found


def generated() -> list[dict[str, Any]]:
    places = [*(HERE / "cases" / "secrets").glob("*.yaml"), *(HERE / "cases" / "traps").glob("17*.yaml")]
    cases = [load(path) for path in sorted(places)]
    manifests = [m for case in cases for m in objects(case.snapshot, case.target).bundle.manifests]
    return [manifest for manifest in manifests if manifest["kind"] in KINDS]


def test_the_models_take_every_generated_object() -> None:
    manifests = generated()
    assert {manifest["kind"] for manifest in manifests} == KINDS
    assert set(said(manifests)) == {""}


def test_the_models_refuse_what_is_wrong() -> None:
    store = next(manifest for manifest in generated() if manifest["kind"] == "SecretStore")
    wrong = store | {"spec": {"provider": {"aws": {"service": "Vault", "region": "eu-west-1"}}}}
    assert said([store, wrong])[0] == ""
    assert "service" in said([wrong])[0]
