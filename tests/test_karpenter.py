"""What is generated for Karpenter is what its published models take, whatever our own schemas say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecs2k8s.pipeline import objects
from tests.case_files import load
from tests.published import said

HERE = Path(__file__).parent
PACKAGE = "@kubernetes-models/karpenter"
KINDS = {("karpenter.sh/v1", "NodePool"), ("karpenter.k8s.aws/v1", "EC2NodeClass")}  # Auto Mode has no published models


def generated() -> list[dict[str, Any]]:
    cases = [load(path) for path in sorted((HERE / "cases" / "capacity").glob("*.yaml"))]
    manifests = [m for case in cases for m in objects(case.snapshot, case.target).bundle.manifests]
    return [manifest for manifest in manifests if (manifest["apiVersion"], manifest["kind"]) in KINDS]


def test_the_models_take_every_generated_object() -> None:
    manifests = generated()
    assert {manifest["kind"] for manifest in manifests} == {"NodePool", "EC2NodeClass"}
    assert set(said(manifests, PACKAGE)) == {""}


def test_the_models_refuse_what_is_wrong() -> None:
    pool = next(manifest for manifest in generated() if manifest["kind"] == "NodePool")
    wrong = pool | {"spec": pool["spec"] | {"disruption": {"consolidateAfter": "soon"}}}
    assert said([pool, wrong], PACKAGE)[0] == ""
    assert "consolidateAfter" in said([wrong], PACKAGE)[0]
