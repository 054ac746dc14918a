"""Each file of tests/cases_bad_input is answered with one clear line, and the files beside it are read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ecs2k8s.collect.files import read
from ecs2k8s.collect.recognise import looked_for
from ecs2k8s.core.errors import SnapshotError

FOLDER = Path(__file__).parents[2] / "cases_bad_input"
EXPECTED: dict[str, list[str]] = yaml.load((FOLDER / "expected.txt").read_text(encoding="utf-8"), yaml.CSafeLoader)
GOOD = '{"family": "good", "containerDefinitions": [{"name": "a", "image": "b"}]}'


def test_each_file_has_an_expectation() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in FOLDER.iterdir() if path.name != "expected.txt")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_bad_file_is_one_failure_with_its_place_and_reason(name: str, tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(GOOD, encoding="utf-8")
    snapshot = read([str(FOLDER / name), str(good)])
    assert [document.id for document in snapshot.documents] == ["task-definition/good"]
    (failure,) = snapshot.failures
    slug, path, reason = EXPECTED[name]
    assert (failure.slug, failure.subject, failure.path) == (slug, str(FOLDER / name), path)
    said = dict(failure.args).get("reason", "").removeprefix(looked_for()).removeprefix(": ")
    assert "\n" not in said
    assert said == reason or (reason.endswith("…") and said.startswith(reason[:-1]))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_bad_file_alone_stops_with_what_was_looked_for(name: str) -> None:
    with pytest.raises(SnapshotError, match="nothing to translate: none of what is read: what the AWS CLI prints"):
        read([str(FOLDER / name)])


NESTED = {
    "lists.json": b"[" * 100_000,
    "closed.json": b"[" * 100_000 + b"]" * 100_000,
    "maps.json": b'{"a":' * 100_000,
    "block.yaml": b"- " * 100_000,
    "flow.yaml": b"a: " + b"[" * 100_000,
    "maps.yaml": b"{a: " * 100_000,
    "keys.yaml": b"? " * 100_000,
    "indented.yaml": b"\n".join(b" " * depth + b"a:" for depth in range(2_000)),
    "unknown.json": b'{"family": "w", "x": ' + b"[" * 500 + b"]" * 500 + b', "containerDefinitions": [{"name": "a"}]}',
    "digits.json": b'{"family": "w", "x": ' + b"9" * 100_000 + b"}",
    "digits.yaml": b"family: w\ncontainerDefinitions: [{name: a, cpu: " + b"9" * 100_000 + b"}]",
    "merges.yaml": b"a: &a {x: 1}\n" + b"k: {<<: [" + b",".join([b"*a"] * 600_000) + b"]}",
    "newlines.json": b"\n" * 1_000_000 + b"x",
    "directives.json": b'{"a": ' + b"{%" * 1_000_000,
    "quotes.json": b'"' * 1_000_000,
}


@pytest.mark.parametrize("name", NESTED)
def test_a_hostile_file_is_refused_soon(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(NESTED[name])
    with pytest.raises(SnapshotError) as error:
        read([str(path)])
    assert len(str(error.value)) < 1_000
