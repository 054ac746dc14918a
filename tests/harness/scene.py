"""A load balancer with a fleet of ECS and one of EKS behind it, without an account: what the tests of the harness use."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.harness.addresses import Addresses
from tests.harness.balancer import Balancer
from tests.harness.clock import Clock
from tests.harness.control_plane import BALANCER, LISTENER, Table, Target, forward, group_arn
from tests.harness.load import Load, Plan, Tally
from tests.harness.metrics import Store
from tests.harness.node import Settings
from tests.harness.propagation import Delays
from tests.harness.server import Behaviour, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

OLD, NEW = group_arn("web"), group_arn("web-eks")
AT_ONCE = Delays(0, 0)


@dataclass
class Scene:
    clock: Clock
    table: Table
    store: Store
    addresses: Addresses
    balancer: Balancer
    port: int
    servers: list[Server] = field(default_factory=list)

    async def serve(self, group: str, *behaviours: Behaviour) -> list[Server]:
        """Start a server for each, and register it."""
        found = []
        for number, behaviour in enumerate(behaviours):
            server = Server(behaviour, f"{behaviour.side}-{number}", self.clock.real)
            address = self.addresses.take()
            await server.start(address, self.port)
            self.table.register(group, [Target(address, self.port)])
            found.append(server)
        self.servers += found
        return found

    def weigh(self, old: int, new: int, **more: Any) -> None:
        self.table.listen(forward((OLD, old), (NEW, new), **more))

    async def healthy(self, group: str, count: int) -> None:
        """Wait until so many targets are."""
        async with asyncio.timeout(10):
            while self.balancer.checker.hosts().get(group, (0, 0))[0] != count:  # noqa: ASYNC110 - seen, not told
                await asyncio.sleep(0.01)

    async def ask(self, requests: int, **plan: Any) -> Tally:
        return await self.load(**plan).run(requests)

    def load(self, **plan: Any) -> Load:
        return Load(Plan(**plan), self.balancer.at(LISTENER), self.clock.now)


@asynccontextmanager
async def scene(
    delays: Delays = AT_ONCE, *, scale: float = 60.0, seed: int = 0, drain: float = 300.0, **settings: Any
) -> AsyncIterator[Scene]:
    """Two groups, of which the old one has all the weight, and no targets."""
    clock, table, addresses = Clock(scale), Table(), Addresses()
    for group in (OLD, NEW):
        table.add_group(group, drain)
    table.listen(forward((OLD, 100), (NEW, 0)))
    store = Store(clock.now)
    balancer = Balancer(BALANCER, table, clock, store, addresses, seed=seed, settings=Settings(delays, **settings))
    await balancer.start()
    found = Scene(clock, table, store, addresses, balancer, addresses.port())
    try:
        yield found
    finally:
        await balancer.close()
        for server in found.servers:
            server.kill()
