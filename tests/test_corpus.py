"""Public ECS files and the samples through the whole line, for each Kubernetes version and kind of compute."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from ecs2k8s.collect import files
from ecs2k8s.compare import schema
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.findings import catalogue, rank
from ecs2k8s.core.paths import leaves, show
from ecs2k8s.core.target import Version, convert
from ecs2k8s.pipeline import translate
from tests.estates import SAMPLES, estate

CORPUS = os.environ.get("ECS2K8S_CORPUS", "")
FOLDERS = ("task-definitions", "services", "container-definitions", "elbv2")
ECS = "arn:aws:ecs:us-west-2:123456789012"
TARGET_GROUP = re.compile(rb'arn:aws[a-z-]*:elasticloadbalancing:[^"]*:targetgroup/[^"]+')
VERSIONS = get_args(Version)
COMPUTE = ("existing", "karpenter", "fargate", "auto-mode")
# Keys of public files that no read API of ECS has: misspelt, of other systems, or never published.
UNKNOWN = {
    "Weight",
    "taskkDefinition",
    "portBindings",
    "domainname",
    "inferenceDevices",
    "readOnly",
    "artifacts",
    "_comment",
}
# What the API server refuses although it was translated; each is said as an error.
REFUSED = {"image-missing": "image: is missing"}
corpus = pytest.mark.skipif(not CORPUS, reason="ECS2K8S_CORPUS names no folder of public task definitions")
validating = pytest.mark.skipif(not schema.available(), reason="the extra `validate` is not installed")


def public_files() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (Path(CORPUS) / folder).glob("*")) if CORPUS else []


@cache
def snapshots() -> dict[str, Snapshot]:
    found = {}
    for path in public_files():
        try:
            found[path.name] = files.read([str(path)])
        except SnapshotError:
            continue  # tests/unit/collect/test_corpus.py says which and why
    return found


@corpus
def test_every_leaf_of_a_public_file_has_a_verdict_with_a_reason() -> None:
    for name, snapshot in snapshots().items():
        ledger = translate(snapshot, convert({})).ledger
        assert len(ledger.entries) == sum(1 for document in snapshot.documents for _ in leaves(document.data)), name
        for entry in ledger.entries:
            place = (name, show(entry.path))
            assert "unread-field" not in entry.slugs, place
            assert entry.fidelity.value == "exact" or entry.because, place
            if "unknown-field" in entry.slugs:
                assert UNKNOWN & {str(step) for step in entry.path}, place
            quiet = {slug for slug in entry.slugs if catalogue()[slug].whole or catalogue()[slug].ledger_only}
            declared = set(entry.row.notes) if entry.row else {"unknown-field"}
            assert set(entry.slugs) - quiet <= declared, place


@corpus
@validating
@pytest.mark.parametrize("version", VERSIONS)
def test_what_public_files_become_is_valid(version: str) -> None:
    for name, snapshot in snapshots().items():
        for compute in COMPUTE:
            made = translate(
                snapshot, convert({"kubernetes_version": version, "compute": compute, "background": "eks"})
            )
            said = {finding.slug for finding in made.findings}
            allowed = [text for slug, text in REFUSED.items() if slug in said]
            problems = [
                p for p in schema.problems(made.bundle.manifests, version) if not any(text in p for text in allowed)
            ]
            assert problems == [], (name, compute)


@corpus
@validating
@pytest.mark.parametrize("routing", ["ingress", "gateway", "existing-alb"])
def test_public_load_balancers_with_a_service_behind_each_target_group(routing: str) -> None:
    """Examples of documentation are read in part; what is missing of a load balancer is said, and nothing guessed."""
    read = files.read([str(Path(CORPUS) / "elbv2")]).documents
    named = sorted(
        {arn.decode() for document in read for arn in TARGET_GROUP.findall(msgspec.json.encode(document.data))}
    )
    behind = [document for number, arn in enumerate(named) for document in _service(f"s{number}", arn)]
    made = translate(Snapshot((*read, *behind)), convert({"routing": routing}))
    assert schema.problems(made.bundle.manifests, "1.34") == []
    assert not any("unread-field" in entry.slugs for entry in made.ledger.entries)
    errors = {finding.subject for finding in made.findings if catalogue()[finding.slug].severity == "error"}
    if routing != "existing-alb":
        assert made.proofs
    for proof in made.proofs:
        assert proof.holds or errors & {item.document.id for item in proof.routing.balancer.items}


def _service(name: str, group: str) -> list[Document]:
    definition, arn = f"{ECS}:task-definition/{name}:1", f"{ECS}:service/c/{name}"
    container = {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080}]}
    task = {"taskDefinitionArn": definition, "family": name, "revision": 1, "containerDefinitions": [container]}
    its: dict[str, Any] = {"serviceArn": arn, "serviceName": name, "clusterArn": f"{ECS}:cluster/c", "status": "ACTIVE"}
    its |= {"desiredCount": 1, "taskDefinition": definition}
    its["loadBalancers"] = [{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}]
    return [Document("ecs.TaskDefinition", definition, task), Document("ecs.Service", arn, its)]


@corpus
def test_all_public_files_together_are_translated() -> None:
    snapshot = files.read([str(Path(CORPUS) / folder) for folder in FOLDERS])
    made = translate(snapshot, convert({}))
    assert len(made.ledger.entries) == sum(1 for document in snapshot.documents for _ in leaves(document.data))
    assert len(made.translated) > 100
    assert list(made.findings) == sorted(made.findings, key=rank)


@validating
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_samples_become_is_valid(name: str, version: str) -> None:
    snapshot, _ = estate(name)
    for compute in COMPUTE:
        target = convert({"kubernetes_version": version, "compute": compute})
        assert schema.problems(translate(snapshot, target).bundle.manifests, version) == [], compute
