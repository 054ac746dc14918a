"""The part of report.md about the EKS cluster that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.target_cluster import cluster_checks
from ecs2k8s.report.escape_markdown import plain

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target


def lines(translation: Translation, target: Target) -> list[str]:
    """Markdown: a row for each check; nothing where no cluster was read."""
    found = cluster_checks(translation, target)
    if not found:
        return []
    rows = [f"| {plain(check.name)} | {check.outcome} | {plain(check.said)} |" for check in found]
    return ["## The EKS cluster", "", "| Check | Outcome | Found |", "|---|---|---|", *rows, ""]
