"""What both platforms do with a server that runs somewhere: give it an address, start it, and end it in their own way."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.harness.control_plane import Target
from tests.harness.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness.addresses import Addresses
    from tests.harness.clock import Clock
    from tests.harness.server import Behaviour


class Process(Protocol):
    """A server within this process (`Server`), or a real one of its own (`process.Real`)."""

    behaviour: Behaviour
    ended: asyncio.Event

    async def start(self, address: str, port: int) -> None: ...

    def sigterm(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Running:
    process: Process
    target: Target


class Machines:
    """Where servers run. `kind` makes the process; all of one port, as a target group wants it."""

    def __init__(
        self, clock: Clock, addresses: Addresses, kind: Callable[[Behaviour, str, Clock], Process] | None = None
    ) -> None:
        self.clock, self.addresses = clock, addresses
        self.port = addresses.port(8080)
        self.kind = kind or (lambda behaviour, name, clock: Server(behaviour, name, clock.real))
        self.all: list[Process] = []
        self._numbers = itertools.count(1)

    async def start(self, behaviour: Behaviour) -> Running:
        """Gives it back when it listens."""
        process = self.kind(behaviour, f"{behaviour.side}-{next(self._numbers)}", self.clock)
        self.all.append(process)
        target = Target(self.addresses.take(), self.port)
        await self.clock.pause(behaviour.starts_after)
        await process.start(target.address, target.port)
        return Running(process, target)

    async def end(self, process: Process, grace: float) -> None:
        """SIGTERM, and SIGKILL when *grace* is over."""
        process.sigterm()
        try:
            async with asyncio.timeout(self.clock.real(grace)):
                await process.ended.wait()
        except TimeoutError:
            process.kill()
            await process.ended.wait()

    async def close(self) -> None:
        for process in self.all:
            process.kill()
        await asyncio.gather(*(process.ended.wait() for process in self.all))
