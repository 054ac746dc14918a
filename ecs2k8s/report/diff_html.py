"""A diff as one page of HTML: no script, nothing fetched, all foreign text escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape
from ecs2k8s.report.diff_words import NUMBERS, blocks, hidden_words, quiet_words, subject, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

LONGEST = 400  # characters of a value


@cache
def environment() -> Environment:
    """Templates of this package; what they are given is text, never markup."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=PackageLoader("ecs2k8s.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def diff_html(diff: Mapping[str, Any], *, everything: bool) -> str:
    """The view of the JSON of a diff."""
    found = blocks(diff, everything=everything, longest=LONGEST)
    return (
        environment()
        .get_template("diff.html")
        .render(
            name=escape(diff["diff"]),
            number=NUMBERS[diff["diff"]],
            subject=subject(diff),
            verdict=verdict(diff),
            left=escape(diff["left"]),
            right=escape(diff["right"]),
            totals=diff["totals"],
            explained=diff["explained"],
            unexplained=diff["unexplained"],
            said=[escape(text) for text in diff["said"]],
            undecided=[escape(text) for text in diff["undecided"]],
            blocks=[block for block in found if block.groups or block.said],
            quiet=quiet_words(block for block in found if not (block.groups or block.said)),
            hidden=hidden_words,
        )
    )
