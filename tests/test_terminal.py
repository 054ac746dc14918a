"""What a person sees: tables on a real terminal, plain lines elsewhere, and nothing of foreign text that acts."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
STYLE = re.compile(r"\x1b\[[0-9;]*m")
OTHER = re.compile(r"\x1b(?!\[[0-9;]*m)")
HOSTILE = "\x1b[2J[red]x[/red] :smile: [link=https://evil.example]y[/link] \u202etxt\u200b \x07"
SHOW = """
import json, sys
from ecs2k8s.cli.console import out, table
rows = json.loads(sys.argv[1])
table(rows, right=(1,), head=len(sys.argv) > 2)
"""


def on_terminal(*command: str, columns: int = 80, **environment: str) -> str:
    """What *command* writes to a terminal that is *columns* wide."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    base = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR", "CI")}
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=base | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)} | environment,
    )
    os.close(slave)
    found = b""
    while True:
        try:
            part = os.read(master, 65_536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not part:
            break
        found += part
    os.close(master)
    assert process.wait(timeout=60) == 0, found.decode()
    return found.decode().replace("\r\n", "\n")


def shown(rows: list[list[str]], *, head: bool = False, columns: int = 80, **environment: str) -> str:
    import json

    more = ("head",) if head else ()
    return on_terminal(sys.executable, "-c", SHOW, json.dumps(rows), *more, columns=columns, **environment)


ROWS = [["field", "times"], ["cpu", "3"], ["memory", "12"]]


def test_on_a_terminal_a_table_has_a_head() -> None:
    text = shown(ROWS, head=True)
    lines = [line.rstrip() for line in STYLE.sub("", text).splitlines()]
    assert lines[0].split() == ["field", "times"]
    assert set(lines[1].strip()) == {"─"}
    assert [line.split() for line in lines[2:] if line] == [["cpu", "3"], ["memory", "12"]]
    assert lines[2].endswith("    3")
    assert "\x1b[1m" in text


def test_elsewhere_each_row_is_one_line_without_any_escape() -> None:
    command = [sys.executable, "-c", SHOW, '[["field", "times"], ["cpu", "3"], ["memory", "12"]]', "head"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True, text=True)
    assert done.stdout == "field   times\ncpu         3\nmemory     12\n"


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour_nothing_is_coloured(environment: Any) -> None:
    text = shown(ROWS, head=True, **environment)
    assert not re.search(r"\x1b\[(?:\d+;)*[34][0-9]", text)
    assert environment != {"TERM": "dumb"} or "\x1b" not in text
    assert "memory" in text


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(columns: int) -> None:
    long = "containerDefinitions[0].logConfiguration.options.awslogs-multiline-pattern"
    text = STYLE.sub("", shown([["field", "times"], [long, "123456"], ["short", "1"]], head=True, columns=columns))
    assert max(len(line) for line in text.splitlines()) <= columns
    assert re.sub(r"[^A-Za-z0-9.\[\]-]", "", text).count(long[:20]) == 1
    squeezed = "".join(re.sub(r"\s", "", line) for line in text.splitlines())
    assert squeezed.replace("123456", "").find(long) > 0
    assert "123456" in squeezed


def test_the_variable_columns_says_how_wide_a_terminal_is() -> None:
    text = STYLE.sub("", shown([["x" * 70, "1"]], columns=200, COLUMNS="40"))
    assert max(len(line) for line in text.splitlines()) <= 40


@pytest.mark.parametrize("terminal", [True, False])
def test_wide_letters_keep_the_columns_aligned(terminal: bool) -> None:
    import json

    rows = [["日本語", "1"], ["abc", "1"], ["e\u0301", "1"], ["🚀", "1"]]
    if terminal:
        text = STYLE.sub("", shown(rows))
    else:
        command = [sys.executable, "-c", SHOW, json.dumps(rows)]
        text = subprocess.run(command, capture_output=True, cwd=ROOT, check=True, text=True, encoding="utf-8").stdout
    cells = {"日本語": 6, "abc": 3, "e\u0301": 1, "🚀": 2}
    ends = {cells[line.split()[0]] + len(line) - len(line.split()[0]) for line in text.splitlines() if line.strip()}
    assert len(ends) == 1


@pytest.mark.parametrize("head", [True, False])
def test_foreign_text_in_a_table_is_shown_and_does_nothing(head: bool) -> None:
    text = shown([[HOSTILE, "1"], [HOSTILE, "2"]], head=head, columns=300)
    assert not OTHER.search(text)
    bare = STYLE.sub("", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", bare)
    assert "[red]x[/red]" in bare
    assert ":smile:" in bare
    assert "[link=https://evil.example]y[/link]" in bare
    assert "\\u001b[2J" in bare
    assert "\x1b]8" not in text


def test_commands_show_tables_on_a_terminal() -> None:
    text = on_terminal(sys.executable, "-m", "ecs2k8s", "explain", columns=60)
    bare = STYLE.sub("", text)
    assert "ecs.TaskDefinition" in bare
    table = bare[bare.index("ecs2k8s explain <slug>") :].splitlines()
    assert max(len(line) for line in table) <= 60


def test_a_terminal_that_lacks_a_letter_shows_its_number() -> None:
    show = "from ecs2k8s.cli.console import guarded, out; guarded(lambda **_: out('caf\\u00e9 \\u2026'))"
    text = on_terminal(sys.executable, "-c", show, PYTHONIOENCODING="ascii")
    assert text == "caf\\xe9 \\u2026\n"
