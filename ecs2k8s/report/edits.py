"""What people changed in the generated files: for the terminal, for report.md, and as report/edits.json."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import MASKED
from ecs2k8s.compare.masking import Mask
from ecs2k8s.compare.shown import Shown
from ecs2k8s.core.documents import canonical
from ecs2k8s.core.edits import ABSENT
from ecs2k8s.core.shell_secrets import line as without_secrets
from ecs2k8s.report.escape_markdown import code, plain
from ecs2k8s.report.sections import Item, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecs2k8s.core.edits import Edit

FORMAT = "ecs2k8s/edits/v1"
EDITS = "report/edits.json"
LONGEST = 60
MOST = 4_500  # characters of the rows
HEAD = "| | file | field | generated before | generated now | yours |", "|---|---|---|---|---|---|"
SETTLING = (
    "Settle a conflict by writing what is generated into the file, with `--overwrite FILE`, which takes the generated "
    "file whole, or with `--keep FILE`, which makes yours stand. An export into another directory (`-o`) shows what is "
    "generated for a file that is in conflict as a whole."
)


def edits_files(edits: Sequence[Edit], overview: Callable[[Section], Mapping[str, str]]) -> dict[str, bytes]:
    """edits.json, and the *overview* with a section more; nothing where nobody edited anything."""
    if not edits:
        return {}
    kept, conflicts = ([edit for edit in edits if edit.is_conflict is which] for which in (False, True))
    found = {"format": FORMAT, "conflicts": [_plain(edit) for edit in conflicts], "kept": [_plain(e) for e in kept]}
    texts = overview(_section(conflicts, kept))
    return {EDITS: canonical(found), **{path: text.encode() for path, text in texts.items()}}


def line(edit: Edit) -> str:
    """A conflict on one line of a terminal."""
    if edit.because:
        return f"conflict: {without_secrets(edit.because)}; it stays as it is"
    if _is_of_lines(edit):
        return f"{edit.path}: conflict: generated differently since; yours stays"
    then, now, edited = map(_text, _values(edit))
    return f"{without_secrets(edit.path)}: conflict: generated {now}, was {then}; yours stays: {edited}"


def _plain(edit: Edit) -> dict[str, Any]:
    values = dict(zip(("then", "now", "edited"), _values(edit), strict=True))
    shown = {name: {"masked": True} if value is MASKED else {"value": value} for name, value in values.items()}
    held = {name: shown[name] for name, value in values.items() if value is not ABSENT}
    return {"file": edit.file, "path": without_secrets(edit.path), "because": without_secrets(edit.because), **held}


def _values(edit: Edit) -> list[Any]:
    """Then, now, edited, as they may be shown. Lines of texts are named by their numbers alone."""
    if _is_of_lines(edit):
        return [ABSENT] * 3
    shown = Shown(edit.kind, Mask())
    found = [shown.value(value, edit.names, edit.beside) for value in (edit.then, edit.now, edit.edited)]
    is_hidden = any(value is MASKED for value in found)  # the others may be close to it
    return [MASKED if is_hidden and value is not ABSENT else value for value in found]


def _is_of_lines(edit: Edit) -> bool:
    """Of a text; what is in a value has a kind."""
    return not edit.kind and edit.path.startswith("line")


def _text(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[-LONGEST // 2 :]}"


def _section(conflicts: Sequence[Edit], kept: Sequence[Edit]) -> Section:
    """As many rows as leave room for what else the report says; the rest is in edits.json."""
    rows = [*_rows(conflicts, "in conflict"), *_rows(kept, "kept")]
    sizes = accumulate(len(row) + 1 for row in rows)
    fitting = [row for row, size in zip(rows, sizes, strict=True) if size <= MOST]
    said = [f"{len(kept)} edits are kept, {len(conflicts)} are in conflict.", ""]
    said += [f"What you wrote stays. {SETTLING}", ""] if conflicts else []
    items = [Item(tuple(said), 0)]
    items += [Item((*(() if at else HEAD), row)) for at, row in enumerate(fitting)]
    if more := len(rows) - len(fitting):
        items.append(Item(("", f"{more} more are in `edits.json`."), more))
    return Section("Your edits", tuple(items), "edits")


def _rows(edits: Sequence[Edit], word: str) -> list[str]:
    return [f"| {word} | {' | '.join(_cells(edit))} |" for edit in edits]


def _cells(edit: Edit) -> Iterable[str]:
    if edit.because:
        return code(edit.file), "(the file)", "", "", plain(without_secrets(edit.because))
    values = ["nothing" if value is ABSENT else code(_text(value)) for value in _values(edit)]
    if _is_of_lines(edit):
        values = ["", "", ""]
    return code(edit.file), code(without_secrets(edit.path)), *values
