"""Regular expressions, matched without backtracking, and texts that they match.

They come from the input, and some keep Python's matcher busy for ages. Here they are read into a tree and matched by
sets of places in the text, so time grows only with the lengths of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = "xa0X-_./ " + "".join(
    map(chr, (*range(97, 123), *range(33, 127)))
)  # the first that fits stands for a class of characters
SETS_OF_SETS = re.compile(r"\[|--|&&|\|\||~~")  # in a class: Python reads these in a way of its own
CLASSES = frozenset("dwsDWS")
COUNTS = re.compile(r"\{([0-9]{1,3})(,?)([0-9]{0,3})\}")
QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
GROUPS = re.compile(r"\?(:|P?<[A-Za-z_][A-Za-z0-9_]*>)")  # capture nothing, or by name: all the same for matching
DEEPEST = 20  # groups in groups
LONGEST = 512  # characters; ELB takes 128


@dataclass(frozen=True, slots=True)
class One:
    """One character of a class."""

    pattern: re.Pattern[str]

    def ends(self, text: str, starts: set[int]) -> set[int]:
        return {at + 1 for at in starts if at < len(text) and self.pattern.fullmatch(text[at])}

    def example(self, more: int) -> str:  # noqa: ARG002 - the same for all nodes
        return next((sample for sample in SAMPLES if self.pattern.fullmatch(sample)), "\0")


@dataclass(frozen=True, slots=True)
class Edge:
    at_end: bool

    def ends(self, text: str, starts: set[int]) -> set[int]:
        return starts & {len(text) if self.at_end else 0}

    def example(self, more: int) -> str:  # noqa: ARG002
        return ""


@dataclass(frozen=True, slots=True)
class Row:
    parts: tuple[Node, ...]

    def ends(self, text: str, starts: set[int]) -> set[int]:
        for part in self.parts:
            starts = part.ends(text, starts)
        return starts

    def example(self, more: int) -> str:
        return "".join(part.example(more) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Node, ...]

    def ends(self, text: str, starts: set[int]) -> set[int]:
        return {end for option in self.options for end in option.ends(text, starts)}

    def example(self, more: int) -> str:
        return self.options[more % len(self.options)].example(more)


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Node
    least: int
    most: int | None

    def ends(self, text: str, starts: set[int]) -> set[int]:
        for _ in range(self.least):
            starts = self.part.ends(text, starts)
        found, new, times = set(starts), starts, self.least
        while new and (self.most is None or times < self.most):
            new = self.part.ends(text, new) - found
            found |= new
            times += 1
        return found

    def example(self, more: int) -> str:
        times = self.least + more
        return self.part.example(more) * (times if self.most is None else min(times, self.most))


Node = One | Edge | Row | Choice | Repeat


class _Unreadable(Exception):  # noqa: N818
    pass


def _unreadable() -> NoReturn:
    raise _Unreadable


class _Reader:
    def __init__(self, pattern: str, *, fold: bool) -> None:
        self.pattern, self.at, self.depth = pattern, 0, 0
        self.flags = re.DOTALL | (re.IGNORECASE if fold else 0)

    def take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def next(self) -> str:
        if self.at >= len(self.pattern):
            _unreadable()
        self.at += 1
        return self.pattern[self.at - 1]

    def choice(self) -> Node:
        options = [self.row()]
        while self.take("|"):
            options.append(self.row())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def row(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.repeat(self.item()))
        return Row(tuple(parts))

    def repeat(self, part: Node) -> Node:
        counts = COUNTS.match(self.pattern, self.at)
        if counts:
            self.at = counts.end()
            most = counts[3] or (None if counts[2] else counts[1])
            part = Repeat(part, int(counts[1]), None if most is None else int(most))
        elif self.pattern[self.at : self.at + 1] in QUANTIFIERS:
            part = Repeat(part, *QUANTIFIERS[self.next()])
        else:
            return part
        self.take("?")  # lazy: the same texts match
        if self.pattern[self.at : self.at + 1] in {"+", "*", "?", "{"}:
            _unreadable()
        return part

    def item(self) -> Node:
        match self.next():
            case "(":
                return self.group()
            case "^" | "$" as edge:
                return Edge(at_end=edge == "$")
            case "[":
                return self.one(self.class_text())
            case "\\":
                return self.one(self.escape())
            case "*" | "+" | "?" | "{" | ")":
                _unreadable()
            case plain:
                return self.one(plain if plain == "." else re.escape(plain))

    def group(self) -> Node:
        kind = GROUPS.match(self.pattern, self.at)
        self.at = kind.end() if kind else self.at
        self.depth += 1
        if self.depth > DEEPEST or (not kind and self.take("?")):
            _unreadable()
        inner = self.choice()
        if not self.take(")"):
            _unreadable()
        self.depth -= 1
        return inner

    def escape(self) -> str:
        escaped = self.next()
        if escaped.isalnum() and escaped not in CLASSES:
            _unreadable()
        return f"\\{escaped}" if escaped in CLASSES else re.escape(escaped)

    def class_text(self) -> str:
        start = self.at
        self.take("^")
        self.take("]")
        while not self.take("]"):
            if self.next() == "\\":
                self.next()
        body = self.pattern[start : self.at - 1]
        if SETS_OF_SETS.search(body):
            _unreadable()
        return f"[{body}]"

    def one(self, text: str) -> One:
        try:
            return One(re.compile(text, self.flags))
        except re.error:
            _unreadable()


@lru_cache(maxsize=4096)
def _tree(pattern: str, *, fold: bool) -> Node | None:
    if len(pattern) > LONGEST:
        return None
    reader = _Reader(pattern, fold=fold)
    try:
        tree = reader.choice()
    except _Unreadable:
        return None
    return tree if reader.at == len(pattern) else None


def regex(pattern: str, text: str, *, fold: bool = False) -> bool:
    """Whether *pattern* is somewhere in *text*. One that cannot be read (looking around, references) is nowhere.

    Whether ELB wants all of the text to match is not documented; both lists of a comparison are read the same way.
    """
    tree = _tree(pattern, fold=fold)
    return tree is not None and bool(tree.ends(text, set(range(len(text) + 1))))


def regex_examples(pattern: str, before: str = "", *, fold: bool = False) -> Iterator[str]:
    """Texts that *pattern* matches, with *before* in front where that is needed; none if it cannot be read."""
    tree = _tree(pattern, fold=fold)
    for more in (0, 1) if tree else ():
        text = tree.example(more) if tree else ""
        text = text if text.startswith(before) else before + text
        if regex(pattern, text, fold=fold):
            yield text
