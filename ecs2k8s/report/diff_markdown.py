"""A diff as a comment on a pull request: a table of totals, then one fold for each object, within a forge's limit."""

from __future__ import annotations

import re
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.escape import escape
from ecs2k8s.report.diff_words import NUMBERS, blocks, cut, hidden_words, more_words, quiet_words, verdict
from ecs2k8s.report.escape_markdown import code, plain, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.report.diff_words import Block, Group, Side

MOST = 60_000  # characters; GitHub takes 65,536 in a comment
ROOM = 600  # of them, for what is said at the end
ALIKE = 6  # leaves of one object of which the same is said
LONGEST = 160  # characters of a value
ALIVE = re.compile(r"@|://|www\.|#\d", re.IGNORECASE)  # what a forge makes a link or a mention of
UNTOLD = "the same, explained, or carried over without a warning; `--all` shows them"
END = "</details>"


def diff_markdown(diff: Mapping[str, Any], *, everything: bool) -> str:
    """The view of the JSON of a diff. What does not fit is counted, and found in the JSON."""
    found = blocks(diff, everything=everything, longest=LONGEST, brief=True)
    shown = [block for block in found if block.groups or block.said]
    text = "\n".join(_head(diff)) + "\n"
    leaves, objects = sum(block.shown for block in shown), len(shown)
    for block in shown:
        part, whole = _fold(block, MOST - ROOM - len(text), most=block.shown if everything else ALIKE)
        text += part
        if not whole:
            break
        leaves, objects = leaves - block.shown, objects - 1
    quiet = quiet_words((block for block in found if not (block.groups or block.said)), UNTOLD)
    return text + "\n".join(_end(diff, leaves, objects, quiet)) + "\n"


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
    for text in diff["said"][:ALIKE]:
        yield f"{_words(cut(escape(text), LONGEST))}\n"


def _end(diff: Mapping[str, Any], leaves: int, objects: int, quiet: str) -> Iterator[str]:
    if quiet:
        yield f"{quiet}."
    if diff["undecided"]:
        yield f"{len(diff['undecided'])} undecided: what could not be read or judged is in the JSON form."
    if objects:
        number = f"{objects} object{'' if objects == 1 else 's'} with {leaves} leaves"
        yield f"**Cut here: {number} had no room, or not all of it. The JSON form of this diff has everything.**"


def _fold(block: Block, room: int, most: int) -> tuple[str, bool]:
    """One object, and whether it had room whole; nothing where not even one of its leaves had."""
    head = "\n".join(_above(block)) + "\n"
    foot = "\n".join([*([f"\n{hidden}."] if (hidden := hidden_words(block)) else []), "", END, "", ""])
    used = len(head) + len(foot)
    rows = [f"{row}\n" for group in block.groups for row in _rows(group, most)]
    fitting = list(takewhile(lambda size: size <= room, accumulate((len(row) for row in rows), initial=used)))
    shown = len(fitting) - 1
    if shown < 0 or (rows and not shown):
        return "", False
    return head + "".join(rows[:shown]) + foot, shown == len(rows)


def _above(block: Block) -> Iterator[str]:
    whose = f" (<code>{_html(block.about)}</code>)" if block.about else ""
    number = f"{block.shown} {'leaf' if block.shown == 1 else 'leaves'}"
    about = f"{block.verb}<code>{_html(block.subject)}</code>{whose}: {number}"
    first = f", first {block.risk}" if block.risk else ""
    grave = ("open", "BLOCKER ") if block.blocks else ("", "")
    yield f"<details {grave[0]}><summary>{grave[1]}{about}{first}</summary>".replace(" >", ">")
    yield ""
    for text in block.said:
        yield f"{_words(text)}\n"
    if block.groups:
        yield "| | Risk | Field | Before | After | Why |"
        yield "|---|---|---|---|---|---|"


def _rows(group: Group, most: int) -> Iterator[str]:
    what = f"{group.symbol} {group.status}" + (f" **{group.severity}**" if group.severity else "")
    why = _why(group)
    for line in group.lines[:most]:
        before, after = _side(line.before), _side(line.after, same=line.alike)
        yield f"| {what} | {line.risk} | {code(line.path)} | {before} | {after} | {why} |"
        why = "the same"
    if more := more_words(group, most):
        yield f"| {what} | | {more} | | | {why} |"


def _side(side: Side | None, *, same: bool = False) -> str:
    if side is None:
        return ""
    return ("=" if same else code(side.value)) + (f" <br> {code(side.place)}" if side.origin else "")


def _why(group: Group) -> str:
    """The reason, and what can be looked up, in one cell."""
    reason = [_words(group.because, code)] if group.because else []
    return " <br> ".join([*reason, *(f"{name} {code(text)}" for name, text in group.names)])


def _words(text: str, quoted: Callable[[str], str] = span) -> str:
    """A sentence that may hold foreign text; as code where a forge would make a link or a mention of a part of it."""
    return quoted(text) if ALIVE.search(text) else plain(text)


def _html(text: str) -> str:
    """Foreign text inside an element of HTML: every character that Markdown or HTML could take for markup by number."""
    return re.sub(r"[^A-Za-z0-9/ ._-]", lambda found: f"&#{ord(found[0])};", escape(text))
