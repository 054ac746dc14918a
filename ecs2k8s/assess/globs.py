"""Globs as conditions of rules have them, matched without trying anything twice."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def _glob(pattern: str, *, fold: bool, escapes: bool) -> re.Pattern[str]:
    """As Python's regular expression; what is found between two stars is kept, so that nothing is tried twice."""
    parts = [""]
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL) if escapes else pattern:
        match piece:
            case "*":
                parts.append("")
            case "?":
                parts[-1] += "."
            case _:
                parts[-1] += re.escape(piece[-1])
    first, *rest = parts
    tail = "".join(f"(?>.*?{part})" for part in rest[:-1]) + (f".*{rest[-1]}" if rest else "")
    return re.compile(first + tail, re.DOTALL | (re.IGNORECASE if fold else 0))


def glob(pattern: str, text: str, *, fold: bool = False, escapes: bool = False) -> bool:
    """Whether *pattern* is all of *text*: `*` is any run, `?` one character, if *escapes*, not behind a backslash."""
    return _glob(pattern, fold=fold, escapes=escapes).fullmatch(text) is not None


def glob_example(pattern: str, fill: str, *, escapes: bool = False) -> str:
    """A text that *pattern* matches, with *fill* for each star."""
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL) if escapes else pattern
    return "".join({"*": fill, "?": "x"}.get(piece, piece[-1]) for piece in pieces)
