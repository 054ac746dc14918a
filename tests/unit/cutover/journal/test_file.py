"""One journal as a file: what it takes, what it refuses, and what it does when the disk fails."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.errors import BusyError
from ecs2k8s.cutover.journal import events
from ecs2k8s.cutover.journal.events import JournalError
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.journal.read import FILE, read
from ecs2k8s.cutover.states import TransitionError
from tests.claims import PROCESSES
from tests.journals import RULE, RUN, StillClock, begun, plan

if TYPE_CHECKING:
    from pathlib import Path


def test_a_journal_that_is_opened_again_says_what_was_written(tmp_path: Path) -> None:
    with begun(tmp_path) as journal:
        journal.append("transition", step="p6-1", **{"from": "pending", "to": "ready"})
        journal.append(events.intent("p6-1", 0, plan().steps[0].moves[0]))
        written = journal.lines
    with Journal.open(tmp_path, StillClock()) as again:
        assert again.lines == written
        assert again.run == fold(written)
        assert (again.run.id, again.run.plan) == (RUN, plan().ident)


def test_a_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    begun(tmp_path).close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_only_one_has_it_open_for_writing(tmp_path: Path) -> None:
    with begun(tmp_path), pytest.raises(BusyError, match="another process writes it"):
        Journal.open(tmp_path, StillClock())
    Journal.open(tmp_path, StillClock()).close()


def test_a_journal_is_not_begun_twice(tmp_path: Path) -> None:
    begun(tmp_path).close()
    with pytest.raises(JournalError, match="is there already"):
        begun(tmp_path)


def test_a_journal_that_got_its_name_while_another_process_waited_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two begin one run: the second opens the file without a name yet, then the first names it and ends."""
    lock = fcntl.flock

    def late(fd: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        begun(tmp_path).close()
        lock(fd, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(BusyError, match="another process writes it"):
        begun(tmp_path)
    assert len(read(tmp_path).lines) == 1


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    begun(tmp_path / "elsewhere").close()
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere" / FILE)
    with pytest.raises(JournalError, match=FILE):
        Journal.open(tmp_path, StillClock())


def test_an_illegal_transition_is_refused_before_it_is_written(tmp_path: Path) -> None:
    with begun(tmp_path) as journal:
        before = (tmp_path / FILE).read_bytes()
        with pytest.raises(TransitionError, match="a step that is pending cannot become verified"):
            journal.append("transition", step="p6-1", **{"from": "pending", "to": "verified"})
        assert (tmp_path / FILE).read_bytes() == before
        journal.append("note", text="goes on")


@pytest.mark.parametrize(
    ("ev", "fields", "said"),
    [
        ("intention", {}, "there is no event 'intention'"),
        ("note", {}, "missing required field `text`"),
        ("note", {"text": "a", "seq": 3}, "unknown field `seq`"),
        ("note", {"text": 3}, "Expected `str`, got `int`"),
    ],
)
def test_an_event_that_is_none_is_refused(tmp_path: Path, ev: str, fields: dict[str, Any], said: str) -> None:
    with begun(tmp_path) as journal, pytest.raises(JournalError, match=said):
        journal.append(ev, **fields)


def test_secrets_do_not_reach_the_file(tmp_path: Path) -> None:
    state = {
        "Conditions": [
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Api-Key", "Values": ["canary-1"]}}
        ],
        "AuthenticateOidcConfig": {"ClientSecret": "canary-2", "TokenEndpoint": "https://id.shop.example/token"},
        "env": {"DB_PASSWORD": "canary-3"},
        "nested": {"password": "canary-4", "tokens": ["canary-7"]},
        "config": {"kind": "ConfigMap", "data": {"greeting": "hello"}},
        "objects": [
            {"kind": "Secret", "metadata": {"name": "a"}, "data": {"x": "canary-5"}, "stringData": {"y": "canary-6"}}
        ],
    }
    with begun(tmp_path) as journal:
        journal.append(events.verified("p6-1", RULE, state))
        journal.append("note", text="the login is postgres://shop:canary-8@db/shop", by="ann")
        assert json.dumps(state).count("canary") == 7
    text = (tmp_path / FILE).read_text()
    assert "canary" not in text
    assert "https://id.shop.example/token" in text
    assert '"greeting":"hello"' in text
    assert '"password":"ecs2k8s:redacted"' in text


class Failing:
    """A disk that fails at the n-th call, or takes a part of what it is given."""

    def __init__(self, at: int, *, short: bool = False) -> None:
        self.left = at
        self.short = short

    def write(self, fd: int, data: bytes) -> int:
        self.left -= 1
        if self.left == 0 and self.short:
            return os.write(fd, data[:7])
        if self.left == 0:
            raise OSError(28, "No space left on device")
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(5, "Input/output error")
        os.fsync(fd)


@pytest.mark.claim("R17", PROCESSES)
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_disk_that_fails_ends_the_writing_for_good(tmp_path: Path, at: int, short: bool) -> None:
    disk = Failing(at, short=short)
    synced = 0
    with pytest.raises(JournalError, match=r"nothing (more )?is done") as raised:  # noqa: PT012 (whichever call it is)
        journal = begun(tmp_path, disk=disk)
        synced = 1
        for text in "abc":
            journal.append("note", text=text)
            synced += 1
    if synced:
        lines = journal.lines
        assert "nothing more is done" in str(raised.value)
        with pytest.raises(JournalError, match="start again"):
            journal.append("note", text="d")
        assert len(lines) == synced
        assert len(journal.run.last.event.ev) > 0
        journal.close()
        with Journal.open(tmp_path, StillClock()) as again:
            assert again.lines[:synced] == lines
            assert [line.ev for line in again.lines[synced:]] in ([], ["note"], ["torn"])
            assert read(tmp_path).tail == b""


@pytest.mark.claim("R17", PROCESSES)
@pytest.mark.parametrize("seconds", [-86_400.0, 86_400.0, 8 * 3600.0])
def test_a_clock_that_is_set_or_a_machine_that_sleeps_does_not_break_a_journal(tmp_path: Path, seconds: float) -> None:
    clock = StillClock()
    with Journal.create(tmp_path, plan(), RUN, clock, mode="guided", who="ann") as journal:
        clock.time += seconds
        journal.append("note", text="another time")
    with Journal.open(tmp_path, StillClock()) as again:
        again.append("note", text="a machine that began anew")
        first, second, third = (line.head for line in again.lines)
    assert abs(second.ts_wall - first.ts_wall - seconds) < 10
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]


@pytest.mark.claim("R17", PROCESSES)
@pytest.mark.parametrize("fault", [errno.EROFS, errno.EACCES, errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_disk_that_takes_no_file_begins_nothing(tmp_path: Path, fault: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may be root, whom no mode of a folder stops: so the call itself is refused."""
    opened = os.open

    def refuses(path: Any, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(fault, os.strerror(fault))
        return opened(path, flags, *mode)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuses)
        with pytest.raises(JournalError, match=os.strerror(fault)):
            begun(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_names_of_new_files_are_synced_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a power cut takes its name from is lost, whatever it holds."""
    synced: list[str] = []
    kinds = {True: "folder", False: "file"}
    fsync = os.fsync

    def seen(fd: int) -> None:
        synced.append(kinds[stat.S_ISDIR(os.fstat(fd).st_mode)])
        fsync(fd)

    monkeypatch.setattr(os, "fsync", seen)
    begun(tmp_path).close()
    assert synced == ["file", "folder"]
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"0123")
    synced.clear()
    with Journal.open(tmp_path, StillClock()) as journal:
        copy = getattr(journal.lines[-1].event, "copy", "")
    assert synced == ["file", "folder", "file"]  # the copy, its name, the journal
    assert (tmp_path / copy).read_bytes() == b"0123"
