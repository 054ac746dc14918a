"""report/report.md of several accounts or Regions: what there is, and where to read on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.documents import canonical
from ecs2k8s.report.data import counts
from ecs2k8s.report.escape_markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecs2k8s.assess.translation import Translation

FORMAT = "ecs2k8s/accounts/v1"
Unit = tuple["Path", "Translation"]


def accounts_report(units: Sequence[Unit], empty: Sequence[str], unread: Sequence[str]) -> str:
    """Markdown: a row for each directory, then what could not be read, and where there is nothing to translate."""
    lines = ["# Accounts and Regions", ""]
    lines += [
        "| Directory | Workloads | Objects | Errors | Warnings | Report |",
        "| --- | --: | --: | --: | --: | --- |",
    ]
    for place, translation in units:
        number = counts(translation.findings)
        cells = [
            code(str(place)),
            str(len(translation.translated)),
            str(len(translation.bundle.objects)),
            str(number["error"]),
            str(number["warning"]),
            f"[report.md](../{place}/report/report.md)",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    for title, texts in (("Not read", unread), ("Nothing to translate", empty)):
        if texts:
            lines += ["", f"## {title}", "", *(f"- {plain(text)}" for text in texts)]
    return "\n".join(lines) + "\n"


def accounts_json(units: Sequence[Unit], empty: Sequence[str], unread: Sequence[str]) -> bytes:
    """report/accounts.json: the same for machines, and the mark of the folder."""
    found = [
        {"directory": str(place), "workloads": len(made.translated), "findings": counts(made.findings)}
        for place, made in units
    ]
    return canonical({"format": FORMAT, "directories": found, "empty": list(empty), "unread": list(unread)})
