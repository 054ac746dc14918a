"""D1 over all estates: every leaf of ECS and every leaf of a manifest has a status, and a rule that explains it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.compare.causes import catalogue
from ecs2k8s.compare.changes import Diff, Status
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.manifests import Bundle, ObjectRef
from ecs2k8s.core.paths import leaves, show
from ecs2k8s.pipeline import translate
from ecs2k8s.report.translated import by_workload, translated_changes
from tests.estates import ESTATES, SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.compare.changes import Change, Row
    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.paths import Path


def at(placed: Placed, path: Path) -> str:
    return f"{placed.tree} {ObjectRef.of(placed.manifest)} {show(path)}"


def rows(changes: tuple[Change, ...]) -> list[Row]:
    return [row for change in changes for row in change.rows]


def unknown(translation: Translation) -> list[str]:
    return [row.path for row in rows(translated_changes(translation)) if row.status is Status.UNKNOWN]


@pytest.mark.parametrize("name", ESTATES)
def test_every_leaf_of_both_sides_has_a_row_and_a_rule(name: str) -> None:
    translation = translate(*estate(name))
    changes = translated_changes(translation, origin=at)
    found = rows(changes)
    entries = {f"{entry.document.id} {show(entry.path)}": entry for entry in translation.ledger.entries}
    lines = {at(placed, path) for placed in translation.bundle.everything for path, _ in leaves(placed.manifest)}
    assert {row.before.origin for row in found if row.before} == entries.keys()
    assert {row.after.origin for row in found if row.after} == lines
    assert sum(row.after is not None for row in found) == len(lines)  # a line of a manifest comes from one field
    new = [row for row in found if row.status is Status.UNKNOWN]
    assert {row.before.origin for row in new if row.before} == {
        at for at, entry in entries.items() if "unknown-field" in entry.slugs
    }
    assert not [row for row in new if row.after]
    assert not [row.path for row in found if row not in new and not (row.because and row.rule)]
    assert {row.cause for row in found} <= {"", *catalogue()}
    diff = Diff("translate", "", "", changes)
    assert sum(diff.totals.values()) == len(found)
    assert diff.unexplained == len(new)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_nobody_carries_exactly_is_always_shown(name: str) -> None:
    translation = translate(*estate(name))
    shown = {row.before.origin for row in rows(translated_changes(translation)) if row.before and not row.explained}
    lost = {
        f"{entry.document.id} {show(entry.path)}"
        for entry in translation.ledger.entries
        if entry.fidelity.value in {"approximated", "manual"} and not any(_is_whole(slug) for slug in entry.slugs)
    }
    assert lost <= shown


def _is_whole(slug: str) -> bool:
    from ecs2k8s.core.findings import catalogue as findings

    return findings()[slug].whole


def test_one_field_that_no_table_knows_is_one_unknown_row() -> None:
    snapshot, target = estate("three-tier")
    definition = snapshot.of("ecs.TaskDefinition")[0]
    data: dict[str, Any] = copy.deepcopy(definition.data)
    data["containerDefinitions"][0]["brandNew"] = {"setting": 7}
    others = tuple(document for document in snapshot.documents if document is not definition)
    planted = Snapshot((*others, Document(definition.shape, definition.id, data)), taken=snapshot.taken)
    before, after = unknown(translate(snapshot, target)), unknown(translate(planted, target))
    name = data["containerDefinitions"][0]["name"]
    assert (before, after) == ([], [f"containerDefinitions[name={name}].brandNew.setting"])


def test_one_line_that_nothing_asked_for_is_one_unknown_row() -> None:
    translation = translate(*estate("three-tier"))
    placed = next(p for p in translation.bundle.objects if p.manifest["kind"] == "Deployment")
    manifest = copy.deepcopy(placed.manifest)
    manifest["spec"]["template"]["spec"]["priority"] = 5
    others = (each for each in translation.bundle.everything if each is not placed)
    stray = replace(translation, bundle=Bundle.of((*others, replace(placed, manifest=manifest))))
    assert unknown(stray) == ["spec.template.spec.priority"]


def found_of(name: str, subject: str) -> dict[str, Row]:
    changes = translated_changes(translate(*estate(name)))
    return {row.path: row for change in changes if change.subject == subject for row in change.rows}


CONTAINER = "spec.template.spec.containers[name=backend]"


@pytest.mark.parametrize(
    ("subject", "path", "field", "status"),
    [
        ("Deployment/shop/backend", f"{CONTAINER}.image", "containerDefinitions[1].image", "mapped"),
        ("Deployment/shop/backend", f"{CONTAINER}.args[1]", "containerDefinitions[1].command[1]", "same"),
        ("Deployment/shop/backend", f"{CONTAINER}.resources.limits.memory", "containerDefinitions[1].memory", "mapped"),
        (
            "Deployment/shop/backend",
            f"{CONTAINER}.env[name=DB_PASSWORD].valueFrom.secretKeyRef.key",
            "containerDefinitions[1].secrets[0].valueFrom",
            "mapped",
        ),
        (
            "Deployment/shop/backend",
            f"{CONTAINER}.livenessProbe.exec.command[0]",
            "containerDefinitions[1].healthCheck.command[1]",
            "mapped",
        ),
        ("Deployment/shop/backend", "spec.replicas", "desiredCount", "same"),
        ("Deployment/shop/backend", f"{CONTAINER}.imagePullPolicy", "", "added"),
        ("Service/shop/backend", "metadata.namespace", "", "added"),
        ("HorizontalPodAutoscaler/shop/frontend", "spec.maxReplicas", "MaxCapacity", "same"),
        (
            "NetworkPolicy/shop/sg-0a1b2c3d4e5f60002",
            "spec.ingress[0].from[0].ipBlock.cidr",
            "CidrBlock",
            "mapped",
        ),
    ],
)
def test_a_line_names_the_field_that_it_came_from(subject: str, path: str, field: str, status: str) -> None:
    row = found_of("three-tier", subject)[path]
    assert (row.status, row.before.origin.rpartition(" ")[2] if row.before else "") == (status, field)


def test_a_document_of_several_workloads_stands_with_each() -> None:
    translation = translate(*estate("three-tier"))
    changes = translated_changes(translation)
    found = by_workload(changes)
    cluster = next(change for change in changes if change.shape == "ecs.Cluster")
    assert {w.folder for w in translation.translated} <= found.keys()
    assert all(cluster in found[name] for name in cluster.workload.split(", "))
    assert len(cluster.workload.split(", ")) > 1


def test_what_blocks_comes_first_and_then_the_order_of_risk() -> None:
    for name in SAMPLES:
        changes = translated_changes(translate(*estate(name)))
        blocking = [any(row.blocks for row in change.rows) for change in changes]
        assert blocking == sorted(blocking, reverse=True)
        for change in changes:
            ranks = [(not row.blocks, row.risk.rank) for row in change.rows]
            assert ranks == sorted(ranks)


def test_values_of_environment_are_in_no_row() -> None:
    found = found_of("three-tier", "Deployment/shop/backend")
    values = [row for path, row in found.items() if path.endswith(".value") and ".env[" in path]
    assert values
    assert all(row.masked_same is not None for row in values)


def test_each_cause_of_a_translation_explains_rows_of_a_sample() -> None:
    used = {row.cause for name in SAMPLES for row in rows(translated_changes(translate(*estate(name))))}
    assert used - {""} == {ident for ident, cause in catalogue().items() if cause.by == "compare.translated"}
