"""A diff as one page of HTML: no script, nothing fetched, all foreign text escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.report.diff_words import NUMBERS, blocks, hidden_words, quiet_words, subject, verdict
from ecs2k8s.report.templating import rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 400  # characters of a value


def diff_html(diff: Mapping[str, Any], *, everything: bool) -> str:
    """The view of the JSON of a diff."""
    found = blocks(diff, everything=everything, longest=LONGEST)
    page = rendered(
        "diff.html",
        name=diff["diff"],
        number=NUMBERS[diff["diff"]],
        subject=subject(diff),
        verdict=verdict(diff),
        left=diff["left"],
        right=diff["right"],
        totals=diff["totals"],
        explained=diff["explained"],
        unexplained=diff["unexplained"],
        said=diff["said"],
        undecided=diff["undecided"],
        blocks=[block for block in found if block.groups or block.said],
        quiet=quiet_words(block for block in found if not (block.groups or block.said)),
        hidden=hidden_words,
    )
    return f"{page}\n"
