"""Paths with keys read as people name places, and can be parsed again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.key_paths import Item, KeyPath, Step, parse_keys, show_keys

SCALARS = st.one_of(
    st.text(), st.integers(), st.booleans(), st.none(), st.sampled_from(["80", "true", "a,b", "x#1", "~"])
)
ITEMS = st.builds(
    Item, st.lists(st.tuples(st.text(min_size=1), SCALARS.map(json.dumps)), max_size=3).map(tuple), st.integers(0, 9)
)
STEPS: st.SearchStrategy[Step] = st.one_of(st.text(), st.integers(0, 99), ITEMS)
PATHS = st.lists(STEPS, max_size=6).map(tuple)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "containers", Item.of(name="web"), "image"), "spec.containers[name=web].image"),
        (("ports", Item.of(containerPort=80, protocol="TCP")), "ports[containerPort=80,protocol=TCP]"),
        (("ports", Item.of(containerPort="80")), 'ports[containerPort="80"]'),
        (("env", Item.of(name="A", nth=1), "value"), "env[name=A#1].value"),
        (("volumeMounts", Item.of(mountPath="/var/lib")), "volumeMounts[mountPath=/var/lib]"),
        (("ingress", Item(), "from"), "ingress[#0].from"),
        (("annotations", "a.b/c", 0, "x"), 'annotations["a.b/c"][0].x'),
        (("env", Item.of(name="a]b, #1")), 'env[name="a]b, #1"]'),
    ],
)
def test_a_path_reads_as_people_name_the_place(path: KeyPath, text: str) -> None:
    assert show_keys(path) == text
    assert parse_keys(text) == path


@given(PATHS)
def test_every_path_can_be_parsed_again(path: KeyPath) -> None:
    assert parse_keys(show_keys(path)) == path


@pytest.mark.parametrize("text", ["a[", "a[]", "a[=x]", "a[name=]", "[name=web", "a b", 'a["x]', "a..b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        parse_keys(text)
