"""The lock of a run's folder, between real processes."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecs2k8s.core.errors import BusyError, OutputError
from ecs2k8s.cutover.locks.info import LockInfo
from ecs2k8s.cutover.locks.local import FILE, FolderLock, holder, is_held
from tests.claims import PROCESSES
from tests.journals import RULE, RUN

ROOT = Path(__file__).parents[4]
KNOWN: dict[str, Any] = {
    "id": "01KAZ2V8QC0000000000000000",
    "run": RUN,
    "plan": "0" * 64,
    "who": "arn:aws:iam::111122223333:user/ann",
    "host": "laptop",
    "pid": 4711,
    "when": 1_795_687_200.0,
    "operation": "run",
    "version": "0.1.0",
    "keys": (RULE.id,),
}
INFO = LockInfo(**KNOWN)
TOLD = (
    "arn:aws:iam::111122223333:user/ann on laptop (process 4711) since 2026-11-26T10:00:00Z, 75 s ago: run, "
    "run 01KAZ2V8QCD7A3YB4T5E6F7G8H, lock 01KAZ2V8QC0000000000000000"
)


def test_a_lock_tells_who_has_it_since_when_and_by_which_id() -> None:
    assert INFO.told(INFO.when + 75) == TOLD
    assert "\\x1b" not in LockInfo(**KNOWN | {"who": "\x1b[2J"}).told(INFO.when)
    assert "\\u001b[2J" in LockInfo(**KNOWN | {"who": "\x1b[2J"}).told(INFO.when)


def test_a_second_one_is_told_who_was_first(tmp_path: Path) -> None:
    with FolderLock.take(tmp_path, INFO):
        assert is_held(tmp_path)
        with pytest.raises(BusyError, match="held by arn:aws:iam::111122223333:user/ann on laptop"):
            FolderLock.take(tmp_path, msgspec.structs.replace(INFO, when=INFO.when + 75))
    assert not is_held(tmp_path)
    assert holder(tmp_path) == INFO
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    FolderLock.take(tmp_path, INFO).release()


def test_a_file_that_names_nobody_is_no_trouble(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    for data in (b"", b"\xff", b'{"\xff": 1}', b"{}", b"[" * 100_000):
        (tmp_path / FILE).write_bytes(data)
        assert holder(tmp_path) is None
    FolderLock.take(tmp_path, INFO).release()
    assert holder(tmp_path) == INFO


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="lock"):
        FolderLock.take(tmp_path, INFO)
    assert (tmp_path / "elsewhere").read_text() == "precious"


@pytest.mark.claim("R17", PROCESSES)
def test_a_disk_that_fails_gives_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(OutputError, match="lock: Input/output error"):
            FolderLock.take(tmp_path, INFO)
    assert not is_held(tmp_path)


HOLDER = """
import sys, msgspec
from pathlib import Path
from ecs2k8s.cutover.locks.info import LockInfo
from ecs2k8s.cutover.locks.local import FolderLock
lock = FolderLock.take(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=LockInfo))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.claim("R17", PROCESSES)
def test_the_kernel_gives_it_back_when_its_holder_is_killed_and_not_while_it_stands_still(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path), msgspec.json.encode(INFO).decode()]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        try:
            assert held.stdout
            assert held.stdout.readline() == "held\n"
            os.kill(held.pid, signal.SIGSTOP)
            with pytest.raises(BusyError, match="held by"):
                FolderLock.take(tmp_path, INFO)
        finally:
            held.kill()
        held.wait()
        FolderLock.take(tmp_path, INFO).release()
