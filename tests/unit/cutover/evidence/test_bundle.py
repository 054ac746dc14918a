"""The folder of a run as evidence: any byte that changes is found, and its reports are functions of plan and journal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import settings

from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import OutputError
from ecs2k8s.cutover import folder
from ecs2k8s.cutover.approvals import approve, keep_approval
from ecs2k8s.cutover.evidence import bundle as evidence
from ecs2k8s.cutover.evidence.bundle import bundle
from ecs2k8s.cutover.evidence.junit import of_run
from ecs2k8s.cutover.evidence.manifest import FILE, verify, write
from ecs2k8s.cutover.evidence.surroundings import env_json, here
from ecs2k8s.cutover.evidence.timeline import timeline
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.events import JournalError
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.read import read
from ecs2k8s.cutover.plan import dump
from ecs2k8s.cutover.verdicts import Result
from tests.claims import PROCESSES, whole
from tests.journals import RULE, StillClock, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.journal.lines import Line
    from tests.figures import Figure

RUN = folder.ulid(1_795_687_200, bytes(10))
ODD = "\u202e<script>|`x`\x1b[2J"
NOTHING_WRONG = ()


def told(journal: Journal) -> None:
    """A run that did one step, was stopped in the second, and went back."""
    journal.append("lock", did="taken", id="l", keys=[RULE.id], who="ann")
    journal.append("approval", phase="P6", who=ODD, when="2026-11-26T10:00:00Z", text="CHG-1")
    journal.append("waiver", check="T04", subject="shop/web", reason=ODD, owner="ann", expires="2026-11-27T10:00:00Z")
    journal.append("transition", step="p6-1", **{"from": "pending", "to": "ready"})
    journal.append(say.intent("p6-1", 0, plan().steps[0].moves[0]))
    journal.append("transition", step="p6-1", **{"from": "ready", "to": "intent_written"})
    journal.append("result", step="p6-1", outcome="answered", request_id="1")
    journal.append(say.verified("p6-1", RULE, {"ecs": 99, "eks": 1}))
    for verdict, text in (("inconclusive", "no requests"), ("pass", "")):
        journal.append(say.Verdict(step="p6-1", check=Result(id="T01", subject="shop/web", verdict=verdict, text=text)))  # type: ignore[arg-type]
    for state, after in (("intent_written", "applied"), ("applied", "verifying"), ("verifying", "verified")):
        journal.append("transition", step="p6-1", **{"from": state, "to": after})
    for ident, verdict in (("T02", "fail"), ("T03", "inconclusive"), ("T05", "error"), ("T04", "waived")):
        check = Result(id=ident, subject="shop/web", verdict=verdict, text=ODD)  # type: ignore[arg-type]
        journal.append(say.Verdict(step="p6-5", check=check))
    journal.append("pause", reason="veto", by="file", text=ODD)
    journal.append("rollback_start", reason="T02")
    journal.append("rollback_end", to="rolled_back", text="one call")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    unit = folder.unit_folder(tmp_path, "shop-web")
    unit.mkdir(parents=True)
    found = folder.begin(unit, plan(), RUN)
    with Journal.create(found, plan(), RUN, StillClock(), mode="execute", who="ann") as journal:
        told(journal)
    keep_approval(found, approve(plan(), "P6", "ann", 1_795_687_200, text="CHG-1"))
    (found / "lock").write_text("ann")
    bundle(found)
    return found


def test_a_folder_may_be_named_from_where_one_stands(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.parent)
    assert bundle(Path(run.name)) == bundle(run)
    assert verify(Path(run.name)).problems == NOTHING_WRONG


def test_a_folder_that_nobody_touched_is_what_it_says(run: Path) -> None:
    found = verify(run)
    assert found.problems == NOTHING_WRONG
    files = [path for path in run.rglob("*") if path.is_file() and path.name not in (FILE, "lock")]
    assert (found.files, found.lines) == (len(files), len(read(run).lines))
    assert len(found.ident) == 64
    done = subprocess.run(["sha256sum", "-c", "--strict", FILE], cwd=run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (run / "lock").write_text("bob")
    (run / "asked.json").write_text("{}")
    assert verify(run) == found


@pytest.mark.claim("R18", PROCESSES)
def test_any_change_of_a_folder_is_found(run: Path, figure: Figure) -> None:
    """A byte of any file, a file that is gone, cut off or longer, and one that is new: at random, each undone again."""
    seed = 0 if settings().derandomize else SystemRandom().randrange(2**31)
    chance = Random(seed)
    files = [path for path in sorted(run.rglob("*")) if path.is_file() and path.name != "lock"]
    missed = []
    for _ in range(CHANGES):
        path, act = chance.choice(files), chance.choice(ACTS)
        data = path.read_bytes()
        said = act(path, data, chance)
        if not is_found(run):
            missed.append(said)
        path.write_bytes(data)
        for new in NEW:
            (path.parent / new).unlink(missing_ok=True)
    figure(changes=CHANGES, missed=len(missed), seed=seed)
    assert missed == [], seed
    assert evidence.verify(run).problems == NOTHING_WRONG


def is_found(run: Path) -> bool:
    try:
        return bool(evidence.verify(run).problems)
    except OutputError:  # there is no manifest
        return True


def a_byte(path: Path, data: bytes, chance: Random) -> str:
    at = chance.randrange(len(data))
    changed = bytearray(data)
    changed[at] ^= chance.randrange(1, 256)
    path.write_bytes(changed)
    return f"{path.name}: byte {at} is {changed[at]}"


def gone(path: Path, _: bytes, __: Random) -> str:
    path.unlink()
    return f"{path.name}: gone"


def other_length(path: Path, data: bytes, chance: Random) -> str:
    at = chance.randrange(len(data))
    path.write_bytes(chance.choice((data[:at], data[:at] + data[at + 1 :], data[:at] + b"0" + data[at:], data + b"\n")))
    return f"{path.name}: of another length from {at} on"


def one_more(path: Path, data: bytes, chance: Random) -> str:
    new = chance.choice(NEW)
    (path.parent / new).write_bytes(chance.choice((b"", data)))
    return f"{path.parent.name}/{new}: new"


NEW = (".hidden", "more.json", "MANIFEST.sha256.old", "journal.jsonl.torn-0123456789ab")
ACTS: tuple[Callable[[Path, bytes, Random], str], ...] = (a_byte, a_byte, a_byte, gone, other_length, one_more)
CHANGES = 2_000 if whole() else 200


def test_what_was_changed_added_or_taken_away_is_named(run: Path) -> None:
    (run / "checks/T01/samples.csv").write_text("1,3\n")
    (run / "more.txt").write_text("")
    next((run / "approvals").iterdir()).unlink()
    named = [text.partition(":") for text in verify(run).problems]
    assert [(path.split("/")[0], wrong) for path, _, wrong in named] == [
        ("approvals", " is missing"),
        ("checks", " was changed"),
        ("more.txt", " was added"),
    ]


def test_a_file_whose_name_looks_like_that_of_another_is_another(run: Path) -> None:
    (run / "approvals" / "a\u202e.json").write_text("{}")
    bundle(run)
    (run / "approvals" / "a\u202e.json").rename(run / "approvals" / "a\\u202e.json")
    assert verify(run).problems


def test_a_name_that_is_no_utf_8_is_evidence_too(run: Path) -> None:
    with open(os.fsencode(run / "approvals") + b"/a\xff.json", "wb") as file:  # noqa: PTH123 (bytes)
        file.write(b"{}")
    bundle(run)
    assert evidence.verify(run).problems == NOTHING_WRONG
    assert "approvals/a\\xff.json" in json.loads((run / "report.json").read_bytes())["approvals_unused"]


@pytest.mark.parametrize("place", ["report.html", "checks/T02"])
def test_nothing_is_written_through_a_link(run: Path, tmp_path: Path, place: str) -> None:
    there = tmp_path / "there"
    shutil.move(run / place, there)
    (run / place).symlink_to(there)
    before = there.read_bytes() if there.is_file() else sorted(there.iterdir())
    with suppress(OutputError):
        bundle(run)
    assert (there.read_bytes() if there.is_file() else sorted(there.iterdir())) == before
    assert (run / "report.html").is_symlink() is False


def test_a_folder_in_the_place_of_a_report_is_one_line_of_error(run: Path) -> None:
    (run / "report.html").unlink()
    (run / "report.html").mkdir()
    with pytest.raises(OutputError, match=r"report\.html: cannot be written"):
        bundle(run)


def test_hashes_that_were_made_again_do_not_hide_a_journal_that_was_changed(run: Path) -> None:
    journal = run / "journal.jsonl"
    before = verify(run).ident
    journal.write_bytes(journal.read_bytes().replace(b"CHG-1", b"CHG-2"))
    write(run)
    found = verify(run)
    assert ["journal.jsonl:3: is damaged" in text for text in found.problems] == [True]
    assert found.ident != before


def test_a_plan_of_another_run_is_found(run: Path) -> None:
    (run / "plan.json").write_bytes(dump(plan(version="0.2.0")))
    write(run)
    assert verify(run).problems == ("plan.json: is not the plan that the journal began with",)


def test_a_line_that_is_not_whole_is_found(run: Path) -> None:
    with (run / "journal.jsonl").open("ab") as file:
        file.write(b"0123")
    write(run)
    assert verify(run).problems == ("journal.jsonl: its last line is not whole",)


@pytest.mark.parametrize("odd", ["link", "fifo"])
def test_links_and_devices_are_no_evidence(run: Path, odd: str) -> None:
    if odd == "link":
        (run / "checks" / "x").symlink_to("/etc/hostname")
    else:
        os.mkfifo(run / "checks" / "x")
    with pytest.raises(OutputError, match="is neither a file nor a folder"):
        verify(run)


def test_a_folder_without_a_manifest_is_one_line_of_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"MANIFEST\.sha256: No such file"):
        verify(tmp_path)


def lines(run: Path) -> tuple[Line, ...]:
    return read(run).lines


def test_a_bundle_that_was_carried_elsewhere_gives_the_same_reports(run: Path, tmp_path: Path) -> None:
    there = shutil.copytree(run, tmp_path / "elsewhere")
    assert evidence.verify(there) == evidence.verify(run) == verify(run)
    assert bundle(there) == bundle(run) == verify(run).ident


@pytest.mark.parametrize("name", ["timeline.md", "junit.xml", "report.html", "report.json", "checks/T02/result.json"])
def test_a_report_that_does_not_say_what_the_journal_says_is_found(run: Path, name: str) -> None:
    (run / name).write_text((run / name).read_text().replace("T02", "T03"))
    write(run)
    assert evidence.verify(run).problems == (f"{name}: does not say what journal.jsonl says",)


def test_a_report_that_was_taken_away_is_found_although_the_hashes_were_made_again(run: Path) -> None:
    (run / "checks/T02/query.json").unlink()
    write(run)
    assert evidence.verify(run).problems == ("checks/T02/query.json: does not say what journal.jsonl says",)


def test_a_bundle_of_another_version_is_judged_by_its_hashes(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "__version__", "9.9.9")
    (run / "timeline.md").write_text("worded otherwise")
    assert evidence.verify(run).problems == ("timeline.md: was changed",)
    write(run)
    assert evidence.verify(run).problems == NOTHING_WRONG


def test_the_timeline_has_a_row_for_each_step_and_says_what_came(run: Path) -> None:
    text = timeline(plan(), lines(run))
    rows = [line for line in text.splitlines() if line.startswith("| p6")]
    assert [row.split(" | ")[2:4] for row in rows] == [
        ["team-shop", "2026-11-26T10:00:01Z, 15 min"],
        ["team-shop", "2026-11-26T10:15:01Z, 15 min"],
    ]
    assert rows[0].endswith("| verified; T01 pass |")
    assert rows[1].endswith("| pending; T02 fail; T03 inconclusive; T04 waived; T05 error |")
    assert "The run is rolled_back." in text
    assert "rollback begun: T02" in text
    assert "T04 of shop/web by ann until" in text


def test_foreign_text_is_no_markup_in_the_timeline(run: Path) -> None:
    text = timeline(plan(), lines(run))
    assert "<script" not in text
    assert not any(character in text for character in "\u202e\x1b")
    assert all(row.replace("\\|", "").count("|") == 8 for row in text.splitlines() if row.startswith("| p6"))


def test_junit_shows_nothing_green_that_is_undecided(run: Path) -> None:
    root = fromstring(of_run(plan(), lines(run)))
    cases = {
        case.get("name", "")[:3]: [(child.tag, child.get("type")) for child in case] for case in root.iter("testcase")
    }
    assert cases == {
        "T01": [],
        "T02": [("failure", "fail")],
        "T03": [("error", "inconclusive")],
        "T05": [("error", "error")],
        "T04": [("skipped", None)],
    }
    assert "\u202e" not in of_run(plan(), lines(run))


def test_junit_names_the_checks_that_nobody_came_to() -> None:
    root = fromstring(of_run(plan(), ()))
    assert [case.get("name", "")[:3] for case in root.iter("testcase")] == ["T01", "T02"]
    assert [child.tag for case in root.iter("testcase") for child in case] == ["skipped", "skipped"]


def test_a_check_that_this_version_does_not_know_is_one_line_of_error(run: Path) -> None:
    with Journal.open(run, StillClock()) as journal:
        journal.append(say.Verdict(step="p6-5", check=Result(id="T99", subject="shop/web", verdict="pass")))
    with pytest.raises(JournalError, match=r"line \d+: this version knows no check 'T99'"):
        of_run(plan(), lines(run))


def test_what_the_run_ran_on_is_told(run: Path) -> None:
    with Journal.open(run, StillClock()) as journal:
        python, packages = here()
        data = env_json(journal.run, python, packages)
    value = json.loads(data)
    assert data == canonical(value)
    assert set(value["dependencies"]) >= {"boto3", "msgspec", "typer"}
    assert all(len(each["record_sha256"]) == 64 for each in packages.values())
