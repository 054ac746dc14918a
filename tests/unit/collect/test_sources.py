"""Which files a path gives, and which are refused."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from ecs2k8s.collect import sources
from ecs2k8s.collect.files import read
from ecs2k8s.core.errors import SnapshotError

GOOD = '{"family": "good", "containerDefinitions": [{"name": "a", "image": "b"}]}'


def put(path: Path, text: str = GOOD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_directory_gives_its_files_sorted_and_not_the_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.json", "a/c.YAML", "a/d.yml", ".hidden.json", ".git/e.json", "a/readme.md", "json"):
        put(tmp_path / name)
    found = [os.path.relpath(source.path, tmp_path) for source in sources.sources(str(tmp_path))]
    assert found == ["a/c.YAML", "a/d.yml", "b.json"]


def test_a_path_that_is_not_there_is_named() -> None:
    for path in ("/nowhere/at-all.json", "a\0b", ""):
        with pytest.raises(SnapshotError, match="name a file or directory that can be read"):
            read([path])


def test_links_that_lead_outside_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "x.json")
    top = tmp_path / "top"
    put(top / "a" / "y.json")
    for name, target in {"out.json": outside, "outdir": outside.parent, "a/loop": top, "again": top / "a"}.items():
        (top / name).symlink_to(target)
    (top / "self.json").symlink_to(top / "self.json")
    snapshot = read([str(top)])
    assert len(snapshot.documents) == 1
    assert [(Path(note.subject).name, note.slug) for note in snapshot.notes] == [
        ("out.json", "file-ignored"),
        ("outdir", "file-ignored"),
    ]
    assert [(Path(failure.subject).name, failure.slug) for failure in snapshot.failures] == [
        ("self.json", "unreadable-file")
    ]


def test_a_link_inside_the_directory_gives_its_target_once(tmp_path: Path) -> None:
    target = put(tmp_path / "z.json")
    (tmp_path / "a.json").symlink_to(target)
    assert [Path(source.path).name for source in sources.sources(str(tmp_path))] == ["z.json"]


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo.json")
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.json")
        put(tmp_path / "good.json")
        snapshot = read([".", "/dev/zero"])
    assert [failure.slug for failure in snapshot.failures] == ["unreadable-file"] * 3
    assert "is no regular file" in str(snapshot.failures[0])


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "large.json")
    os.truncate(path, sources.LIMIT + 1)
    with pytest.raises(SnapshotError, match="is larger than 64 MiB"):
        read([str(path)])


def test_standard_input_that_is_too_long_is_refused() -> None:
    with pytest.raises(SnapshotError, match="is larger than 64 MiB"):
        read(["-"], lambda: b" " * (sources.LIMIT + 1))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_failure(tmp_path: Path) -> None:
    put(tmp_path / "good.json")
    put(tmp_path / "closed.json").chmod(0)
    put(tmp_path / "folder" / "x.json").parent.chmod(0)
    try:
        snapshot = read([str(tmp_path)])
    finally:
        (tmp_path / "folder").chmod(0o700)
    assert [dict(failure.args)["reason"] for failure in snapshot.failures] == [
        "permission denied",
        "permission denied: its files are not read",
    ]


def test_what_else_a_directory_holds_is_a_note_and_a_broken_file_a_failure(tmp_path: Path) -> None:
    put(tmp_path / "good.json")
    put(tmp_path / "package.json", json.dumps({"name": "x", "version": "1"}))
    put(tmp_path / "cfn.yaml", "Resources:\n  A: !Ref B\n")
    put(tmp_path / "broken.json", "{")
    snapshot = read([str(tmp_path)])
    assert [(note.slug, Path(note.subject).name) for note in snapshot.notes] == [
        ("file-ignored", "cfn.yaml"),
        ("file-ignored", "package.json"),
    ]
    assert [(failure.slug, Path(failure.subject).name) for failure in snapshot.failures] == [
        ("unreadable-file", "broken.json")
    ]
