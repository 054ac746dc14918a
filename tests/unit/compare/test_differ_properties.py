"""What holds of every diff: of real manifests and documents, and of random trees."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecs2k8s.compare import equality
from ecs2k8s.compare.changes import Leaf, Masked, Risk, Row, Status
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.patterns import inside
from ecs2k8s.core.key_paths import parse_keys, show_keys
from ecs2k8s.pipeline import translate
from tests.equal_values import VALUES, at
from tests.estates import estate
from tests.everything import everything
from tests.rewritten import Rewriter, Spot, get, put, spots, without

Subject = tuple[str, Any]  # shape, and a value of it
MOST = settings.default.max_examples if settings.default else 100
PROMISED = settings(max_examples=MOST * 10)  # pairs: 1,000, and 20,000 in the long suite
MANY = settings(max_examples=MOST * 5 // 4)
SEEDS = st.integers(0, 2**32)
SIDES = {Status.ADDED: Status.REMOVED, Status.REMOVED: Status.ADDED}


@cache
def subjects() -> list[Subject]:
    """The manifests of two samples, all documents that can be read, and what has each rule of equality in it."""
    found: list[Subject] = [(document.shape, document.data) for document in everything()]
    for name in ("routing", "three-tier"):
        snapshot, target = estate(name)
        found += [(each.manifest["kind"], each.manifest) for each in translate(snapshot, target).bundle.everything]
    return [*found, *ruled()]


def ruled() -> list[Subject]:
    """One value for each place of each row of equality.yaml."""
    made: list[Subject] = []
    for rule in equality.rules().values():
        for aspect in ("items", "value"):
            if getattr(rule, aspect):
                equal = [pair for pair in VALUES[aspect](rule) if pair[2] and pair[0] != pair[1]]
                made += [(shape, at(place, equal[0][0])) for shape, places in rule.places.items() for place in places]
    return made


def a_subject() -> st.SearchStrategy[Subject]:
    return st.integers(0, 10**9).map(lambda number: subjects()[number % len(subjects())])


SCALARS = st.one_of(
    st.text(max_size=9), st.integers(-9, 99), st.booleans(), st.floats(0, 9), st.just("80"), st.just(80)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["name", "value", "spec", "containers", "env", "a.b/c", "x", "data"]), inner, max_size=4
        ),
    ),
    max_leaves=14,
)
SHAPES = [
    "Deployment",
    "Service",
    "NetworkPolicy",
    "ConfigMap",
    "Unheard",
    "ecs.TaskDefinition",
    "ec2.SecurityGroup",
    "iam.RolePolicy",
]
RANDOM = st.tuples(
    st.sampled_from(SHAPES),
    st.dictionaries(
        st.sampled_from(["spec", "data", "tags", "containerDefinitions", "PolicyDocument"]), TREES, max_size=3
    ),
)


@PROMISED
@given(a_subject(), SEEDS)
def test_nothing_differs_from_itself(subject: Subject, seed: int) -> None:
    shape, value = subject
    value = Rewriter(Random(seed)).rewrite(value, shape)
    assert rows(value, deepcopy(value), shape) == ()


@MANY
@given(RANDOM)
def test_no_tree_differs_from_itself(subject: Subject) -> None:
    shape, value = subject
    assert rows(value, deepcopy(value), shape) == ()


@PROMISED
@given(a_subject(), SEEDS)
def test_what_is_only_written_differently_has_no_row(subject: Subject, seed: int) -> None:
    shape, value = subject
    rewritten = Rewriter(Random(seed)).rewrite(value, shape)
    assert rows(value, rewritten, shape) == ()


def test_the_rewrites_reach_every_row_of_the_table() -> None:
    used: set[str] = set()
    for shape, value in subjects():
        for seed in range(2):
            rewriter = Rewriter(Random(seed))
            rewriter.rewrite(value, shape)
            used |= rewriter.used
    empty = {ident for ident, rule in equality.rules().items() if rule.empty}
    assert equality.rules().keys() - used == {"init-containers", "host-aliases", *empty}, "rows that no rewrite goes by"


def changed(value: Any) -> Any:
    """Another value of the same type, whatever the rule is that holds there."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 7
    if isinstance(value, list):
        return [*value, "zz"]
    return f"{value}zz" if isinstance(value, str) else "zz"


SPOTS: dict[int, list[Spot]] = {}  # by the identity of a subject, which stays


def one_spot(subject: Subject, seed: int) -> Spot:
    """A leaf that can be changed by itself: none of the keys by which an item is known, nor a text that is parsed."""
    shape, value = subject
    if id(value) not in SPOTS:
        found = [spot for spot in spots(value, shape) if spot.at and get(value, spot.at) not in (None, [], {})]
        SPOTS[id(value)] = [spot for spot in found if not spot.is_key and spot.rule not in ("json", "policy")]
    assume(SPOTS[id(value)])
    return Random(seed).choice(SPOTS[id(value)])


def seen(value: Any, row: Row, *, side: Leaf | None) -> bool:
    """Whether a side of a row shows *value*, or hides it with a reason."""
    assert side is not None
    if row.because and (isinstance(side.value, Masked) or str(Masked(same=False)) in str(side.value)):
        return True
    return side.value in (value, [value]) or (
        isinstance(value, list) and sorted(map(str, value)) == sorted(map(str, side.value))
    )


