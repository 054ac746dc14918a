"""A server that is a process of its own, so that SIGTERM and SIGKILL are the real ones.

As a program: `python -m tests.harness.process ADDRESS PORT SIDE ON_SIGTERM LATENCY`. It says `ready` when it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.harness.server import Behaviour, Server

if TYPE_CHECKING:
    from tests.harness.clock import Clock

ROOT = Path(__file__).parents[2]


class Real:
    """Started and ended by its id."""

    def __init__(self, behaviour: Behaviour, name: str, clock: Clock) -> None:
        self.behaviour, self.name, self.clock = behaviour, name, clock
        self.ended = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def start(self, address: str, port: int) -> None:
        how = self.behaviour
        words = (address, str(port), how.side, how.on_sigterm, str(how.latency))
        command = (sys.executable, "-m", "tests.harness.process", *words)
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
        self._waiting = asyncio.create_task(self._wait(self._process))
        assert self._process.stdout
        await self._process.stdout.readline()

    def sigterm(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is None:
            self.ended.set()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._process and self._process.returncode is None:
                self._process.send_signal(number)

    async def _wait(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        self.ended.set()


async def serve(address: str, port: str, side: str, on_sigterm: str, latency: str) -> None:
    """Until it is told to end, or killed."""
    behaviour = Behaviour(side, on_sigterm=on_sigterm, latency=float(latency))  # type: ignore[arg-type]
    server = Server(behaviour, f"{side}-{address}")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.sigterm)
    loop.add_reader(sys.stdin, server.kill)  # whoever started it is gone, however that came about
    await server.start(address, int(port))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
