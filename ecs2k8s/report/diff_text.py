"""A diff for a terminal: the verdict first, then one block for each object that differs."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape
from ecs2k8s.report.diff_words import blocks, hidden_words, quiet_words, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.report.diff_words import Block, Line, Side

    Style = Callable[[str, str], str]  # what a text is (`blocker`, `before`, `after`, `heading`, `quiet`), and the text

INDENT = "      "
LEAST = 40  # columns that a value gets, however narrow the terminal is


def unstyled(_what: str, text: str) -> str:
    return text


def diff_text(diff: Mapping[str, Any], *, everything: bool, width: int, style: Style = unstyled) -> str:
    """The view of the JSON of a diff. Foreign text in it is escaped; *style* only puts colour around words."""
    found = blocks(diff, everything=everything, longest=max(width - len(INDENT) - 2, LEAST))
    shown = [block for block in found if block.lines or block.said]
    first = verdict(diff)
    lines = [style("blocker" if any(line.blocks for block in shown for line in block.lines) else "heading", first)]
    for block in shown:
        lines += ["", *_block(block, width, style)]
    quiet = quiet_words(block for block in found if not (block.lines or block.said))
    if quiet:
        lines += ["", style("quiet", quiet)]
    lines += [line for text in diff["undecided"] for line in ("", *_wrapped("undecided", escape(text), width))]
    return "\n".join(lines) + "\n"


def _block(block: Block, width: int, style: Style) -> Iterator[str]:
    whose = f"  ({block.workload})" if block.workload else ""
    yield style("heading", block.title) + whose
    for text in block.said:
        yield from (f"  {line}" for line in wrap(text, max(width - 2, LEAST)))
    for line in block.lines:
        yield from _line(line, width, style)
    if hidden := hidden_words(block):
        yield style("quiet", f"  = {hidden}")


def _line(line: Line, width: int, style: Style) -> Iterator[str]:
    what = "blocker" if line.blocks else "warning" if line.severity == "warning" else "row"
    grave = f" {line.severity}" if line.severity else ""
    yield style(what, f"  {line.symbol} {line.status}{grave}, {line.risk}:") + f" {line.path}"
    yield from _side("-", "before", line.before, width, style)
    yield from _side("+", "after", line.after, width, style)
    yield from _wrapped("because", line.because, width)
    yield from _wrapped("by", ", ".join(f"{name} {text}" for name, text in line.names), width)


def _side(sign: str, what: str, side: Side | None, width: int, style: Style) -> Iterator[str]:
    """The value, and behind it where it stands, on a line of its own where both are too long."""
    if side is None:
        return
    value = f"{INDENT}{sign} {side.value}"
    origin = f"({side.origin})" if side.origin else ""
    if not origin:
        yield style(what, value)
    elif len(value) + 2 + len(origin) <= width:
        yield style(what, value) + "  " + style("quiet", origin)
    else:
        yield style(what, value)
        yield style("quiet", f"{INDENT}  {origin}")


def _wrapped(label: str, text: str, width: int) -> list[str]:
    if not text:
        return []
    room = max(width - len(INDENT) - len(label) - 2, LEAST)
    first, *rest = wrap(text, room) or [""]
    return [f"{INDENT}{label}: {first}", *(f"{INDENT}  {line}" for line in rest)]