@PROMISED
@given(a_subject(), SEEDS)
def test_one_leaf_that_changed_has_one_row(subject: Subject, seed: int) -> None:
    shape, value = subject
    spot = one_spot(subject, seed)
    was = get(value, spot.at)
    (row,) = rows(value, put(value, spot.at, changed(was)), shape, show_values=True)
    assert (row.path, row.status) == (show_keys(spot.shown), Status.CHANGED)
    assert seen(was, row, side=row.before)
    assert seen(changed(was), row, side=row.after)


@MANY
@given(a_subject(), SEEDS)
def test_one_leaf_that_is_gone_has_one_row(subject: Subject, seed: int) -> None:
    shape, value = subject
    spot = one_spot(subject, seed)
    assume(isinstance(spot.at[-1], str))
    less = without(value, spot.at)
    (gone,) = rows(value, less, shape)
    assert (gone.path, gone.status, gone.after) == (show_keys(spot.shown), Status.REMOVED, None)
    (more,) = rows(less, value, shape)
    assert (more.path, more.status, more.before) == (gone.path, Status.ADDED, None)


@MANY
@given(a_subject(), SEEDS, st.integers(2, 5))
def test_each_of_several_leaves_that_changed_has_one_row(subject: Subject, seed: int, count: int) -> None:
    shape, value = subject
    places = {show_keys(spot.shown): spot for spot in (one_spot(subject, seed + number) for number in range(count))}
    # Two items of a bag that both changed face each other in an order of their own.
    assume(not any("[#" in path for path in places))
    after = value
    for spot in places.values():
        after = put(after, spot.at, changed(get(value, spot.at)))
    assert {row.path for row in rows(value, after, shape)} == places.keys()


@MANY
@given(a_subject(), SEEDS, st.integers(1, 4))
def test_a_rewrite_hides_no_change(subject: Subject, seed: int, count: int) -> None:
    shape, value = subject
    after = value
    for number in range(count):
        spot = one_spot(subject, seed + number)
        after = put(after, spot.at, changed(get(value, spot.at)))
    one, other = Rewriter(Random(seed)).rewrite(value, shape), Rewriter(Random(seed + 1)).rewrite(after, shape)
    assert [said(row) for row in rows(one, other, shape)] == [said(row) for row in rows(value, after, shape)]


def said(row: Row) -> tuple[str, Status, Risk]:
    return row.path, row.status, row.risk


@MANY
@given(st.one_of(st.tuples(a_subject(), a_subject()), st.tuples(RANDOM, RANDOM)), st.booleans())
def test_a_diff_turned_round_is_the_diff_of_the_sides_turned_round(pair: tuple[Subject, Subject], shown: bool) -> None:
    (shape, before), (_, after) = pair
    there, back = rows(before, after, shape, show_values=shown), rows(after, before, shape, show_values=shown)
    turned = [
        replace(row, before=row.after, after=row.before, status=SIDES.get(row.status, row.status)) for row in back
    ]
    assert sorted(turned, key=repr) == sorted(there, key=repr)


@MANY
@given(RANDOM, RANDOM)
def test_every_row_says_something_and_its_path_can_be_parsed(one: Subject, other: Subject) -> None:
    shape, before = one
    found = rows(before, other[1], shape, show_values=True)
    for row in found:
        parse_keys(row.path)
        assert repr(row.before) != repr(row.after)  # to Python 0 is False
    assert len({row.path for row in found}) == len(found)
    assert list(found) == sorted(found, key=lambda row: (row.risk.rank, row.path))


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {key: leaf for name, child in value.items() for key, leaf in flat(child, f"{path}.{name}").items()}
    return {path: value}


PLAIN = st.recursive(
    st.one_of(st.integers(0, 2), st.booleans(), st.sampled_from("abc"), st.just([1]), st.just([])),
    lambda inner: st.dictionaries(st.sampled_from("pqrs"), inner, max_size=3),
    max_leaves=12,
)


@MANY
@given(st.dictionaries(st.sampled_from("pqrs"), PLAIN), st.dictionaries(st.sampled_from("pqrs"), PLAIN))
def test_without_rules_a_diff_finds_what_a_plain_look_finds(before: Any, after: Any) -> None:
    one, other = flat(before), flat(after)
    differs = {
        path for path in one.keys() | other.keys() if repr(one.get(path, "none")) != repr(other.get(path, "none"))
    }
    found = {f".{row.path}" if row.path else "" for row in rows(before, after, "Unheard")}
    # An empty map that gets members has no row of its own, and a leaf that becomes a map has one for both.
    assert found <= differs
    assert all(
        any(path.startswith((each, f"{each}.")) or each.startswith(f"{path}.") for each in found) for path in differs
    )


def test_what_stands_inside_names_shapes_that_have_rows() -> None:
    assert {part for parts in inside().values() for part in parts.values()} >= {"Pod", "Container", "aws.Policy"}


@pytest.mark.parametrize("depth", [90, 110, 500])
def test_deep_values_are_compared(depth: int) -> None:
    def nested(value: Any) -> Any:
        for _ in range(depth):
            value = {"k": value}
        return value

    assert len(rows(nested("a"), nested("b"), "Unheard")) == 1
    assert rows(nested("a"), nested("a"), "Unheard") == ()


@pytest.mark.parametrize("depth", [30, 60, 200])
def test_a_deep_value_that_faces_none_like_it_is_one_row(depth: int) -> None:
    """Its text grows with what it holds, and not with each level anew."""
    value: Any = "a"
    for _ in range(depth):
        value = {"k": [value]}
    assert len(rows({"spec": value}, {"spec": "b"}, "Unheard")) == 1
