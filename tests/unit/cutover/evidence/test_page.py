"""report.html of a run: what stands on its first screen, and that each claim leads to a file beside it."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from ecs2k8s.cutover.evidence.bundle import bundle
from ecs2k8s.cutover.evidence.page import drawing, headline, lasting, page, styled
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.file import Journal
from tests.cutover_world import Quick
from tests.hostile import HOSTILE
from tests.journals import StillClock
from tests.told_runs import KINDS, hostile, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Made = Callable[[str], Path]


def text_of(folder: Path) -> str:
    return (folder / "report.html").read_text()


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "href" and tag == "a"]


def links(text: str) -> set[str]:
    parser = Links()
    parser.feed(text)
    return set(parser.found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_leads_to_a_file_of_the_folder(made: Made, kind: str) -> None:
    leads_to_files(made(kind))


def test_every_link_leads_to_a_file_also_beside_hostile_text(tmp_path: Path) -> None:
    hostile(tmp_path / "run", HOSTILE)
    leads_to_files(tmp_path / "run")


def leads_to_files(folder: Path) -> None:
    found = {link for link in links(text_of(folder)) if not link.startswith("#")}
    assert {link for link in found if not re.match(r"\./[\w.%-]+(/[\w.%-]+)*$", link)} == set()
    assert {link for link in found if not (folder / unquote(link)).is_file()} == set()
    assert {"./journal.jsonl", "./plan.json", "./report.json", "./MANIFEST.sha256"} <= found


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("completed", "Completed, 8 of 8 steps done."),
        ("running", "Under way, 3 of 8 steps done."),
        ("triggered", "Rolled back: requests and work are with ECS."),
        ("not_back", "NOT rolled back: a person is needed now."),
        ("conflict", "Paused, 6 of 8 steps done: elbv2.rule"),
        ("guided", "Completed, 8 of 8 steps done."),
        ("stopped", "Paused, 0 of 8 steps done: T01"),
    ],
)
def test_the_first_line_says_how_it_stands(made: Made, kind: str, says: str) -> None:
    text = text_of(made(kind))
    assert headline(told(made(kind))).startswith(says)
    assert re.search(rf'<p class="headline [a-z-]+">{re.escape(says)}', text)


def test_a_way_back_that_failed_is_followed_by_what_to_type(made: Made) -> None:
    text = text_of(made("not_back"))
    first = text[text.index("NOT rolled back") : text.index('<ul class="cards">')]
    assert "AccessDenied (<a" in first
    assert "aws elbv2 modify-rule" in first
    assert text.count("Type this now") == 1


def test_a_run_that_a_person_closed_after_a_way_back_that_failed_is_not_green(made: Made, tmp_path: Path) -> None:
    folder = shutil.copytree(made("not_back"), tmp_path / "run")
    with Journal.open(folder, StillClock(), disk=Quick()) as journal:
        journal.append(say.Seal(by="ann", text="CHG-7: set right by hand"))
    bundle(folder)
    text = text_of(folder)
    assert '<p class="headline go-with-work">Closed, 4 of 8 steps done; its way back failed, and a person' in text
    assert "CHG-7: set right by hand" in text
    assert "Type this now" not in text


def test_no_run_but_one_that_failed_to_go_back_is_loud(made: Made) -> None:
    for kind in KINDS.keys() - {"not_back"}:
        assert "Type this now" not in text_of(made(kind)), kind


def test_waivers_undecided_checks_and_approvals_stand_before_everything_else(tmp_path: Path) -> None:
    hostile(tmp_path / "run", "so")
    text = (tmp_path / "run" / "report.html").read_text()
    first = text[: text.index('<section id="weights"')]
    for said in ("<strong>1</strong>waiver", "<strong>1</strong>check undecided", "<strong>1</strong>check failed"):
        assert said in first
    for said in ("The run went on in spite of these checks", "Failed and undecided checks", "Who opened which phase"):
        assert said in first


def test_bars_are_as_high_as_the_share_and_say_it(made: Made) -> None:
    found = drawing(told(made("triggered")))
    assert found
    assert [round(bar.high) for bar in found.bars] == [0, 1, 0, 1, 24, 0]
    assert [bar.told for bar in found.bars] == ["0 %", "1 %", "0 %", "1 %", "25 %", "0 %"]
    assert found.bars[1].lasted == "6 min"
    assert found.said.startswith("EKS got 0 % from 2026-")


def test_a_table_that_is_cut_says_what_is_left_out_and_where_it_is(made: Made) -> None:
    its = told(made("completed"))
    its["calls"] = its["calls"] * 100
    text = page(its)
    assert '200 more are in <a href="./report.json">report.json</a>' in text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, ""),
        (0.0, "0 s"),
        (4.25, "4.25 s"),
        (60, "1 min"),
        (3661, "1 h 1 min"),
        (190_000, "2 d 4 h"),
        (86_400, "1 d"),
    ],
)
def test_how_long_something_lasted_has_two_units(seconds: float | None, told: str) -> None:
    assert lasting(seconds) == told


def test_nothing_that_is_waived_undecided_or_unknown_is_green() -> None:
    green = {word for word in WORDS if styled(word) == "go"}
    assert green == {"verified", "skipped", "answered", "pass"}


WORDS = (
    *("pending", "blocked", "ready", "awaiting_approval", "intent_written", "applied", "verifying", "verified"),
    *("inconclusive", "conflict", "failed", "rolling_back", "rolled_back", "rollback_failed", "skipped", "waived"),
    *("pass", "fail", "error", "not_applicable", "answered", "refused", "unsure", "by a person", "not known"),
)
