"""A service of ECS: tasks that are targets from their start on, and leave in the order that ECS keeps.

A task that has to go is deregistered first, and gets SIGTERM only when its target has drained: nobody needs a preStop.
Tasks that fail are not replaced here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness.control_plane import Registrar
    from tests.harness.fleet import Machines, Running
    from tests.harness.server import Behaviour


class EcsService:
    def __init__(
        self, registrar: Registrar, machines: Machines, group: str, behaviour: Behaviour, drain: float = 300.0
    ) -> None:
        self.registrar, self.machines, self.group, self.behaviour, self.drain = (
            registrar,
            machines,
            group,
            behaviour,
            drain,
        )
        self.tasks: list[Running] = []
        self.stop_timeout = 30.0

    async def scale(self, count: int) -> None:
        """Start what is missing, and end what is too much, newest first."""
        missing = max(count - len(self.tasks), 0)
        started = await asyncio.gather(*(self.machines.start(self.behaviour) for _ in range(missing)))
        self.tasks += started
        self.registrar.register(self.group, [task.target for task in started])
        leaving, self.tasks = self.tasks[count:], self.tasks[:count]
        await asyncio.gather(*map(self._leave, leaving))

    async def _leave(self, task: Running) -> None:
        self.registrar.deregister(self.group, [task.target])
        await self.machines.clock.pause(self.drain)
        await self.machines.end(task.process, self.stop_timeout)
