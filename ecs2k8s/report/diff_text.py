"""A diff for a terminal: the verdict first, then one block for each object that differs."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape
from ecs2k8s.report.diff_words import blocks, hidden_words, more_words, quiet_words, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.report.diff_words import Block, Group, Line, Side

    Style = Callable[[str, str], str]  # what a text is (`blocker`, `before`, `after`, `heading`, `quiet`), and the text

LEAST = 40  # columns that a value gets, however narrow the terminal is
MOST = 6  # leaves of which the same is said


def unstyled(_what: str, text: str) -> str:
    return text


def diff_text(diff: Mapping[str, Any], *, everything: bool, width: int, style: Style = unstyled) -> str:
    """The view of the JSON of a diff. Foreign text in it is escaped; *style* only puts colour around words."""
    found = blocks(diff, everything=everything, longest=max(width - 8, LEAST))
    shown = [block for block in found if block.groups or block.said]
    lines = [style("blocker" if any(block.blocks for block in shown) else "heading", verdict(diff))]
    lines += [line for text in diff["said"] for line in _wrapped(escape(text), 0, width)]
    for block in shown:
        lines += ["", *_block(block, width, style, everything=everything)]
    if quiet := quiet_words(block for block in found if not (block.groups or block.said)):
        lines += ["", style("quiet", quiet)]
    lines += [line for text in diff["undecided"] for line in ("", *_wrapped(f"undecided: {escape(text)}", 0, width))]
    return "\n".join(lines) + "\n"


def _block(block: Block, width: int, style: Style, *, everything: bool) -> Iterator[str]:
    whose = f"  ({block.about})" if block.about else ""
    yield style("heading", block.verb + block.subject) + whose
    for text in block.said:
        yield from _wrapped(text, 2, width)
    for group in block.groups:
        yield from _group(group, width, style, most=len(group.lines) if everything else MOST)
    if hidden := hidden_words(block):
        yield style("quiet", f"  = {hidden}")


def _group(group: Group, width: int, style: Style, *, most: int) -> Iterator[str]:
    what = "blocker" if group.blocks else "warning" if group.severity == "warning" else "row"
    word = group.status + (f" ({group.severity})" if group.severity else "")
    about = f", because: {group.because}" if group.because else ""
    first, *rest = _wrapped(f"{group.symbol} {word}{about}", 2, width)
    yield style(what, first)
    yield from rest
    for text in _wrapped(", ".join(f"{name} {text}" for name, text in group.names), 4, width):
        yield style("quiet", text)
    for line in group.lines[:most]:
        yield from _line(line, width, style)
    if more := more_words(group, most):
        yield style("quiet", f"      {more}")


def _line(line: Line, width: int, style: Style) -> Iterator[str]:
    yield f"      {line.risk}  {line.path}"
    if line.alike and line.before and line.after:
        yield f"        = {line.before.value}"
        yield from (style("quiet", f"          {_at(side)}") for side in (line.before, line.after) if side.origin)
        return
    yield from _side("-", "before", line.before, width, style)
    yield from _side("+", "after", line.after, width, style)


def _side(sign: str, what: str, side: Side | None, width: int, style: Style) -> Iterator[str]:
    """The value, and behind it where it stands, on a line of its own where both are too long."""
    if side is None:
        return
    value, origin = f"        {sign} {side.value}", _at(side)
    if not side.origin:
        yield style(what, value)
    elif len(value) + 2 + len(origin) <= width:
        yield style(what, value) + "  " + style("quiet", origin)
    else:
        yield style(what, value)
        yield style("quiet", f"          {origin}")


def _at(side: Side) -> str:
    return f"({side.place})"


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    return wrap(
        text,
        max(width, LEAST),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )
