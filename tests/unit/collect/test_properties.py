"""Whatever is in a file, reading it ends with a snapshot or with a `SnapshotError`."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.collect.files import read
from ecs2k8s.collect.recognise import keys
from ecs2k8s.core.documents import Snapshot, dump
from ecs2k8s.core.errors import SnapshotError

WORDS = [
    *keys(),
    "Attributes",
    "failures",
    "tags",
    "nextToken",
    "containerDefinitions",
    "family",
    "serviceName",
    "cluster",
]
WORDS += [
    "desiredCount",
    "launchType",
    "name",
    "image",
    "cpu",
    "environment",
    "value",
    "format",
    "documents",
    "shape",
    "id",
]
WORDS += ["data", "Resources", "revision", "taskDefinitionArn"]
KEY = st.sampled_from(WORDS) | st.text(max_size=3)
TEXT = st.text(st.characters(exclude_categories=[]), max_size=8) | st.sampled_from(
    ["ecs2k8s/snapshot/v1", "ecs.Task", "1", "true"]
)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=6), max_leaves=30
)


def outcome(data: bytes, *, redact: bool = False) -> Snapshot | None:
    try:
        snapshot = read(["-"], lambda: data, redact=redact)
    except SnapshotError as error:
        assert "\n" not in str(error)  # noqa: PT017 (it may be raised or not)
        return None
    dump(snapshot)
    return snapshot


@settings(max_examples=300)
@given(JSON, st.booleans())
def test_any_json_is_survived(value: Any, redact: bool) -> None:
    outcome(json.dumps(value).encode(), redact=redact)


@settings(max_examples=300)
@given(st.binary() | st.text().map(str.encode) | st.text("[]{}:,-&*!?|>'\"% \n#ab<~").map(str.encode))
def test_any_bytes_are_survived(data: bytes) -> None:
    outcome(data)


@given(JSON)
def test_a_snapshot_of_anything_reads_back_as_itself(value: Any) -> None:
    snapshot = outcome(json.dumps([value, {"clusters": [{"clusterName": "c"}]}]).encode())
    if snapshot:
        assert outcome(dump(snapshot)) == snapshot


@given(JSON)
def test_reading_twice_gives_the_same_bytes(value: Any) -> None:
    first, second = (outcome(json.dumps({"taskDefinition": value}).encode()) for _ in range(2))
    assert first == second
