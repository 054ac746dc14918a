"""What is generated for External Secrets is what its published models take, whatever our own schemas say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecs2k8s.pipeline import objects
from tests.case_files import load
from tests.published import said

HERE = Path(__file__).parent
PACKAGE = "@kubernetes-models/external-secrets"
KINDS = {"ExternalSecret", "SecretStore"}


def generated() -> list[dict[str, Any]]:
    places = [*(HERE / "cases" / "secrets").glob("*.yaml"), *(HERE / "cases" / "traps").glob("17*.yaml")]
    cases = [load(path) for path in sorted(places)]
    manifests = [m for case in cases for m in objects(case.snapshot, case.target).bundle.manifests]
    return [manifest for manifest in manifests if manifest["kind"] in KINDS]


def test_the_models_take_every_generated_object() -> None:
    manifests = generated()
    assert {manifest["kind"] for manifest in manifests} == KINDS
    assert set(said(manifests, PACKAGE)) == {""}


def test_the_models_refuse_what_is_wrong() -> None:
    store = next(manifest for manifest in generated() if manifest["kind"] == "SecretStore")
    wrong = store | {"spec": {"provider": {"aws": {"service": "Vault", "region": "eu-west-1"}}}}
    assert said([store, wrong], PACKAGE)[0] == ""
    assert "service" in said([wrong], PACKAGE)[0]
