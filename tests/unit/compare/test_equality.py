"""Each row of mappings/equality.yaml, at each of its places: what it makes equal, and what it must not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.equality import Rule, patterns, rules
from ecs2k8s.compare.patterns import Patterns, steps, written
from ecs2k8s.compare.values import FORMS, PARSED
from ecs2k8s.core.errors import MappingError
from tests.equal_values import SPELLINGS, VALUES, at, told

PLACES = [
    pytest.param(ident, shape, place, id=f"{ident} {shape} {place}")
    for ident, rule in rules().items()
    for shape, places in rule.places.items()
    for place in places
]


def aspects(rule: Rule) -> list[str]:
    return [aspect for aspect in ("items", "value", "empty") if getattr(rule, aspect)]


def wrong(shape: str, place: str, one: Any, other: Any, *, equal: bool) -> list[str]:
    found = rows(at(place, one), at(place, other), shape)
    return [f"{told(one)} and {told(other)}: {[row.path for row in found]}"] if bool(found) is equal else []


@pytest.mark.parametrize("ident", rules())
def test_a_row_makes_equal_what_it_says_and_nothing_else(ident: str) -> None:
    rule = rules()[ident]
    shape, places = next(iter(rule.places.items()))
    pairs = [pair for aspect in aspects(rule) for pair in VALUES[aspect](rule)]
    assert {equal for *_, equal in pairs} == {True, False}
    assert [line for one, other, equal in pairs for line in wrong(shape, places[0], one, other, equal=equal)] == []


@pytest.mark.parametrize(("ident", "shape", "place"), PLACES)
def test_a_row_holds_at_each_of_its_places(ident: str, shape: str, place: str) -> None:
    rule = rules()[ident]
    for aspect in aspects(rule):
        pairs = [pair for pair in VALUES[aspect](rule) if pair[0] != pair[1]]
        for expected in (True, False):
            one, other, equal = next(pair for pair in pairs if pair[2] is expected)
            assert wrong(shape, place, one, other, equal=equal) == []
            assert wrong(shape, place, other, one, equal=equal) == []


def test_every_form_of_a_value_has_spellings_and_every_one_is_used() -> None:
    used = {rule.value for rule in rules().values() if rule.value}
    assert used == FORMS.keys() | set(PARSED) == SPELLINGS.keys()


def test_every_row_says_who_says_so() -> None:
    assert [ident for ident, rule in rules().items() if not rule.see.startswith("https://") or not rule.text] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"items": "keyed"}, "`by` goes with"),
        ({"by": ["name"]}, "`by` goes with"),
        ({}, "says nothing"),
        ({"items": "heap"}, "Invalid enum value"),
        ({"empty": True, "colour": "red"}, "unknown field"),
    ],
)
def test_a_row_that_is_wrong_is_refused(change: dict[str, Any], says: str) -> None:
    import msgspec

    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert({"text": "a", "see": "b", "places": {}} | change, Rule)


def test_a_place_with_two_rows_of_a_kind_is_refused() -> None:
    with pytest.raises(MappingError, match="stands twice"):
        Patterns([("Pod", "spec.a", 1), ("Pod", "spec.a", 2)])


@pytest.mark.parametrize("pattern", ["a..b", "a[0]", 'a["b', "a b"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(MappingError, match="is no pattern"):
        steps(pattern)


def test_patterns_are_read_as_they_are_written() -> None:
    for _, shape, place in (parameter.values for parameter in PLACES):
        assert steps(written(steps(str(place)))) == steps(str(place)), shape


def test_the_most_specific_pattern_decides() -> None:
    made: Patterns[int] = Patterns(
        [
            ("Kubernetes", "metadata", 1),
            ("Pod", "spec.*", 2),
            ("Pod", "spec.a*", 3),
            ("Pod", "spec.ab", 4),
            ("Deployment", "", 5),
        ]
    )
    pod = ("spec", "template")
    found = [made.covering("Deployment", (*pod, "spec", name)) for name in ("x", "ax", "ab", "abc")]
    assert found == [2, 3, 4, 3]
    assert made.covering("Deployment", ("metadata", "name")) == 1
    assert made.covering("Deployment", ("spec", "replicas")) == 5
    assert made.covering("Unheard", ("spec",)) is None


def test_lists_that_the_api_server_merges_by_key_are_keyed_here(published: dict[str, Any]) -> None:
    """The published schema says by which keys; those of pods and Services are compared by them."""
    owners = {"PodSpec": ("Pod", "spec."), "Container": ("Container", ""), "ServiceSpec": ("Service", "spec.")}
    seen = 0
    for name, definition in published.items():
        owner = owners.get(name.rpartition(".")[2])
        for field, schema in definition.get("properties", {}).items() if owner and ".core.v1." in name else ():
            keys = schema.get("x-kubernetes-list-map-keys")
            if not keys or not owner:
                continue
            shape, prefix = owner
            found = patterns().covering(shape, steps(prefix + field))
            assert found, f"{shape}.{prefix}{field}"
            assert [rule.by for _, rule in found if rule.items] == [tuple(keys)], f"{shape}.{prefix}{field}"
            seen += 1
    assert seen >= 14


@pytest.fixture
def published() -> dict[str, Any]:
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        pytest.skip("kubernetes-validate is not installed")
    folder = Path(spec.origin).parent / "kubernetes-json-schema" / "v1.34.0-local-strict"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return definitions
