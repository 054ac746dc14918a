"""A diff has a row for each leaf that differs, and none for what is only written differently."""

from __future__ import annotations

import json
from datetime import date
from math import inf, nan
from typing import Any

import pytest

from ecs2k8s.compare.changes import Action, Change, Diff, Leaf, Masked, Risk, Row, Status
from ecs2k8s.compare.differ import rows
from ecs2k8s.core.key_paths import parse_keys


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


ACTIONS = "alb.ingress.kubernetes.io/actions.web"


@pytest.mark.parametrize(
    ("shape", "one", "other"),
    [
        ("ConfigMap", {"data": {"a.json": '{"a": 1}'}}, {"data": {"a.json": {"a": 1}}}),
        ("ConfigMap", {"data": {"a.json": "[1]"}}, {"data": {"a.json": "[1.0]"}}),
        ("Ingress", {"metadata": {"annotations": {ACTIONS: "{}"}}}, {"metadata": {"annotations": {ACTIONS: {}}}}),
        (
            "Pod",
            {"spec": {"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["db"]}, {"ip": "2.2.2.2", "hostnames": ["db"]}]}},
            {"spec": {"hostAliases": [{"ip": "2.2.2.2", "hostnames": ["db"]}, {"ip": "1.1.1.1", "hostnames": ["db"]}]}},
        ),
    ],
)
def test_what_the_api_server_or_a_reader_tells_apart_is_never_equal(shape: str, one: Any, other: Any) -> None:
    (row,) = rows(one, other, shape)
    assert row.status is Status.CHANGED


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
    assert row.because == "not shown, as it looks like a secret"


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


DIFFERENT = [
    1,
    True,
    1.5,
    "1",
    "true",
    "",
    "null",
    None,
    nan,
    inf,
    -inf,
    [],
    {},
    [[]],
    [{}],
    [1],
    ["1"],
    {"a": 1},
    {"a": "1"},
]
DIFFERENT += [
    date(2025, 1, 1),
    "2025-01-01",
    10**400,
    -1,
    0,
    False,
    "0",
    "\ud800",
    "\udfff",
    "é",
    "e\u0301",
    "a\x00",
    [1, 2],
    [2, 1],
]


@pytest.mark.parametrize(
    "place", ["Unheard spec", "Container image", "Service metadata.annotations", "ec2.SecurityGroup Tags"]
)
def test_odd_values_are_equal_to_themselves_only_and_every_row_is_json(place: str) -> None:
    shape, _, path = place.partition(" ")
    for before in DIFFERENT:
        for after in DIFFERENT:
            one, other = ({"at": {path: side}, path: side} for side in (before, after))
            found = rows(one, other, shape)
            assert bool(found) is (before is not after), (before, after)
            plain = Diff("drift", "", "", (Change("a", Action.UPDATE, found),)).plain()
            json.dumps(plain, allow_nan=False)


def test_two_items_of_one_name_are_two() -> None:
    one = deployment({"name": "web", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]})
    other = deployment({"name": "web", "env": [{"name": "A", "value": "1"}]})
    (name, value) = rows(one, other, "Deployment")
    path = "spec.template.spec.containers[name=web].env[name=A#1]"
    assert [(row.path, row.status) for row in (name, value)] == [
        (f"{path}.name", Status.REMOVED),
        (f"{path}.value", Status.REMOVED),
    ]


def test_the_order_of_init_containers_is_a_leaf_of_its_own() -> None:
    def pod(*names: str) -> dict[str, Any]:
        return {"spec": {"initContainers": [{"name": name, "image": f"{name}:1"} for name in names]}}

    assert rows(pod("a", "b"), pod("b", "a"), "Pod") == (
        changed("spec.initContainers", Risk.COMMAND, ["[name=a]", "[name=b]"], ["[name=b]", "[name=a]"]),
    )
    assert {row.path for row in rows(pod("a", "b"), pod("a", "x", "b"), "Pod")} == {
        "spec.initContainers[name=x].name",
        "spec.initContainers[name=x].image",
    }


def test_variables_that_refer_to_others_have_an_order() -> None:
    def env(*pairs: tuple[str, str]) -> dict[str, Any]:
        return deployment({"name": "web", "env": [{"name": name, "value": value} for name, value in pairs]})

    assert rows(env(("A", "1"), ("B", "2")), env(("B", "2"), ("A", "1")), "Deployment") == ()
    (row,) = rows(env(("A", "1"), ("B", "$(A)")), env(("B", "$(A)"), ("A", "1")), "Deployment")
    assert row.path == "spec.template.spec.containers[name=web].env"


def test_one_more_item_of_a_list_in_order_is_one_difference() -> None:
    def route(*hosts: str) -> dict[str, Any]:
        return {"spec": {"rules": [{"host": host} for host in hosts]}}

    (row,) = rows(route("a", "b", "c"), route("x", "a", "b", "c"), "Ingress")
    assert (row.path, row.status) == ("spec.rules[0].host", Status.ADDED)


def test_rows_say_what_is_other_about_names_that_are_nearly_the_same() -> None:
    role = "arn:aws:iam::111122223333:role/web"
    (row,) = rows({"taskRoleArn": role}, {"taskRoleArn": role.replace("1111", "4444")}, "ecs.TaskDefinition")
    assert row.because == "another account"
    one, other = (
        deployment({"name": "w", "image": f"web:1@sha256:{'a' * 64}"}),
        deployment({"name": "w", "image": f"web:2@sha256:{'b' * 64}"}),
    )
    (row,) = rows(one, other, "Deployment")
    assert row.because == "another tag and digest"


def test_the_name_of_an_image_is_no_secret() -> None:
    (row,) = rows(
        deployment({"name": "w", "image": "shop/token:1.2.3"}),
        deployment({"name": "w", "image": "shop/token:1.2.4"}),
        "Deployment",
    )
    assert row.before == Leaf("shop/token:1.2.3")


@pytest.mark.parametrize(
    "key", ["__class__", "_a", "", " ", "a.b", "[0]", 'q"uote', "root", "é\n", "0", "[#0]", "name=x"]
)
def test_odd_keys_are_found_and_their_paths_parsed(key: str) -> None:
    (row,) = rows({"spec": {key: {"x": 1}, "same": 1}}, {"spec": {key: {"x": 2}, "same": 1}}, "Unheard")
    assert parse_keys(row.path) == ("spec", key, "x")


def test_a_text_that_became_a_map_is_one_row_with_both() -> None:
    (row,) = rows({"spec": {"a": "1"}}, {"spec": {"a": {"b": [{"c": 1}]}}}, "Unheard")
    assert (row.path, row.status) == ("spec.a", Status.CHANGED)
    assert (row.before, row.after) == (Leaf("1"), Leaf({"b": [{"c": 1}]}))


def test_a_text_that_became_a_map_shows_no_secret_of_the_map() -> None:
    (row,) = rows({"spec": {"a": "1"}}, {"spec": {"a": {"b": [{"url": "http://me:hunter22@db/"}]}}}, "Unheard")
    assert (row.before, row.after) == (Leaf(Masked(same=False)), Leaf(Masked(same=False)))
