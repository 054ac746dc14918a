"""A diff as a comment on a pull request: a table of totals, then one fold for each object, within a forge's limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape
from ecs2k8s.report.diff_words import NUMBERS, blocks, hidden_words, quiet_words, verdict
from ecs2k8s.report.escape_markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.report.diff_words import Block, Line, Side

MOST = 60_000  # characters; GitHub takes 65,536 in a comment
ROOM = 600  # of them, for what is said at the end
LONGEST = 160  # characters of a value
ALIVE = re.compile(r"@|://|www\.|#\d", re.IGNORECASE)  # what a forge makes a link or a mention of
END = "</details>"


def diff_markdown(diff: Mapping[str, Any], *, everything: bool) -> str:
    """The view of the JSON of a diff. What does not fit is counted, and found in the JSON."""
    found = blocks(diff, everything=everything, longest=LONGEST)
    shown = [block for block in found if block.lines or block.said]
    text = "\n".join(_head(diff)) + "\n"
    rows_left = sum(len(block.lines) for block in shown)
    objects_left = len(shown)
    for block in shown:
        part, rows = _fold(block, MOST - ROOM - len(text))
        text += part
        rows_left -= rows
        objects_left -= bool(part) and rows == len(block.lines)
        if rows < len(block.lines) or not part:
            break
    return text + "\n".join(_end(diff, rows_left, objects_left, [b for b in found if not (b.lines or b.said)])) + "\n"


def _head(diff: Mapping[str, Any]) -> Iterator[str]:
    yield f"<!-- ecs2k8s diff {escape(diff['diff'])} -->"  # a bot finds its comment by it
    yield f"**{NUMBERS[diff['diff']]}** {_words(verdict(diff))}"
    yield ""
    yield "| Left | Right |" + "".join(f" {status} |" for status in diff["totals"]) + " explained | unexplained |"
    yield "|---|---|" + "---:|" * (len(diff["totals"]) + 2)
    counts = "".join(f" {number} |" for number in diff["totals"].values())
    sides = f"| {code(diff['left'])} | {code(diff['right'])} |"
    yield f"{sides}{counts} {diff['explained']} | {diff['unexplained']} |"
    yield ""


def _end(diff: Mapping[str, Any], rows: int, objects: int, quiet: list[Block]) -> Iterator[str]:
    if words := quiet_words(quiet):
        yield f"{words}."
    if diff["undecided"]:
        yield f"{len(diff['undecided'])} undecided: what could not be read or judged is in the JSON form."
    if rows or objects:
        yield f"**Cut here: {rows} more rows of {objects} objects are in the JSON form of this diff.**"


def _fold(block: Block, room: int) -> tuple[str, int]:
    """One object and how many of its rows it shows; nothing where not even one has room."""
    head = "\n".join(_above(block)) + "\n"
    foot = "\n".join([*([f"\n{hidden}."] if (hidden := hidden_words(block)) else []), "", END, "", ""])
    used, rows = len(head) + len(foot), []
    for line in block.lines:
        row = _row(line) + "\n"
        if used + len(row) > room:
            break
        used += len(row)
        rows.append(row)
    if used > room or (block.lines and not rows):
        return "", 0
    return head + "".join(rows) + foot, len(rows)


def _above(block: Block) -> Iterator[str]:
    grave = any(line.blocks for line in block.lines)
    whose = f" of <code>{_html(block.workload)}</code>" if block.workload else ""
    about = f"{block.verb}<code>{_html(block.subject)}</code>{whose}: {len(block.lines)} shown"
    first = f", first {block.risk}" if block.risk else ""
    yield f"<details{' open' if grave else ''}><summary>{'BLOCKER ' if grave else ''}{about}{first}</summary>"
    yield ""
    for text in block.said:
        yield f"{_words(text)}\n"
    if block.lines:
        yield "| | Risk | Field | Before | After | Why |"
        yield "|---|---|---|---|---|---|"


def _row(line: Line) -> str:
    what = f"{line.symbol} {line.status}" + (f" **{line.severity}**" if line.severity else "")
    cells = [what, line.risk, code(line.path), _side(line.before), _side(line.after), _why(line)]
    return f"| {' | '.join(cells)} |"


def _side(side: Side | None) -> str:
    if side is None:
        return ""
    return code(side.value) + (f" <br> {code(side.origin)}" if side.origin else "")


def _why(line: Line) -> str:
    """Reason, rule, manager and findings in one cell."""
    parts = [_words(line.because)] if line.because else []
    parts += [f"{name} {code(text)}" for name, text in line.names]
    return " <br> ".join(parts)


def _words(text: str) -> str:
    """A sentence that may hold foreign text; as code where a forge would make a link or a mention of a part of it."""
    return code(text) if ALIVE.search(text) else plain(text)


def _html(text: str) -> str:
    """Foreign text inside an element of HTML: every character that Markdown or HTML could take for markup by number."""
    return re.sub(r"[^A-Za-z0-9/ ._-]", lambda found: f"&#{ord(found[0])};", escape(text))
