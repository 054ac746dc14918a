"""Foreign text in Markdown: nothing of it is markup.

What stands in a cell of a table goes through `code`, `ours` and `cell`, what stands anywhere else through `span`,
`prose` and `filled`: only a cell ends at `|`, and only there is `\\|` shown as one. `plain` is for both.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Args = Iterable[tuple[str, str]]

SPECIAL = re.compile(r"([\\`*_\[\]<&|~$@#!])")
ENTITIES = {"<": "&lt;", "&": "&amp;", "@": "&#64;", "#": "&#35;"}
# What forges make links of without being asked.
ADDRESS = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(?=:)|(www)(?=\.)|\b(gh)(?=-\d)")
LEADING = re.compile(r"^(\s*)([-+=>]|\d{1,9}(?=[.)]))")  # what would begin a list, a quote or a heading
OWN = ("because", "action")  # arguments that are text of the tables themselves
SPAN = re.compile(r"(`[^`]*`)")


def plain(text: str) -> str:
    """Foreign *text* as plain words: what Markdown, HTML or a forge could take for markup is escaped."""
    shown = SPECIAL.sub(lambda found: ENTITIES.get(found[1], f"\\{found[1]}"), escape(text))
    shown = ADDRESS.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", shown)
    return LEADING.sub(lambda found: f"{found[1]}{_numbered(found[2])}", shown)


def _numbered(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)


def prose(text: str) -> str:
    """Text of `mappings/`, which is Markdown already, but for what would be HTML outside of code spans."""
    parts = SPAN.split(text)  # every second one is a span
    return "".join(part if at % 2 else part.replace("<", "&lt;") for at, part in enumerate(parts))


def ours(text: str) -> str:
    """The same in a cell of a table."""
    return prose(text).replace("|", "\\|")


def filled(template: str, args: Args) -> str:
    """A text of the catalogue with its arguments: foreign ones as code spans, or inside the span they stand in."""
    return _filled(template, dict(args), prose, span)


def cell(template: str, args: Args) -> str:
    """`filled` in a cell of a table."""
    return _filled(template, dict(args), ours, code)


def _filled(template: str, raw: dict[str, str], own: Callable[[str], str], foreign: Callable[[str], str]) -> str:
    given = {name: own(value) if name in OWN else foreign(value) for name, value in raw.items()}
    parts = SPAN.split(template)
    return "".join(
        foreign(part[1:-1].format_map(raw)) if at % 2 and "{" in part else own(part).format_map(given)
        for at, part in enumerate(parts)
    )


@lru_cache(maxsize=100_000)  # workloads share most of their paths
def span(text: str) -> str:
    """*text* as a code span."""
    shown = escape(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    stripped = shown.startswith(" ") and shown.endswith(" ") and shown.strip()  # of one space on each side
    pad = " " if longest or stripped else ""
    return f"{fence}{pad}{shown or ' '}{pad}{fence}"


BACKSLASH, PIPE = "\\\\", "\\|"  # as `plain` writes them


@lru_cache(maxsize=100_000)
def code(text: str) -> str:
    """*text* as a code span in a cell of a table.

    Renderers do not agree on what a backslash before `\\|` means, so that text is an element of HTML.
    """
    if "\\|" in text:
        return f"<code>{plain(text).replace(BACKSLASH, '&#92;').replace(PIPE, '&#124;')}</code>"
    return span(text).replace("|", "\\|")
