"""What a person sees while AWS is read: bars on a terminal, one line elsewhere."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from ecs2k8s.replay.server import listening
from tests.everything import everything
from tests.replayed import REGION, hook_of

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.replay.hook import Request

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"}
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def command(url: str, place: Path, *options: str) -> list[str]:
    export = [sys.executable, "-m", "ecs2k8s", "export", "--endpoint-url", url, "--region", REGION, "-o", str(place)]
    return [*export, *options]


def on_a_terminal(place: Path, **environment: str) -> tuple[str, str]:
    """stdout, and what the terminal that stderr is got."""
    seen: list[bytes] = []
    with listening(hook_of(everything())) as url:
        ours, theirs = pty.openpty()

        def look() -> None:
            try:
                while data := os.read(ours, 4096):
                    seen.append(data)
            except OSError:
                return  # the other end is closed

        process = subprocess.Popen(
            command(url, place),
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=os.environ | KEYS | {"TERM": "xterm-256color", "COLUMNS": "100"} | environment,
        )
        os.close(theirs)
        reader = threading.Thread(target=look)
        reader.start()
        data, _ = process.communicate(timeout=120)
        reader.join()
        os.close(ours)
    assert process.returncode == 0
    return data.decode(), b"".join(seen).decode()


def test_a_terminal_gets_a_bar_for_each_service_and_stdout_stays_data(tmp_path: Path) -> None:
    stdout, terminal = on_a_terminal(tmp_path)
    for service in ("ecs", "elbv2", "iam", "route53"):
        assert re.search(rf"{service} +━", CONTROL.sub("", terminal)), service
    assert re.search(r"ecs +━+ +(\d+)/\1\b", CONTROL.sub("", terminal))
    assert "\x1b" not in stdout
    last = CONTROL.sub("", terminal).replace("\r", "").splitlines()
    assert any(re.fullmatch(r"111122223333 eu-west-1: \d+ requests to \d+ services of AWS", line) for line in last)


def test_no_color_is_respected(tmp_path: Path) -> None:
    _, terminal = on_a_terminal(tmp_path, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", terminal)


def test_elsewhere_one_line_says_how_much_was_asked(tmp_path: Path) -> None:
    with listening(hook_of(everything())) as url:
        done = subprocess.run(command(url, tmp_path), capture_output=True, text=True, env=os.environ | KEYS, check=True)
    assert re.search(r"^111122223333 eu-west-1: \d+ requests to \d+ services of AWS$", done.stderr, re.MULTILINE)
    assert "━" not in done.stderr


def test_quiet_says_nothing(tmp_path: Path) -> None:
    with listening(hook_of(everything())) as url:
        asked = command(url, tmp_path, "--quiet")
        done = subprocess.run(asked, capture_output=True, text=True, env=os.environ | KEYS, check=True)
    assert done.stderr == ""
    assert done.stdout == ""


def test_an_interruption_waits_for_no_request(tmp_path: Path) -> None:
    asked, over = threading.Event(), threading.Event()

    def hanging(request: Request, _: int) -> None:
        if request.call == "iam.GetRole":
            asked.set()
            over.wait(60)

    with listening(hook_of(everything(), hanging)) as url:
        process = subprocess.Popen(command(url, tmp_path), stderr=subprocess.PIPE, env=os.environ | KEYS)
        try:
            assert asked.wait(60)
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
            assert time.monotonic() - begin < 15  # the request would hang for a minute
        finally:
            over.set()
            process.kill()
            process.wait()
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert (tmp_path / "snapshot.partial.jsonl").is_file()
