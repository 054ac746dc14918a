"""Foreign text in Markdown: nothing of it is markup."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

SPECIAL = re.compile(r"([\\`*_\[\]<&|~$@])")
OWN = ("because", "action")  # arguments that are text of the tables themselves


def plain(text: str) -> str:
    """Foreign *text* as plain words: what Markdown, HTML or a forge could take for markup is escaped."""
    return SPECIAL.sub(
        lambda found: {"<": "&lt;", "&": "&amp;", "@": "&#64;"}.get(found[1], f"\\{found[1]}"), escape(text)
    )


def ours(text: str) -> str:
    """Text of `mappings/`, which is Markdown already, but for what would be HTML or end a cell of a table."""
    return text.replace("<", "&lt;").replace("|", "\\|")


SPAN = re.compile(r"(`[^`]*`)")


def filled(template: str, args: Iterable[tuple[str, str]]) -> str:
    """A text of the catalogue with its arguments: foreign ones as code spans, or inside the span they stand in."""
    raw = dict(args)
    given = {name: ours(value) if name in OWN else code(value) for name, value in raw.items()}
    parts = SPAN.split(template)  # every second one is a span
    return "".join(
        code(part[1:-1].format_map(raw)) if at % 2 and "{" in part else ours(part).format_map(given)
        for at, part in enumerate(parts)
    )


@lru_cache(maxsize=100_000)  # workloads share most of their paths
def code(text: str) -> str:
    """*text* as a code span, also inside a table."""
    shown = escape(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
