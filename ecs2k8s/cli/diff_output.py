"""Where a diff goes and in which form, and the exit code that it comes to."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.compare.changes import Status
from ecs2k8s.core.errors import OutputError, UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.render import directory

if TYPE_CHECKING:
    from ecs2k8s.compare.changes import Diff, Row

WIDTH = 120  # columns where nobody looks at it: what is written does not depend on where
TAKEN = frozenset({0, *range(3, 8)})  # exit codes that mean something else
MOST = 125  # shells use the codes above
COLOURS = {"blocker": "1;31", "warning": "33", "before": "31", "after": "32", "heading": "1", "quiet": "2"}


@dataclass(frozen=True, slots=True)
class View:
    """How a diff is shown, as the user asked for it."""

    form: DiffFormat = DiffFormat.text
    file: str | None = None
    everything: bool = False
    show_values: bool = False
    differences_exit: int | None = None  # the code where something differs; None: it does not matter

    @classmethod
    def of(
        cls,
        form: DiffFormat,
        file: str | None,
        *,
        everything: bool,
        show_values: bool,
        detailed_exitcode: bool,
        diff_exit_code: int | None,
    ) -> View:
        """Raises `UsageError` before anything is read or compared."""
        if diff_exit_code is not None and (diff_exit_code in TAKEN or not 0 < diff_exit_code <= MOST):
            raise UsageError(f"--diff-exit-code {diff_exit_code}: 1, 2 or 8 to {MOST}; the others mean something else")
        if show_values and (not sys.stdout.isatty() or file not in {None, "-"}):
            raise UsageError("--show-values: values are shown on a terminal only, and written to no file")
        if file not in {None, "-"}:
            _check(Path(str(file)))
        code = diff_exit_code if diff_exit_code is not None else ExitCode.DIFFERENCES if detailed_exitcode else None
        return cls(form, None if file == "-" else file, everything, show_values, code)


def put_out(diff: Diff, view: View, *, allow_partial: bool = False) -> int:
    """Write *diff* to stdout or to the file, and say what it comes to; with *allow_partial* undecided is no matter."""
    terminal = view.file is None and sys.stdout.isatty()
    text = _text(diff.plain(), view, terminal=terminal)
    if view.file is None:
        sys.stdout.write(text)
    else:
        place = Path(view.file)
        _check(place)
        directory.put(place.parent, place.name, text.encode())
    return exit_code(replace(diff, undecided=()) if allow_partial else diff, view)


def exit_code(diff: Diff, view: View) -> int:
    """Of several that hold, the first of 4, 3, 5, 2 wins."""
    rows = diff.rows
    if any(row.status is Status.CONFLICT for row in rows):
        return ExitCode.CONFLICT
    if any(row.blocks for row in rows):
        return ExitCode.FAILED
    if diff.undecided:
        return ExitCode.PARTIAL
    if view.differences_exit is not None and any(_differs(row) for row in rows):
        return view.differences_exit
    return ExitCode.CLEAN


def _differs(row: Row) -> bool:
    """What a rule carries over is no difference; what it leaves behind is one."""
    return row.unexplained or (row.status is Status.DROPPED and not row.explained)


def _text(plain: dict[str, Any], view: View, *, terminal: bool) -> str:
    from ecs2k8s.report.diff_html import diff_html
    from ecs2k8s.report.diff_markdown import diff_markdown
    from ecs2k8s.report.diff_text import diff_text, unstyled

    match view.form:
        case DiffFormat.json:
            return json.dumps(plain, indent=2, sort_keys=True, allow_nan=False) + "\n"
        case DiffFormat.markdown:
            return diff_markdown(plain, everything=view.everything)
        case DiffFormat.html:
            return diff_html(plain, everything=view.everything)
        case DiffFormat.text:
            width = shutil.get_terminal_size((WIDTH, 24)).columns if terminal else WIDTH
            style = _coloured if terminal and _colour() else unstyled
            return diff_text(plain, everything=view.everything, width=width, style=style)


def _colour() -> bool:
    """https://no-color.org: any value but the empty one means none."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _coloured(what: str, text: str) -> str:
    return f"\x1b[{COLOURS[what]}m{text}\x1b[0m" if what in COLOURS else text


def _check(place: Path) -> None:
    """Raises `OutputError` where a file would take the place of something else, or be put through a link."""
    if place.is_symlink():
        raise OutputError(f"{place}: is a link; name the file itself")
    if place.exists() and not place.is_file():
        raise OutputError(f"{place}: is no file")
    if not place.parent.is_dir():
        raise OutputError(f"{place.parent}: no such directory")
