"""SIGKILL at every place of beginning a run and of writing its journal, half-written files included, once and twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.journal import crash
from tests.claims import PROCESSES

if TYPE_CHECKING:
    from tests.figures import Figure

ROOT = Path(__file__).parents[4]


def tried(folder: Path, seed: int, pairs: int) -> Any:
    command = [sys.executable, "-m", "tests.journal_crashes", str(folder), str(seed), str(pairs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def checked(folder: Path, pairs: int, figure: Figure) -> None:
    seed = int.from_bytes(os.urandom(4))
    found = tried(folder, seed, pairs)
    assert found["wrong"] == {}
    assert found["heavy"] == []
    assert found["places"] > 40
    assert found["torn"] >= 6  # one for each line after the first
    figure(places=found["places"], ways=found["cases"], seed=seed)


@pytest.mark.claim("R1-journal", PROCESSES)
def test_a_journal_that_is_killed_anywhere_loses_nothing_that_it_said_it_had(tmp_path: Path, figure: Figure) -> None:
    checked(tmp_path, 20, figure)


@pytest.mark.long
@pytest.mark.claim("R1-journal", PROCESSES)
def test_a_journal_that_is_killed_anywhere_twice_loses_nothing(tmp_path: Path, figure: Figure) -> None:
    checked(tmp_path, 0, figure)


def test_a_variable_says_at_which_place_a_process_ends() -> None:
    code = "from ecs2k8s.cutover.journal.crash import at; at('a'); print('a', flush=True); at('b'); print('b')"
    for value, printed, ended in (
        ("2", "a\n", -signal.SIGKILL),
        ("", "a\nb\n", 0),
        ("0", "a\nb\n", 0),
        ("x", "a\nb\n", 0),
    ):
        environment = os.environ | {crash.VARIABLE: value}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.returncode) == (printed, ended)
        assert ("ended at 2: b" in done.stderr) == bool(ended)
