"""Journals that earlier versions wrote stay readable: each file here has every event that its version could write."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.events import EVENTS
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.journal.read import FILE, parse
from ecs2k8s.cutover.verdicts import Result, Source
from tests.claims import PROCESSES
from tests.journals import RULE, StillClock, begun, plan

FOLDER = Path(__file__).parents[3] / "cases_journal"
NOW = "v1.jsonl"


def everything(journal: Journal) -> None:
    """A run that says all that can be said."""
    first = plan().steps[0]
    journal.append("lock", did="taken", id="lock-1", keys=[RULE.id], who="ann", text="for the evening")
    journal.append("approval", phase="P6", who="bob", when="2026-11-26T10:00:00Z", text="CHG-1")
    journal.append("waiver", check="T04", subject="", reason="CHG-2", owner="ann", expires="2026-11-27T10:00:00Z")
    journal.append("setting", name="error_delta", value=0.75, by="ann", why="CHG-3")
    journal.append("transition", step="p6-1", why="its turn", **{"from": "pending", "to": "ready"})
    journal.append("precheck", step="p6-1", ok=True, text="all as before")
    journal.append(say.intent("p6-1", 0, first.moves[0]))
    journal.append("transition", step="p6-1", **{"from": "ready", "to": "intent_written"})
    journal.append("result", step="p6-1", outcome="unsure", text="no answer")
    journal.append(say.observed("p6-1", RULE, first.moves[0].wanted, "wanted"))
    journal.append(say.verified("p6-1", RULE, first.moves[0].wanted))
    result = Result(
        "T01", "shop/web", "pass", "1 of 100", 0.01, [0.0, 0.02], 300, "", (Source("RequestCount", "now"),), ("a",), "b"
    )
    journal.append(say.Verdict(step="p6-1", check=result))
    journal.append("pause", step="p6-1", reason="veto", by="file", text="lunch")
    journal.append("resume", by="ann", text="after lunch")
    journal.append("note", text="\u202eodd\n", by="ann")
    journal.append("torn", size=7, copy="journal.jsonl.torn-0")
    journal.append("abort", by="ann", text="enough")
    journal.append("rollback_end", to="rollback_failed", text="throttled")
    journal.append("rollback_start", reason="person", by="ann", text="again")
    journal.append(say.intent("p6-1", 0, first.back[0], "back"))
    journal.append("result", step="p6-1", outcome="answered", request_id="1")
    journal.append(say.verified("p6-1", RULE, first.back[0].wanted))
    journal.append("rollback_end", to="rolled_back")
    journal.append("seal", text="filed")


@pytest.mark.claim("R21", PROCESSES)
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_a_journal_of_an_earlier_version_is_read(name: str) -> None:
    reading = parse((FOLDER / name).read_bytes(), name)
    run = fold(reading.lines)
    assert reading.tail == b""
    assert (run.state, run.intent, run.step("p6-1")) == ("closed", None, "intent_written")
    assert run.verified[RULE].state == {"ecs": 100, "eks": 0}
    assert len(run.rollbacks) == 2
    assert run.settings == {"error_delta": 0.75}


@pytest.mark.claim("R21", PROCESSES)
def test_a_journal_is_written_as_before(tmp_path: Path, update: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes here is a new format, and needs a file of its own beside the old one."""
    monkeypatch.setattr("ecs2k8s.cutover.journal.file.__version__", "0.1.0")
    with begun(tmp_path, cluster_uid="u-1") as journal:
        everything(journal)
        assert {line.ev for line in journal.lines} == {*EVENTS} - {"completed"}
    written = (tmp_path / FILE).read_bytes()
    if update and not (FOLDER / NOW).exists():
        (FOLDER / NOW).write_bytes(written)
    assert written == (FOLDER / NOW).read_bytes()
    with Journal.open(tmp_path, StillClock()) as again:
        assert again.run.state == "closed"
