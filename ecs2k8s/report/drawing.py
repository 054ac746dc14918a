"""Drawings as values: boxes, lines between them, and the words that say the same. Templates write them as SVG."""

from __future__ import annotations

from dataclasses import dataclass

from ecs2k8s.core.escape import escape

LETTER = 7.3  # width of one letter of a label: 12 px in a monospaced font, rounded up
PADDING = 10
BOX_HEIGHT = 38
WIDE = "\u2e80"  # from here on letters may take two columns


@dataclass(frozen=True, slots=True)
class Box:
    """`kind` is a word that a reader sees above `label`; `full` is what the label was before it was cut."""

    x: int
    y: int
    width: int
    height: int
    style: str
    kind: str
    label: str
    full: str
    href: str = ""

    @property
    def left(self) -> tuple[int, int]:
        return self.x, self.y + self.height // 2

    @property
    def right(self) -> tuple[int, int]:
        return self.x + self.width, self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Line:
    """A curve; `dashed` ones are permissions that nobody was seen to use."""

    path: str
    title: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    ident: str
    width: int
    height: int
    title: str
    said: str  # what the drawing shows, in words
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...] = ()
    arrows: bool = False  # at the ends of lines


def box(x: int, y: int, width: int, style: str, kind: str, name: str, href: str = "") -> Box:  # noqa: PLR0913, PLR0917
    """A box that holds as much of *name* as it is wide."""
    return Box(x, y, width, BOX_HEIGHT, style, kind, clipped(name, width - 2 * PADDING), escape(name), href)


def clipped(text: str, width: float) -> str:
    """As much of *text* as fits, hidden characters made visible; an ellipsis stands for the rest."""
    shown = escape(text)
    room = int(width / LETTER)
    if columns(shown) <= room:
        return shown
    found, used = [], 1
    for letter in shown:
        used += columns(letter)
        if used > room:
            break
        found.append(letter)
    return "".join(found) + "…"


def curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the right side of one box to the left side of another; back to the left in a bow."""
    bend = max(24, abs(end[0] - start[0]) // 2)
    return f"M{start[0]} {start[1]}C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"


def columns(text: str) -> int:
    return sum(2 if letter >= WIDE else 1 for letter in text)
