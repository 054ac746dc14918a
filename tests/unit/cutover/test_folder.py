"""Where runs lie, and that a plan is consumed by one of them only."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.errors import BusyError, OutputError, PlanError
from ecs2k8s.cutover import folder
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.read import FILE
from tests.journals import StillClock, plan

RUNS = [folder.ulid(1_795_687_200 + at, bytes([at]) * 10) for at in range(4)]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    found = folder.unit_folder(tmp_path, "shop-web")
    found.mkdir(parents=True)
    return found


def started(unit: Path, run: str, **fields: str) -> Path:
    """A run that has its journal."""
    of = plan(**fields)
    found = folder.begin(unit, of, run)
    Journal.create(found, of, run, StillClock(), mode="guided", who="ann").close()
    return found


def test_an_id_of_a_run_sorts_by_its_time() -> None:
    assert folder.ulid(0, bytes(10)) == "0" * 26
    assert folder.ulid(1_469_918_176.385, b"")[:10] == "01ARYZ6S41"  # the example of https://github.com/ulid/spec
    assert sorted(RUNS) == RUNS


@given(st.floats(0, 2**38, allow_nan=False), st.binary(min_size=10, max_size=10))
def test_every_id_of_a_run_is_one(now: float, randomness: bytes) -> None:
    assert folder.ULID.fullmatch(folder.ulid(now, randomness))


@given(st.text() | st.sampled_from(["..", ".", "", "a/b", "/etc", "a\\b", "a\0", "-rf", "a" * 201, "\u202ea", "a\n"]))
def test_no_name_of_a_unit_chooses_another_place(name: str) -> None:
    try:
        found = folder.unit_folder(Path("/dir"), name)
    except OutputError:
        return
    assert found.parent == Path("/dir/cutover")
    assert found.name == name
    assert Path(os.path.normpath(found)) == found


def test_no_name_of_a_run_chooses_another_place(unit: Path) -> None:
    for name in ("..", "../../x", RUNS[0].lower(), RUNS[0] + "\n", "8" + RUNS[0][1:]):
        with pytest.raises(OutputError, match="no id of a run"):
            folder.run_folder(unit, name)


def test_a_run_has_its_own_copy_of_the_plan_and_is_the_current_one(unit: Path) -> None:
    found = folder.begin(unit, plan(), RUNS[0])
    assert found == unit / "runs" / RUNS[0] == folder.current(unit)
    assert folder.plan_of(found) == plan()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (found, found / "plan.json")}
    assert modes == {RUNS[0]: 0o700, "plan.json": 0o600}
    assert folder.current(unit.parent) is None


def test_a_plan_is_consumed_by_one_run_only(unit: Path) -> None:
    first = started(unit, RUNS[0])
    with Journal.open(first, StillClock()) as journal:
        journal.append("completed")
    with pytest.raises(PlanError, match=f"run {RUNS[0]} consumed this plan: export and plan again"):
        folder.begin(unit, plan(), RUNS[1])
    assert folder.begin(unit, plan(taken="2026-11-27T08:00:00Z"), RUNS[1]).name == RUNS[1]


def test_a_run_that_ended_before_its_journal_began_is_begun_again(unit: Path) -> None:
    assert folder.begin(unit, plan(), RUNS[0]) == folder.begin(unit, plan(), RUNS[1])


def test_no_run_begins_while_another_one_of_the_unit_is_not_at_its_end(unit: Path) -> None:
    started(unit, RUNS[0])
    with pytest.raises(BusyError, match="is running: resume it, or roll it back first"):
        folder.begin(unit, plan(version="0.2.0"), RUNS[1])


def test_a_plan_of_another_unit_is_refused(unit: Path) -> None:
    with pytest.raises(PlanError, match="is the plan of shop-api"):
        folder.begin(unit, plan("shop-api"), RUNS[0])


@pytest.mark.parametrize("link", ["cutover", "cutover/shop-web", "cutover/shop-web/runs", f"cutover/shop-web/runs/{RUNS[0]}",
                                  "cutover/shop-web/consumed", "cutover/shop-web/.mutex"])  # fmt: skip
def test_nothing_is_written_through_a_link(tmp_path: Path, link: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "shop-web").mkdir(parents=True)
    place = tmp_path / "dir" / link
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere)
    (tmp_path / "dir/cutover/shop-web").mkdir(parents=True, exist_ok=True)
    with pytest.raises(OutputError):
        folder.begin(folder.unit_folder(tmp_path / "dir", "shop-web"), plan(), RUNS[0])
    assert [path.name for path in elsewhere.rglob("*")] == ["shop-web"]


RACE = """
import sys
from pathlib import Path
from ecs2k8s.cutover import folder
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.core.errors import Ecs2k8sError
from tests.journals import StillClock, plan
run = folder.ulid(1_795_687_200, sys.argv[2].encode() * 10)
print("ready", flush=True)
sys.stdin.readline()
try:
    found = folder.begin(Path(sys.argv[1]), plan(), run)
    Journal.create(found, plan(), run, StillClock(), mode="guided", who="ann")
    print("begun", found.name, flush=True)
    sys.stdin.readline()
except Ecs2k8sError as error:
    print("refused", error)
"""


def test_of_processes_that_begin_at_once_one_gets_the_plan(unit: Path) -> None:
    command = [sys.executable, "-c", RACE, str(unit)]
    racers = [
        subprocess.Popen([*command, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in "abcd"
    ]
    pipes = [(racer.stdin, racer.stdout) for racer in racers]
    try:
        assert [out.readline() for _, out in pipes if out] == ["ready\n"] * 4
        for into, _ in pipes:
            assert into
            into.write("go\n")
            into.flush()
        said = [out.readline().split()[0] for _, out in pipes if out]
    finally:
        for racer in racers:
            racer.communicate(timeout=30)
    assert sorted(said) == ["begun", "refused", "refused", "refused"]
    assert len(list(unit.rglob(FILE))) == 1
