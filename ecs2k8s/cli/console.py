"""stdout is data, stderr is talk; exit codes; foreign text is escaped on its way out."""

from __future__ import annotations

import io
import os
import sys
import threading
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from ecs2k8s.core.errors import BusyError, Ecs2k8sError, StaleError, WrongAccountError
from ecs2k8s.core.escape import escape
from ecs2k8s.core.exits import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import TaskID


INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said on stderr: 0 only what went wrong, 1 one line per stage, 2 every file."""

    level: int = 1

    def problem(self, text: str) -> None:
        print(escape(text), file=sys.stderr)

    def stage(self, text: str) -> None:
        if self.level >= 1:
            print(escape(text), file=sys.stderr)

    def detail(self, text: str) -> None:
        if self.level > 1:
            print(escape(text), file=sys.stderr)


def out(text: str = "") -> None:
    """One line of data, foreign text in it escaped."""
    print(escape(text))


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = (), *, head: bool = False) -> None:
    """Rows as aligned columns; the columns *right* are numbers. *head*: the first row says what the columns are.

    On a terminal long cells are folded within its width; elsewhere each row is one line, for grep and awk.
    """
    cells = [[escape(cell) for cell in row] for row in rows]
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        _rich_table(cells, right, head=head)
        return
    widths = [max(_width(row[i]) for row in cells) for i in range(len(cells[0]))]
    for row in cells:
        spaces = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        line = (spaces[i] + cell if i in right else cell + spaces[i] for i, cell in enumerate(row))
        print("  ".join(line).rstrip())


def _width(text: str) -> int:
    """Columns of a terminal that *text* takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _rich_table(cells: Sequence[Sequence[str]], right: Sequence[int], *, head: bool) -> None:
    """Every cell is a `Text`: nothing in it is markup, an emoji code, a link or a thing to highlight."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD if head else None, show_header=head, show_edge=False, pad_edge=False)
    for i, title in enumerate(cells[0]):
        made.add_column(
            Text(title) if head else "", justify="right" if i in right else "left", overflow="fold", min_width=1
        )
    for row in cells[1:] if head else cells:
        made.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, markup=False, emoji=False, highlight=False).print(made)


@contextmanager
def progress(talk: Talk, title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each AWS service on a terminal; elsewhere one line when all is read."""
    counts: dict[str, int] = {}
    if talk.level < 1 or not sys.stderr.isatty():
        yield lambda service, answered, _: counts.update({service: answered})
        talk.stage(f"{title}: {sum(counts.values())} requests to {len(counts)} services of AWS")
        return
    from rich.console import Console  # only here: it takes as long to import as all else
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar: dict[str, TaskID] = {}

        def show(service: str, answered: int, known: int) -> None:
            counts[service] = answered
            if service not in bar:
                bar[service] = bars.add_task(service, total=known)
            bars.update(bar[service], completed=answered, total=known)

        yield show
    talk.stage(f"{title}: {sum(counts.values())} requests to {len(counts)} services of AWS")


def guarded(app: Callable[..., object]) -> None:
    """Run *app*, and end the process with its code."""
    _print_anything()
    _leave(coded(app))


def coded(app: Callable[..., object]) -> int:
    """Run *app*: what the user can mend is one line and exit 1, never a traceback."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except typer.Exit as exit_:
        code = exit_.exit_code
    except typer.TyperException as error:
        _say_usage(error)
        code = ExitCode.ERROR
    except (BusyError, StaleError, WrongAccountError) as error:
        Talk().problem(f"ecs2k8s: {error}")
        code = ExitCode.CONFLICT
    except Ecs2k8sError as error:
        if os.environ.get("ECS2K8S_DEBUG"):
            raise
        Talk().problem(f"ecs2k8s: {error}")
        code = ExitCode.ERROR
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.ERROR
    except OSError as error:
        if os.environ.get("ECS2K8S_DEBUG"):
            raise
        Talk().problem(f"ecs2k8s: {error.filename or 'output'}: {error.strerror or error}")
        code = ExitCode.ERROR
    return int(code) if isinstance(code, int) else 0


def _say_usage(error: typer.TyperException) -> None:
    """With the usage line, where the error has one; what was typed may have come from a file."""
    said = io.StringIO()
    show = getattr(error, "show", None)
    show(said) if show else said.write(f"ecs2k8s: {error}")
    for line in said.getvalue().rstrip("\n").split("\n"):
        Talk().problem(line)


def _print_anything() -> None:
    """What the terminal's encoding lacks is shown as a number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave(code: int) -> None:
    """End the process: nobody waits for requests that other threads have under way."""
    if threading.active_count() > 1:
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
