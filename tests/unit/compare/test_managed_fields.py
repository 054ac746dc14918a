"""Who owns which field, read from fieldsV1, and where the fields are that the API server names."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.compare.conflicts import Conflict, at, claimed, conflicts, without
from ecs2k8s.compare.managed_fields import Manager, located, owners
from ecs2k8s.core.paths import Path, leaves

NAMES = st.sampled_from(["a", "b", "app.kubernetes.io/name", "app", "kubernetes", "x[0]", "k=v"])
SCALARS = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", 'q"u', "é\n", "80", "true"]))
ITEMS = st.lists(st.fixed_dictionaries({"name": st.text("abc", max_size=2), "value": SCALARS}), max_size=3)
SETS = st.lists(st.text('ab"', min_size=1, max_size=2), max_size=3, unique=True)


def unique(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({item["name"]: item for item in items}.values())


OBJECTS = st.recursive(
    st.one_of(SCALARS, ITEMS.map(unique), SETS),
    lambda below: st.dictionaries(NAMES, below, max_size=3),
    max_leaves=8,
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(st.text(), below, max_size=3)),
    max_leaves=10,
)


def key(step: Any, value: Any) -> str:
    """A step as fieldsV1 writes it: structured-merge-diff, fieldpath/serialize-pe.go."""
    if isinstance(step, str):
        return f"f:{step}"
    item = value[step]
    return "k:" + json.dumps({"name": item["name"]}) if isinstance(item, dict) else "v:" + json.dumps(item)


def named(step: Any, value: Any) -> str:
    """A step as a conflict writes it: fieldpath/element.go. Go and JSON quote these characters alike."""
    if isinstance(step, str):
        return f".{step}"
    item = value[step]
    quoted = json.dumps(item["name"] if isinstance(item, dict) else item, ensure_ascii=False)
    return f"[name={quoted}]" if isinstance(item, dict) else f"[={quoted}]"


def written(paths: list[Path], value: Any) -> dict[str, Any]:
    """fieldsV1 for *paths* of *value*."""
    fields: dict[str, Any] = {}
    for path in paths:
        node, inner = fields, value
        for step in path:
            node = node.setdefault(key(step, inner), {})
            inner = inner[step]
    return fields


def spelt(path: Path, value: Any) -> str:
    text = ""
    for step in path:
        text += named(step, value)
        value = value[step]
    return text


@given(value=OBJECTS, data=st.data())
def test_each_manager_owns_what_fields_v1_names_and_nothing_else(value: Any, data: st.DataObject) -> None:
    value = {"spec": value}
    paths = [path for path, _ in leaves(value)]
    mine = data.draw(st.lists(st.sampled_from(paths), unique=True))
    entry = {"manager": "ann", "operation": "Apply", "fieldsV1": written(mine, value)}
    found = owners(value | {"metadata": {"managedFields": [entry]}})
    assert {path for path in paths if found.of(path)} == set(mine)
    assert {manager for path in mine for manager in found.of(path)} <= {Manager("ann", "Apply")}


def test_an_item_is_owned_without_what_others_set_in_it() -> None:
    item: dict[str, Any] = {"k:" + json.dumps({"name": "web"}): {".": {}, "f:image": {}}}
    entry = {"manager": "ann", "operation": "Update", "subresource": "scale", "fieldsV1": {"f:c": item, "f:all": {}}}
    live = {"c": [{"name": "web", "image": "i", "args": ["a"]}], "all": {"below": 1}}
    found = owners(live | {"metadata": {"managedFields": [entry]}})
    (manager,) = found.of(("c", 0))
    assert str(manager) == "ann (scale)"
    assert found.of(("c", 0, "image")) == (manager,)
    assert found.of(("c", 0, "args", 0)) == ()
    assert found.of(("all", "below")) == (manager,)


@given(value=OBJECTS)
def test_a_field_is_found_by_the_name_that_a_conflict_gives_it(value: Any) -> None:
    for path, _ in leaves(value):
        text = spelt(path, value)
        found = located(text, value)
        assert found is not None
        assert spelt(found, value) == text  # names with dots may be read in more than one way


def test_a_key_that_the_server_fills_in_may_be_missing_in_the_file() -> None:
    ports = {"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]}
    assert located('.ports[containerPort=53,protocol="TCP"].containerPort', ports) == ("ports", 1, "containerPort")
    assert located('.ports[containerPort=53,protocol="UDP"].containerPort', ports) == ("ports", 0, "containerPort")
    assert located('.ports[containerPort=54,protocol="UDP"]', ports) is None


@given(fields=JSON, value=JSON, text=st.text())
def test_whatever_a_server_says_is_read_or_owns_nothing(fields: Any, value: Any, text: str) -> None:
    live = value if isinstance(value, dict) else {"spec": value}
    owners(live | {"metadata": {"managedFields": [{"fieldsV1": fields}, fields]}})
    place = located(text, value)
    assert place is None or isinstance(json.dumps(at(value, place)), str)  # it is there
    assert isinstance(conflicts({"details": {"causes": fields}}), tuple)


@given(value=OBJECTS, data=st.data())
def test_what_is_left_without_fields_in_conflict_is_all_the_rest(value: Any, data: st.DataObject) -> None:
    value = {"spec": value}
    paths = [path for path, _ in leaves(value)]
    chosen = data.draw(st.lists(st.sampled_from(paths), unique=True))
    found = [Conflict(spelt(path, value), "ann") for path in chosen]
    gone = {located(one.field, value) for one in found}
    rest = without(value, found)
    kept = [leaf for path, leaf in leaves(value) if path not in gone]
    assert [leaf for _, leaf in leaves(rest) if leaf not in ({}, [])] == [leaf for leaf in kept if leaf not in ({}, [])]
    assert all(at(claimed(value, value, found), path) == at(value, path) for path in paths)


def test_managers_are_read_as_the_server_prints_them() -> None:
    causes = [
        {"reason": "FieldManagerConflict", "message": message, "field": ".a"}
        for message in (
            'conflict with "ann"',
            'conflict with "ann" using v1 at 2026-01-01T00:00:00Z',
            'conflict with "kube-controller-manager" with subresource "scale" using apps/v1',
            "something new",
        )
    ]
    found = conflicts({"details": {"causes": [*causes, {"reason": "Other"}, None]}})
    assert [one.manager for one in found] == ["ann", "ann", "kube-controller-manager (scale)", "something new"]
