"""Text of the catalogue with its arguments, as runs that a view marks up: nothing in a run is markup itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Literal

from ecs2k8s.report.escape_markdown import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.report.data import Said

Kind = Literal["plain", "code", "strong"]
MARKED = re.compile(r"(`[^`]*`|\*\*[^*]*\*\*)")  # all the Markdown that texts of mappings/ use


@dataclass(frozen=True, slots=True)
class Span:
    kind: Kind
    text: str


Text = tuple[Span, ...]


@lru_cache(maxsize=10_000)
def own(text: str) -> Text:
    """Text of `mappings/` without arguments."""
    return tuple(_own(text, {}))


def message(item: Said) -> Text:
    return filled(item.text, item.finding.args)


def action(item: Said) -> Text:
    return filled(item.todo, item.finding.args)


@lru_cache(maxsize=100_000)
def filled(template: str, args: tuple[tuple[str, str], ...]) -> Text:
    """A text of the catalogue with its arguments: foreign ones as code, or inside the code that they stand in."""
    return tuple(_own(template, dict(args)))


def _own(text: str, args: Mapping[str, str]) -> Iterator[Span]:
    for part in MARKED.split(text):
        if part.startswith("`"):
            yield Span("code", part[1:-1].format_map(args) if args else part[1:-1])
        elif part.startswith("**"):
            yield Span("strong", part[2:-2].format_map(args) if args else part[2:-2])
        elif args:
            yield from _with_arguments(part, args)
        elif part:
            yield Span("plain", part)


def _with_arguments(text: str, args: Mapping[str, str]) -> Iterator[Span]:
    for literal, name, _, _ in Formatter().parse(text):
        if literal:
            yield Span("plain", literal)
        if name in OWN:
            yield from _own(args[name], {})
        elif name:
            yield Span("code", args[name])
