"""Real processes that race for locks: never two inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
RACERS = "ABC"


def raced(folder: Path, each: int, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int.from_bytes(os.urandom(4))
    command = [sys.executable, "-m", "tests.lock_racers", str(folder)]
    racers = [
        subprocess.Popen(
            [*command, name, str(seed), str(each)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name in RACERS
    ]
    try:
        ended = [racer.communicate(timeout=900) for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
    assert [err for _, err in ended] == [""] * len(RACERS), seed
    got, refused = (sum(column) for column in zip(*(map(int, out.split()) for out, _ in ended), strict=True))
    with capsys.disabled():
        print(f"\nlocks: {len(RACERS)} processes got in {got} times and were refused {refused} times, seed {seed}")  # noqa: T201 (a figure for people)
    assert got == each * len(RACERS)
    assert refused > got / 20  # else nobody raced


def test_processes_that_race_for_locks_are_never_inside_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raced(tmp_path, 70, capsys)


@pytest.mark.long
def test_processes_that_race_for_locks_2000_times_are_never_inside_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raced(tmp_path, 700, capsys)
