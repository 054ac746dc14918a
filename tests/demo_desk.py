"""Where the people of `make demo-cutover` sit: the program in one terminal, a shell in another."""

from __future__ import annotations

import shlex
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

LONGEST = 240.0  # seconds for one command, on a machine that does much else besides


class EndedOtherwiseError(Exception):
    """Something of the demo did not end as its story has it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`place` is where the program is started, `inside` where the operator's shell is; `after` follows each command."""

    place: Path
    inside: Path
    environment: dict[str, str]
    say: Callable[[str], None]
    after: Callable[[], None]

    def note(self, text: str) -> None:
        """What the demo itself says."""
        self.say("")
        for line in text.split("\n"):
            self.say(f"# {line}")

    def program(self, *words: str, ends: int = 0, before: str = "", then: tuple[str, ...] = ()) -> None:
        """Run `ecs2k8s` and type what it prints; where it prints *before*, run *then* instead."""
        self.say("")
        self.say(f"$ ecs2k8s {shlex.join(words)}")
        code = self._followed(("ecs2k8s", *words), before, then)
        self.say(f"(exit {code})")
        if code != ends:
            raise EndedOtherwiseError(f"ecs2k8s {shlex.join(words)}: exit {code}, and not {ends}")

    def _followed(self, words: tuple[str, ...], before: str, then: tuple[str, ...]) -> int:
        """Whatever happens here, the process does not outlive it."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            words, cwd=self.place, env=self.environment, text=True, stdout=pipe, stderr=subprocess.STDOUT
        ) as running:
            alarm = threading.Timer(LONGEST, running.kill)
            alarm.start()
            try:
                for command in commands(self._shown(running.stdout or ())):
                    self.program(*then) if command == before else self.type(command)
                return running.wait()
            finally:
                alarm.cancel()
                running.kill()

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
        self.after()


def commands(lines: Iterable[str]) -> Iterator[str]:
    """Each command as soon as its last line is there."""
    found: list[str] = []
    for line in lines:
        if found or line.startswith(("aws ", "kubectl ")):
            found.append(line)
        if found and not line.endswith("\\"):
            yield "\n".join(found)
            found = []
