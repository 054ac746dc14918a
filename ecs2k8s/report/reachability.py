"""The table of who could reach whom before, and who can after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.listing import listed
from ecs2k8s.core.traffic import shown
from ecs2k8s.report.escape_markdown import code

if TYPE_CHECKING:
    from ecs2k8s.assess.reachability import Reachability, Row

MOST_ROWS, MOST_NAMES = 200, 3
ABOUT = """Before: what the security groups let through. After: what the network policies and the groups of the pods do,
with the rules of `aws/security-group-rules.json` added and without the policies that are removed after the cutover.
A range of addresses stands for what no narrower one in the table holds."""


def lines(found: Reachability) -> list[str]:
    """A section of report.md: what differs first; no line where nothing is known."""
    if not found.rows:
        return []
    rows = sorted(found.rows, key=lambda row: (row.verdict == "same", "lost" not in row.verdict))
    more = [f"And {len(rows) - MOST_ROWS} more."] if len(rows) > MOST_ROWS else []
    return [
        "## Who reaches whom",
        "",
        ABOUT,
        "",
        "| From | To | Before | After | Verdict |",
        "|---|---|---|---|---|",
        *(_line(row) for row in rows[:MOST_ROWS]),
        "",
        *more,
        *([""] if more else []),
    ]


def _line(row: Row) -> str:
    sides = (listed(row.sources, MOST_NAMES, code), listed(row.targets, MOST_NAMES, code))
    return f"| {' | '.join(sides)} | {shown(row.before)} | {shown(row.after)} | {row.verdict} |"
