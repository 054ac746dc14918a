"""Rollouts, Applications and the runbook: as the published models take them, and about nothing that is not there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.cli.export import files_of
from ecs2k8s.compare import schema
from ecs2k8s.core.manifests import Bundle, ObjectRef
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from tests.case_files import load
from tests.estates import CASES, estate
from tests.published import said

CHOSEN = {"delivery": "argo-cd", "delivery_repository": "https://git.example.com/shop.git#eks"}
ROLLED = [name for name in CASES if name.startswith("rollouts/")]


@cache
def made(name: str = "microservices", **chosen: str) -> tuple[Bundle, dict[str, str]]:
    snapshot, target = estate(name)
    if chosen:
        target = convert({"rollouts": target.rollouts, "shift": target.shift, **chosen})
    translation = translate(snapshot, target)
    return translation.bundle, {path: data.decode() for path, data in files_of(translation, target).items()}


def applications(name: str = "microservices", **more: str) -> dict[str, dict[str, Any]]:
    files = made(name, **CHOSEN, **more)[1]
    return {
        path: yaml.load(text, yaml.CSafeLoader) for path, text in files.items() if path.startswith("delivery/argo-cd/")
    }


def test_rollouts_are_as_published() -> None:
    cases = [load(Path(__file__).parent / "cases" / name) for name in ROLLED]
    bundles = [translate(case.snapshot, case.target).bundle for case in cases]
    found = [m for bundle in bundles for m in bundle.manifests if m["kind"] == "Rollout"]
    assert len(found) > 7
    assert set(said(found, "@kubernetes-models/argo-rollouts")) == {""}
    wrong = found[0] | {"spec": found[0]["spec"] | {"replicas": "many"}}
    assert said([wrong], "@kubernetes-models/argo-rollouts") != [""]


@pytest.mark.parametrize("form", ["kustomize", "plain", "helm"])
def test_applications_are_as_published_and_name_trees_that_were_written(form: str) -> None:
    found = applications(format=form)
    files = made(format=form, **CHOSEN)[1]
    sources = {a["spec"]["source"]["path"] for a in found.values() if a["kind"] == "Application"}
    assert all(any(f"eks/{path}".startswith(f"{source}/") for path in files) for source in sources)
    assert "eks/manifests" in sources
    if schema.available():
        assert schema.problems(found.values(), "1.34") == []
    assert set(said(list(found.values()), "@kubernetes-models/argo-cd")) == {""}


def test_nothing_that_takes_traffic_is_synced_by_itself() -> None:
    found = [a for a in applications().values() if a["kind"] == "Application"]
    by_itself = {a["spec"]["source"]["path"] for a in found if "automated" in a["spec"]["syncPolicy"]}
    assert by_itself <= {"eks/manifests", "eks/monitoring"}
    assert any("traffic/" in a["spec"]["source"]["path"] for a in found)
    assert all(not a["spec"]["syncPolicy"].get("automated", {}).get("prune") for a in found)


def test_a_sync_of_the_manifests_does_not_undo_the_handover() -> None:
    bundle, _ = made(**CHOSEN)
    (of_manifests,) = [a for path, a in applications().items() if path.endswith("/manifests.yaml")]
    ignored = {(each["kind"], each["name"]) for each in of_manifests["spec"]["ignoreDifferences"]}
    handed_over = {(ref.kind, ref.name) for ref in (ObjectRef.of(placed.manifest) for placed in bundle.handover)}
    assert handed_over
    assert {each for each in handed_over if each[0] in ("Deployment", "CronJob")} <= ignored


def test_what_argo_rollouts_edits_is_ignored() -> None:
    name = "rollouts/linear-behind-a-load-balancer.yaml"
    found = {Path(path).stem: a for path, a in applications(name).items()}
    ingress, manifests = (found[stem]["spec"]["ignoreDifferences"] for stem in ("ingress", "manifests"))
    assert [each["jsonPointers"] for each in ingress] == [
        ["/metadata/annotations/alb.ingress.kubernetes.io~1actions.web"]
    ]
    assert {each["name"] for each in manifests if each["kind"] == "Service"} == {"web", "web-canary"}


def test_the_project_allows_what_was_generated_and_no_more() -> None:
    bundle, _ = made(**CHOSEN)
    (project,) = [a for a in applications().values() if a["kind"] == "AppProject"]
    references = [ObjectRef.of(placed.manifest) for placed in bundle.everything]
    assert {d["namespace"] for d in project["spec"]["destinations"]} == {r.namespace for r in references if r.namespace}
    allowed = {each["kind"] for each in project["spec"]["clusterResourceWhitelist"]}
    assert allowed == {r.kind for r in references if not r.namespace}


def test_the_report_says_that_argo_cd_must_be_there() -> None:
    assert "delivery/argo-cd/project.yaml" in made(**CHOSEN)[1]["report/report.md"]
    assert "argo-cd" not in made()[1]["report/report.md"]


def test_without_a_repository_there_is_no_application() -> None:
    snapshot, _ = estate("rollout/daemon.yaml")
    target = convert({"delivery": "argo-cd"})
    translation = translate(snapshot, target)
    assert "repository-not-known" in {finding.slug for finding in translation.findings}
    assert not [path for path in files_of(translation, target) if "argo-cd" in path]


@pytest.mark.parametrize("name", ["microservices", "three-tier", "rollouts/codedeploy-canary.yaml"])
def test_the_runbook_names_objects_that_there_are(name: str) -> None:
    bundle, files = made(name)
    text = files["delivery/RUNBOOK.md"]
    there = {(r.namespace, r.kind.lower(), r.name) for r in (ObjectRef.of(m) for m in bundle.manifests)}
    named = set(re.findall(r"kubectl -n (\S+) [^\n`]*?\b(deployment|daemonset|cronjob|job)/([a-z0-9.-]+)", text))
    assert named <= there
    assert named or any(kind == "rollout" for _, kind, _ in there)
    owners = {(space, name) for space, kind, name in there if kind in ("deployment", "daemonset")}
    assert {tuple(heading.split("/")) for heading in re.findall(r"^### (\S+)$", text, re.MULTILINE)} == owners
    for tree in re.findall(r"kubectl (?:apply|diff) --server-side --field-manager=ecs2k8s -k (\S+)", text):
        assert f"{tree}/kustomization.yaml" in files
