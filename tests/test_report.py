"""report.md as a comment on a pull request: short enough, the most important first, and true about what is left out."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from bench.estate import documents
from ecs2k8s.core.documents import Snapshot
from ecs2k8s.core.edits import Edit
from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.accounts import accounts_report
from ecs2k8s.report.edits import edits_files
from ecs2k8s.report.markdown import overview, report
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation

MARKDOWN = MarkdownIt("commonmark").enable("table")
LIMIT = 65_536  # characters of a comment on GitHub
LEFT = re.compile(r"^\*\*(\d+) more (\w+) of this section are in `everything\.md`\.\*\*$", re.MULTILINE)
GROUP = re.compile(r"^### .* \((\d+)\)$", re.MULTILINE)
SEVERITIES = {"Errors": "error", "Warnings": "warning", "Notes": "note"}


def sections(text: str) -> dict[str, str]:
    found = {}
    for part in text.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        found[title] = body
    return found


def left(body: str) -> int:
    said = LEFT.search(body)
    return int(said[1]) if said else 0


def true_to_its_account(translation: Translation, files: dict[str, str]) -> None:
    text = files["report/report.md"]
    assert len(text) <= 60_000 < LIMIT
    assert text.startswith("<!-- ecs2k8s report")
    found = sections(text)
    assert list(found)[:4] == ["What to do next", "Errors", "Warnings", "Workloads"]
    number: Counter[str] = Counter(catalogue()[finding.slug].severity for finding in translation.findings)
    for title, severity in SEVERITIES.items():
        assert sum(map(int, GROUP.findall(found[title]))) + left(found[title]) == number[severity]
    rows = len(re.findall(r"\]\(workloads/", found["Workloads"]))
    assert rows + left(found["Workloads"]) == len(translation.inventory.workloads)
    assert rows > 0
    whole = sections(files.get("report/everything.md", text))
    assert list(whole) == list(found)
    for title, body in whole.items():
        assert not LEFT.search(body)
        assert bool(LEFT.search(found[title]) or "**The rest of" in found[title]) == (len(found[title]) < len(body))
    assert ("report/everything.md" in files) == any(len(found[title]) < len(whole[title]) for title in whole)
    assert sum(path.startswith("report/workloads/") for path in files) == len(translation.inventory.workloads)


def is_whole(text: str) -> None:
    """No table, fold or code is cut in the middle: as many folds end as begin, and no cell is seen as text."""
    html = [token.content for token in MARKDOWN.parse(text) if token.type == "html_block"]
    opened = sum(content.count("<details>") for content in html)
    assert opened == sum(content.count("</details>") for content in html)
    paragraphs = [token.content for token in MARKDOWN.parse(text) if token.type == "inline"]
    assert not [content for content in paragraphs if content.startswith("| ")]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_report_of_a_sample_fits_into_a_comment(name: str) -> None:
    snapshot, target = estate(name)
    translation = translate(snapshot, target)
    files = report(translation, target)
    true_to_its_account(translation, files)
    is_whole(files["report/report.md"])


def big(count: int) -> None:
    target = convert({})
    translation = translate(Snapshot(tuple(documents(count))), target)
    files = report(translation, target)
    true_to_its_account(translation, files)
    is_whole(files["report/report.md"])
    assert "report/everything.md" in files


def test_the_report_of_many_workloads_fits_into_a_comment() -> None:
    big(60)


@pytest.mark.long
def test_the_report_of_eight_hundred_workloads_fits_into_a_comment() -> None:
    big(800)


def test_the_first_line_stays_so_that_a_bot_updates_its_comment() -> None:
    snapshot, target = estate("three-tier")
    first = report(translate(snapshot, target), target)["report/report.md"].split("\n", 1)[0]
    assert first == "<!-- ecs2k8s report 111122223333/eu-west-1 -->"


def test_the_report_of_many_accounts_fits_too() -> None:
    snapshot, target = estate("routing")
    translation = translate(snapshot, target)
    units = [(Path(f"{number:012}/eu-west-1"), translation) for number in range(1_000)]
    text = accounts_report(units, ["nothing in x"] * 3, ["access | denied"])
    assert len(text) <= 60_000
    assert text.startswith("<!-- ecs2k8s accounts -->\n# Accounts and Regions\n")
    said = re.search(r"\*\*(\d+) more directories of this section are in `accounts\.json`\.\*\*", text)
    assert said
    assert text.count("/report/report.md)") + int(said[1]) == 1_000
    assert r"- access \| denied" in text
    is_whole(text)


@pytest.mark.parametrize("count", [1, 400])
def test_the_report_has_room_for_edits(count: int) -> None:
    translation, target = translate(Snapshot(tuple(documents(60))), convert({})), convert({})
    edits = [Edit(f"manifests/{n}.yaml", "spec.replicas", 1, 2, 3, is_conflict=True) for n in range(count)]
    files = {path: data.decode() for path, data in edits_files(edits, partial(overview, translation, target)).items()}
    text = files["report/report.md"]
    is_whole(text)
    assert len(text) <= 60_000
    assert text.startswith("<!-- ecs2k8s report")
    found, whole = sections(text), sections(files["report/everything.md"])
    assert list(found) == list(whole) == ["Your edits", *sections(report(translation, target)["report/report.md"])]
    assert found["Your edits"] == whole["Your edits"]
    more = re.search(r"^(\d+) more are in `edits\.json`\.$", found["Your edits"], re.MULTILINE)
    shown = found["Your edits"].count("| in conflict |")
    assert shown
    assert shown + (int(more[1]) if more else 0) == count
