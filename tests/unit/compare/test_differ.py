"""A diff has a row for each leaf that differs, and none for what is only written differently."""

from __future__ import annotations

from typing import Any

from ecs2k8s.compare.changes import Leaf, Masked, Risk, Row, Status
from ecs2k8s.compare.differ import rows


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "x"},
        "spec": {"template": {"spec": {"containers": list(containers)}}},
    }


def changed(path: str, risk: Risk, before: Any, after: Any, because: str = "") -> Row:
    return Row(path, Status.CHANGED, risk, Leaf(before), Leaf(after), because)


def test_a_container_is_found_by_its_name_wherever_it_stands() -> None:
    one = deployment({"name": "web", "image": "shop/web:1"}, {"name": "log", "image": "log:1"})
    other = deployment({"name": "log", "image": "log:1"}, {"name": "web", "image": "shop/web:2"})
    image = "spec.template.spec.containers[name=web].image"
    assert rows(one, other, "Deployment") == (changed(image, Risk.IMAGE, "shop/web:1", "shop/web:2", "another tag"),)


def test_an_object_that_is_not_there_has_all_leaves_added() -> None:
    found = rows(None, {"kind": "ConfigMap", "data": {"A": "1", "B": "2"}}, "ConfigMap")
    assert [(row.path, row.status, row.before) for row in found] == [
        ("data.A", Status.ADDED, None),
        ("data.B", Status.ADDED, None),
        ("kind", Status.ADDED, None),
    ]


def test_of_a_command_the_secret_alone_is_hidden() -> None:
    one = deployment({"name": "web", "args": ["--password", "hunter22", "-v"]})
    other = deployment({"name": "web", "args": ["--password", "hunter23", "-q"]})
    (row,) = rows(one, other, "Deployment")
    assert row.before == Leaf(["--password", str(Masked(same=False)), "-v"])
    assert row.after == Leaf(["--password", str(Masked(same=False)), "-q"])
    assert row.because == "it looks like a secret"


def test_values_of_variables_are_shown_when_asked_for_and_secrets_never() -> None:
    one = deployment(
        {"name": "web", "env": [{"name": "COLOUR", "value": "red"}, {"name": "DB_PASSWORD", "value": "red"}]}
    )
    other = deployment(
        {"name": "web", "env": [{"name": "COLOUR", "value": "blue"}, {"name": "DB_PASSWORD", "value": "blue"}]}
    )
    differs = Leaf(Masked(same=False))
    assert [(row.before, row.after) for row in rows(one, other, "Deployment")] == [(differs, differs)] * 2
    shown = rows(one, other, "Deployment", show_values=True)
    assert [(row.before, row.after) for row in shown] == [(Leaf("red"), Leaf("blue")), (differs, differs)]


def test_an_origin_is_asked_for_the_place_in_its_own_side() -> None:
    one, other = deployment({"name": "a", "image": "x:1"}), deployment({"name": "b"}, {"name": "a", "image": "x:2"})
    (row,) = [row for row in rows(one, other, "Deployment", origin_before=str, origin_after=str) if row.before]
    assert row.before
    assert row.after
    assert row.before.origin == "('spec', 'template', 'spec', 'containers', 0, 'image')"
    assert row.after.origin == "('spec', 'template', 'spec', 'containers', 1, 'image')"
