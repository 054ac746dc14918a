"""The part of report.md about the EKS cluster that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.report.escape_markdown import plain

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation


def lines(translation: Translation) -> list[str]:
    """Markdown: a row for each check; nothing where no cluster was read."""
    if not translation.checks:
        return []
    rows = [f"| {plain(check.name)} | {check.outcome} | {plain(check.said)} |" for check in translation.checks]
    return ["## The EKS cluster", "", "| Check | Outcome | Found |", "|---|---|---|", *rows, ""]
