"""Every leaf has a class of risk that somebody chose for it."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.compare.changes import Risk
from ecs2k8s.compare.risks import ANYTHING, blockers, blocking, classes, is_classed, may_be_hidden, risk, table
from ecs2k8s.compare.schema import _published
from ecs2k8s.core.fields import tables
from ecs2k8s.core.paths import Path, leaves
from ecs2k8s.pipeline import translate
from tests.estates import SAMPLES, estate
from tests.everything import everything

WITHOUT_REST = (
    "Pod",
    "Container",
    "Deployment",
    "DaemonSet",
    "ecs.TaskDefinition",
    "ContainerDefinition",
    "ecs.Service",
)


def unclassed(shape: str, value: Any) -> set[str]:
    return {f"{shape} {'.'.join(map(str, path))}" for path, _ in leaves(value) if not is_classed(shape, path)}


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_leaf_of_a_sample_has_a_class(sample: str) -> None:
    snapshot, target = estate(sample)
    found: set[str] = set()
    for document in snapshot.documents:
        found |= unclassed(document.shape, document.data)
    for placed in translate(snapshot, target).bundle.everything:
        found |= unclassed(placed.manifest["kind"], placed.manifest)
    assert found == set()


def test_every_leaf_of_what_else_can_be_read_has_a_class() -> None:
    found = [unclassed(document.shape, document.data) for document in everything()]
    assert set().union(*found) == set()


def test_every_field_that_a_table_knows_has_a_class() -> None:
    rows = [(shape, key) for shape, fields in tables().items() for key in fields.rows if not key[-1].startswith("*")]
    assert [
        f"{shape} {key}" for shape, key in rows if not is_classed(shape, [step for step in key if step != "[]"])
    ] == []


@pytest.mark.parametrize(("name", "shape", "prefix"), [("PodSpec", "Pod", ("spec",)), ("Container", "Container", ())])
def test_every_field_of_a_pod_in_the_published_schema_has_a_class(name: str, shape: str, prefix: Path) -> None:
    published, _ = _published("1.34")
    (definition,) = [each for key, each in published.items() if key.endswith(f".core.v1.{name}")]
    fields = definition["properties"]
    assert len(fields) > 20
    assert [field for field in fields if not is_classed(shape, (*prefix, field))] == []


@pytest.mark.parametrize("shape", WITHOUT_REST)
def test_a_field_that_nobody_classed_is_found_out(shape: str) -> None:
    assert not is_classed(shape, ("spec", "unheardOf") if "." not in shape and shape != "Container" else ("unheardOf",))
    assert risk(shape, ("unheardOf",)) is Risk.IDENTITY


def test_what_nobody_heard_of_is_read_first() -> None:
    assert table()[ANYTHING] == {Risk.IDENTITY: [""]}
    assert risk("Unheard", ("spec", 0, "of")) is Risk.IDENTITY
    assert risk("Unheard", ("metadata", "labels", "a")) is Risk.METADATA


def test_every_class_is_used() -> None:
    assert {about for found in table().values() for about in found} == set(Risk)


@pytest.mark.parametrize(
    ("shape", "path", "about"),
    [
        ("Deployment", ("spec", "template", "spec", "initContainers", 0, "image"), Risk.IMAGE),
        ("CronJob", ("spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "env"), Risk.COMMAND),
        (
            "Deployment",
            ("spec", "template", "spec", "containers", 0, "env", 0, "valueFrom", "secretKeyRef", "name"),
            Risk.SECRETS,
        ),
        ("Deployment", ("spec", "replicas"), Risk.SCALING),
        ("Ingress", ("metadata", "annotations", "alb.ingress.kubernetes.io/actions.x", "forwardConfig"), Risk.TRAFFIC),
        ("Ingress", ("metadata", "annotations", "alb.ingress.kubernetes.io/security-groups"), Risk.NETWORK),
        ("ecs.Service", ("deployments", 0, "networkConfiguration", "awsvpcConfiguration", "subnets"), Risk.NETWORK),
        ("ecs.TaskDefinition", ("containerDefinitions", 0, "image"), Risk.IMAGE),
        ("elbv2.Rule", ("Actions", 0, "AuthenticateOidcConfig", "Issuer"), Risk.IDENTITY),
        ("iam.RolePolicy", ("PolicyDocument", "Statement", "Action"), Risk.IDENTITY),
    ],
)
def test_the_deepest_row_decides(shape: str, path: Path, about: Risk) -> None:
    assert risk(shape, path) is about


def test_blocking_places_lie_in_classes_that_do_not_block_as_a_whole() -> None:
    """Else their rows say nothing."""
    assert blockers().classes == {Risk.IDENTITY, Risk.IMAGE, Risk.COMMAND, Risk.SECRETS}
    for shape, places in blockers().places.items():
        assert shape in classes().roots, shape
        for place in places:
            assert blocking().covering(shape, tuple(place.split("."))) or "[" in place
    assert may_be_hidden("Deployment", ("spec", "replicas"), Risk.SCALING)
    assert not may_be_hidden("Service", ("spec", "ports", 0, "port"), Risk.NETWORK)
