"""The load balancer: a real HTTP proxy on loopback that does what the control plane says, as late as AWS does it.

What it has of an Application Load Balancer: rules by priority and conditions, weights, cookies of target groups, nodes
that hear of a change at different times, health checks, fail-open, draining, kept connections, 502, 503, 504, and the
metrics. What it has not: TLS, HTTP/2, logins (a request counts as logged in), transforms, zones, slow start, cookies of
single targets, the algorithm of least outstanding requests, and an end to idle connections of clients.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.harness.health import Checker
from tests.harness.metrics import Meter
from tests.harness.node import Failure, Node, Settings
from tests.harness.propagation import Delays

if TYPE_CHECKING:
    from tests.harness.addresses import Addresses
    from tests.harness.clock import Clock
    from tests.harness.control_plane import ControlPlane, Group
    from tests.harness.metrics import Sink

LOOKS_EVERY = 0.02  # real seconds


class Balancer:
    """Started and stopped within an event loop."""

    def __init__(
        self,
        arn: str,
        control: ControlPlane,
        clock: Clock,
        sink: Sink,
        addresses: Addresses,
        *,
        nodes: int = 3,
        seed: int = 0,
        settings: Settings | None = None,
    ) -> None:
        self.control, self.clock, self.addresses = control, clock, addresses
        self.failures: list[Failure] = []
        self.checker = Checker(control, clock)
        self.meter = Meter(arn, sink, clock.now())
        settings = settings or Settings(Delays())
        self.nodes = [
            Node(number, clock, settings, Random(f"{seed} {number}"), self.checker, self.meter, self.failures)
            for number in range(nodes)
        ]
        self.ips = [addresses.take() for _ in range(nodes)]
        self.ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._loop: asyncio.Task[None] | None = None

    def at(self, listener: str) -> list[tuple[str, int]]:
        """Where clients reach the listener: one address for each node, as DNS would list them."""
        return [(ip, self.ports[listener]) for ip in self.ips]

    async def start(self) -> None:
        await self.look()
        self._loop = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._loop:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        for server in self._servers:
            server.close()
        for node in self.nodes:
            await node.close()
        await self.checker.close()

    async def look(self) -> None:
        """See what is written, once."""
        picture, now = self.control.picture(), self.clock.now()
        for arn in picture.listeners.keys() - self.ports.keys():
            await self._listen(arn, int(picture.listeners[arn].document["Port"]))
        for node in self.nodes:
            node.told(picture, now)
            node.timed_out()
        used = set().union(*(routes.groups() for node in self.nodes for routes in node.routes.values()))
        self.checker.follow({arn: self._checked(arn, picture.groups[arn]) for arn in used & picture.groups.keys()})
        self.meter.turn(now, self.checker.hosts)

    def _checked(self, arn: str, group: Group) -> Group:
        """With the targets that are checked: new ones when all nodes have heard of them, old ones while any sends."""
        known = [set(node.groups.values[arn].targets) for node in self.nodes]
        before = {target for followed, target in self.checker.seen if followed == arn}
        return replace(group, targets=tuple(set.intersection(*known) | (before & set.union(*known))))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            await self.look()

    async def _listen(self, arn: str, wanted: int) -> None:
        port = self.ports[arn] = self.addresses.port(wanted)
        loop = asyncio.get_running_loop()
        for node, ip in zip(self.nodes, self.ips, strict=True):
            self._servers.append(
                await loop.create_server(lambda node=node: node.front(arn), ip, port)  # type: ignore[misc]
            )
