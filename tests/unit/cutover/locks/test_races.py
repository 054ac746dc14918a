"""Real processes that race for locks: never two inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.claims import PROCESSES

if TYPE_CHECKING:
    from tests.figures import Figure

ROOT = Path(__file__).parents[4]
RACERS = "ABC"


def raced(folder: Path, each: int, figure: Figure) -> None:
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
    assert got == each * len(RACERS)
    assert refused > got / 20  # else nobody raced
    figure(entered=got, refused=refused, seed=seed)


@pytest.mark.claim("R8-locks", PROCESSES)
def test_processes_that_race_for_locks_are_never_inside_together(tmp_path: Path, figure: Figure) -> None:
    raced(tmp_path, 70, figure)


@pytest.mark.long
@pytest.mark.claim("R8-locks", PROCESSES)
def test_processes_that_race_for_locks_2000_times_are_never_inside_together(tmp_path: Path, figure: Figure) -> None:
    raced(tmp_path, 700, figure)
