"""Foreign text in Markdown: nothing of it is markup."""

from __future__ import annotations

import re

from ecs2k8s.core.escape import escape

SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


def plain(text: str) -> str:
    """*text* as plain words: every character that Markdown or HTML could take for markup is escaped."""
    return SPECIAL.sub(
        lambda found: "&lt;" if found[1] == "<" else "&amp;" if found[1] == "&" else f"\\{found[1]}", escape(text)
    )


def code(text: str) -> str:
    """*text* as a code span, also inside a table."""
    shown = escape(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
