"""Where the people of `make demo-cutover` sit: the program in one terminal, a shell in another."""

from __future__ import annotations

import shlex
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

LONGEST = 900.0  # seconds for one command, on a machine that does much else besides
NOTHING: Mapping[str, Callable[[], None]] = {}


class EndedOtherwiseError(Exception):
    """Something of the demo did not end as its story has it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`place` is where the program is started, `inside` where the operator's shell is."""

    place: Path
    inside: Path
    environment: dict[str, str]
    say: Callable[[str], None]

    def note(self, text: str) -> None:
        """What the demo itself says."""
        self.say("")
        for line in text.split("\n"):
            self.say(f"# {line}")

    def program(self, *words: str, ends: int = 0, on: Mapping[str, Callable[[], None]] = NOTHING) -> None:
        """Run `ecs2k8s` and type what it prints. *on*: what happens when it prints that, instead of what is to be typed."""
        self.say("")
        self.say(f"$ ecs2k8s {shlex.join(words)}")
        code = self._followed(("ecs2k8s", *words), on)
        self.say(f"(exit {code})")
        if code != ends:
            raise EndedOtherwiseError(f"ecs2k8s {shlex.join(words)}: exit {code}, and not {ends}")

    def _followed(self, words: tuple[str, ...], on: Mapping[str, Callable[[], None]]) -> int:
        """Whatever happens here, the process does not outlive it."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            words, cwd=self.place, env=self.environment, text=True, stdout=pipe, stderr=subprocess.STDOUT
        ) as running:
            alarm = threading.Timer(LONGEST, running.kill)
            alarm.start()
            try:
                self._follow(running.stdout or (), on)
                return running.wait()
            finally:
                alarm.cancel()
                running.kill()

    def _follow(self, lines: Iterable[str], on: Mapping[str, Callable[[], None]]) -> None:
        for part in parts(self._shown(lines)):
            happens = next((what for text, what in on.items() if text in part), None)
            if happens:
                happens()
                self.say("")
            elif is_command(part):
                self.type(part)

    def _shown(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.say(line.rstrip("\n"))
            yield line.rstrip("\n")

    def type(self, command: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.inside,
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        for line in (done.stdout + done.stderr).splitlines():
            self.say(f"    operator: {line}")
        if done.returncode:
            raise EndedOtherwiseError(f"{command}: exit {done.returncode}")


def parts(lines: Iterable[str]) -> Iterator[str]:
    """Lines, but of a command all of its lines at once, as soon as the last one is there."""
    found: list[str] = []
    for line in lines:
        found.append(line)
        if not (is_command(found[0]) and line.endswith("\\")):
            yield "\n".join(found)
            found = []


def is_command(part: str) -> bool:
    return part.startswith(("aws ", "kubectl "))
