"""Copies of environment files, read as the ECS agent reads the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.collect.env_files import parse, read_env_files
from ecs2k8s.core.documents import Document
from ecs2k8s.core.errors import SnapshotError

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:s3:::bucket/web.env"


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("LEVEL=warn\r\nLEVEL=info\r\n", {"LEVEL": "info"}),
        ('Q="x"', {"Q": '"x"'}),
        ("=lost\nno separator\n\n", {}),
        ("#C=1\n #D=2\n", {" #D": "2"}),
        ("A = 1 \nexport B=2", {"A ": " 1 ", "export B": "2"}),
        ("A=1\r\r\nB=a=b", {"A": "1\r", "B": "a=b"}),
        ("A=\n", {"A": ""}),
        ("\ufeffA=1\u2028B=2", {"\ufeffA": "1\u2028B=2"}),
    ],
)
def test_a_line_means_what_the_agent_makes_of_it(text: str, variables: dict[str, str]) -> None:
    assert parse(text) == variables


def test_a_file_becomes_a_document_without_what_looks_secret(tmp_path: Path) -> None:
    (tmp_path / "web.env").write_bytes(b"LEVEL=info\nDB_PASSWORD=hunter2\n")
    variables = [{"name": "LEVEL", "value": "info"}, {"name": "DB_PASSWORD"}]
    expected = [Document("s3.EnvironmentFile", ARN, {"arn": ARN, "variables": variables})]
    assert read_env_files([f"{ARN}={tmp_path / 'web.env'}"]) == expected


def test_a_key_in_s3_may_hold_an_equals_sign(tmp_path: Path) -> None:
    path = tmp_path / "a=b.env"
    path.write_text("A=1", encoding="utf-8")
    arn = "arn:aws-cn:s3:::bucket/stage=prod/web.env"
    assert [document.id for document in read_env_files([f"{arn}={path}"])] == [arn]


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("web.env", "no = in it"),
        ("web.env=web.env", "is no ARN of an object in S3"),
        ("arn:aws:s3:::bucket=x", "is no ARN of an object in S3"),
        (f"{ARN}=/nowhere/web.env", "no such file or directory"),
        (f"{ARN}=/", "is no regular file"),
        (f"{ARN}=", "no such file"),
        (f"{ARN}=\0", "is no path"),
    ],
)
def test_a_wrong_pair_is_named(pair: str, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        read_env_files([pair])


def test_one_object_has_one_file(tmp_path: Path) -> None:
    path = tmp_path / "web.env"
    path.write_text("A=1", encoding="utf-8")
    with pytest.raises(SnapshotError, match="two files are given"):
        read_env_files([f"{ARN}={path}", f"{ARN}={path}"])


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "web.env"
    path.write_bytes(b"A=\xff")
    with pytest.raises(SnapshotError, match="byte 2 is no UTF-8"):
        read_env_files([f"{ARN}={path}"])


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r="), min_size=1).filter(
    lambda name: name[0] != "#"
)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"))


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read(variables: dict[str, str], end: str) -> None:
    assert parse(end.join(f"{name}={value}" for name, value in variables.items())) == variables
