"""The words and symbols of the ECS cluster query language.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

WORD = r"[^\s()\[\],'\"!=<>|&]+"
TOKEN = re.compile(
    rf"""
      (?P<symbol>\|\||&&|==|!=|>=|<=|=~|!~|[()\[\],><!])
    | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
    | (?P<word>{WORD})
    """,
    re.VERBOSE,
)
# An unquoted regular expression: brackets belong to it as long as they are balanced.
PATTERN = re.compile(r"(?:[^\s()\[\],'\"|&]|\|(?!\|)|&(?!&)|\[[^\]\s]*\]|\([^()\s]*\))+")
SPACE = re.compile(r"\s*")
WORDS = {
    "equals": "==",
    "not_equals": "!=",
    "greater_than": ">",
    "greater_than_equal": ">=",
    "less_than": "<",
    "less_than_equal": "<=",
    "matches": "=~",
    "not_matches": "!~",
    "exists": "exists",
    "not_exists": "!exists",
    "in": "in",
    "not_in": "!in",
}
MATCHES = ("=~", "!~")


class QueryError(ValueError):
    """The text is no expression of the language; says at which column what was expected."""


class Token(NamedTuple):
    """`kind`: symbol, word, quoted or end; `column` counts from 1."""

    kind: str
    value: str
    column: int


def tokens(text: str) -> list[Token]:
    """The tokens of *text* and one for its end. Raises `QueryError`."""
    found: list[Token] = []
    position = _skip(text, 0)
    while position < len(text):
        token, position = _token(text, position, pattern=bool(found) and operator(found[-1]) in MATCHES)
        found.append(token)
        position = _skip(text, position)
    return [*found, Token("end", "", position + 1)]


def _skip(text: str, position: int) -> int:
    space = SPACE.match(text, position)
    return space.end() if space else position


def _token(text: str, position: int, *, pattern: bool) -> tuple[Token, int]:
    raw = PATTERN.match(text, position) if pattern else None
    if raw:
        return Token("word", raw[0], position + 1), raw.end()
    found = TOKEN.match(text, position)
    if not found:
        raise QueryError(f"column {position + 1}: unexpected {text[position : position + 10]!r}")
    kind = str(found.lastgroup)
    return Token("quoted" if kind in ("single", "double") else kind, found[kind], position + 1), found.end()


def operator(token: Token) -> str:
    """The symbol form of an operator that *token* may be; empty where it is none."""
    return WORDS.get(token.value.lower(), "") if token.kind == "word" else token.value if token.kind == "symbol" else ""
