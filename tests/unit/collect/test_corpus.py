"""Public files: each gives documents or a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ecs2k8s.collect.files import read
from ecs2k8s.core.documents import dump
from ecs2k8s.core.errors import SnapshotError

CORPUS = os.environ.get("ECS2K8S_CORPUS", "")
FOLDERS = ("task-definitions", "services", "container-definitions", "elbv2")
# A person agrees: an object stands where ECS wants a list.
WRONG = {
    "aws-samples__amazon-ecs-firelens-examples__logstash-task-definition.json": "portMappings: expected a list, found an object",
    "aws-samples__amazon-ecs-firelens-examples__signalfx-task-definition.json": "secretOptions: expected a list, found an object",
}
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS, reason="ECS2K8S_CORPUS names no folder of public task definitions"),
]


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (Path(CORPUS) / folder).glob("*")) if CORPUS else []


@pytest.mark.parametrize("path", files(*FOLDERS), ids=lambda path: path.name)
def test_a_public_file_is_read(path: Path) -> None:
    if path.name in WRONG:
        with pytest.raises(SnapshotError, match=WRONG[path.name]):
            read([str(path)])
        return
    snapshot = read([str(path)])
    assert snapshot.failures == ()
    dump(snapshot)


@pytest.mark.parametrize("path", files("task-definitions-unparsable"), ids=lambda path: path.name)
def test_a_public_file_that_no_parser_reads_gives_its_line(path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"line \d+ column \d+: "):
        read([str(path)])


@pytest.mark.parametrize("path", files("task-definitions-fragments"), ids=lambda path: path.name)
def test_a_public_fragment_is_read_or_says_what_it_lacks(path: Path) -> None:
    if "troubleshooting" not in path.name:
        assert read([str(path)]).failures == ()
        return
    with pytest.raises(SnapshotError, match=r"containerDefinitions\[0\]\.name: is missing"):
        read([str(path)])
