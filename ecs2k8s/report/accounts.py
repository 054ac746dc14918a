"""report/report.md of several accounts or Regions: what there is, and where to read on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.documents import canonical
from ecs2k8s.report.data import counts
from ecs2k8s.report.escape_markdown import code, plain
from ecs2k8s.report.sections import MOST, Item, Section, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecs2k8s.assess.translation import Translation

FORMAT = "ecs2k8s/accounts/v1"
Unit = tuple["Path", "Translation"]


def accounts_report(units: Sequence[Unit], empty: Sequence[str], unread: Sequence[str]) -> str:
    """Markdown: a row for each directory, then what could not be read, and where there is nothing to translate."""
    head = ("| Directory | Workloads | Objects | Errors | Warnings | Report |", "| --- | --: | --: | --: | --: | --- |")
    rows = [_row(place, translation) for place, translation in units]
    items = [Item((*head, row)) for row in rows[:1]] + [Item((row,)) for row in rows[1:]]
    sections = [Section("Directories", tuple(items), "directories")]
    for title, texts in (("Not read", unread), ("Nothing to translate", empty)):
        if texts:
            sections.append(Section(title, tuple(Item((f"- {plain(each)}",)) for each in texts)))
    text, _ = fitted(["<!-- ecs2k8s accounts -->", "# Accounts and Regions", ""], sections, MOST, "accounts.json")
    return text


def _row(place: Path, translation: Translation) -> str:
    number = counts(translation.findings)
    cells = [
        code(str(place)),
        str(len(translation.translated)),
        str(len(translation.bundle.objects)),
        str(number["error"]),
        str(number["warning"]),
        f"[report.md](../{place}/report/report.md)",
    ]
    return f"| {' | '.join(cells)} |"


def accounts_json(units: Sequence[Unit], empty: Sequence[str], unread: Sequence[str]) -> bytes:
    """report/accounts.json: the same for machines, and the mark of the folder."""
    found = [
        {"directory": str(place), "workloads": len(made.translated), "findings": counts(made.findings)}
        for place, made in units
    ]
    return canonical({"format": FORMAT, "directories": found, "empty": list(empty), "unread": list(unread)})
