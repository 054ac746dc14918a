"""A load balancer with a fleet of ECS and one of EKS behind it, without an account: what the tests of the harness use."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.harness.addresses import Addresses
from tests.harness.balancer import Balancer
from tests.harness.clock import Clock
from tests.harness.cluster import Cluster
from tests.harness.control_plane import BALANCER, LISTENER, Table, forward, group_arn
from tests.harness.ecs import EcsService
from tests.harness.fleet import Machines
from tests.harness.load import Load, Plan, by_turns
from tests.harness.metrics import Store, dimension
from tests.harness.node import Settings
from tests.harness.propagation import Delays
from tests.harness.server import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.harness.control_plane import Target
    from tests.harness.fleet import Process, Running
    from tests.harness.load import Tally

OLD, NEW = group_arn("web"), group_arn("web-eks")
AT_ONCE = Delays(0, 0)


@dataclass
class Scene:
    clock: Clock
    table: Table
    store: Store
    addresses: Addresses
    balancer: Balancer
    machines: Machines
    ecs: EcsService
    cluster: Cluster

    async def serve(self, group: str, *behaviours: Behaviour) -> list[Running]:
        """Start a server for each, and register it; no platform looks after it."""
        found = [await self.machines.start(behaviour) for behaviour in behaviours]
        self.table.register(group, [each.target for each in found])
        return found

    def weigh(self, old: int, new: int, **more: Any) -> None:
        self.table.listen(forward((OLD, old), (NEW, new), **more))

    async def healthy(self, group: str, count: int) -> None:
        """Wait until so many targets are."""
        await self._until(lambda: self.balancer.checker.hosts().get(group, (0, 0))[0] == count)

    async def state(self, group: str, state: str) -> None:
        """Wait until all targets of the group are in it."""
        await self._until(lambda: {self._seen(group, target) for target in self.table.registered(group)} == {state})

    def _seen(self, group: str, target: Target) -> str:
        return self.table.health.get((group, target), ("",))[0]

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - seen, not told
                await asyncio.sleep(0.01)

    async def minutes(self, count: float) -> None:
        await self.clock.pause(count * 60)

    def metric(self, name: str, group: str = "") -> float | None:
        """The sum over all periods that are over; None where there is none."""
        names = {"LoadBalancer": dimension(BALANCER)} | ({"TargetGroup": dimension(group)} if group else {})
        found = self.store.series(name, names, "Sum", 0, math.inf)
        return found.total if found.points else None

    async def ask(self, requests: int, **plan: Any) -> Tally:
        return await self.load(**plan).run(requests)

    def load(self, **plan: Any) -> Load:
        return Load(Plan(**plan), by_turns(self.balancer.at(LISTENER)), self.clock.now)


@asynccontextmanager
async def scene(
    delays: Delays = AT_ONCE,
    *,
    scale: float = 60.0,
    seed: int = 0,
    drain: float = 300.0,
    kind: type[Process] | None = None,
    **settings: Any,
) -> AsyncIterator[Scene]:
    """Two groups, of which the old one has all the weight, and no targets."""
    clock, table, addresses = Clock(asyncio.get_running_loop(), scale), Table(), Addresses()
    for group in (OLD, NEW):
        table.add_group(group, drain)
    table.listen(forward((OLD, 100), (NEW, 0)))
    store = Store(clock.now)
    balancer = Balancer(BALANCER, table, clock, store, addresses, seed=seed, settings=Settings(delays, **settings))
    await balancer.start()
    machines = Machines(clock, addresses, kind)
    ecs, cluster = EcsService(table, machines, OLD, Behaviour("ecs"), drain), Cluster(table, machines)
    try:
        yield Scene(clock, table, store, addresses, balancer, machines, ecs, cluster)
    finally:
        await cluster.close()
        await balancer.close()
        await machines.close()
