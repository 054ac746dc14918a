"""A node of the load balancer: what it knows of rules and targets, its connections, and what it does with a request."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.harness.front import ListenerFront
from tests.harness.propagation import Known
from tests.harness.proxy import ClientSide, Exchange, TargetSide, refuse
from tests.harness.routing import Routes, pick, takers

if TYPE_CHECKING:
    from random import Random

    from ecs2k8s.translate.routes import Forward
    from tests.harness.clock import Clock
    from tests.harness.control_plane import Group, Picture, Target
    from tests.harness.health import Checker
    from tests.harness.metrics import Meter
    from tests.harness.propagation import Delays

CONNECT_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Failure:
    """What the load balancer answered itself, or broke off; `trace` is the request's X-Amzn-Trace-Id."""

    at: float
    node: int
    code: int
    group: str
    target: Target | None
    cause: str
    trace: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Of the load balancer as a whole; times are model seconds."""

    delays: Delays
    idle_timeout: float = 60.0
    stays_at_zero: bool = True


class Node:
    """One address of the load balancer."""

    def __init__(
        self,
        number: int,
        clock: Clock,
        settings: Settings,
        random: Random,
        checker: Checker,
        meter: Meter,
        failures: list[Failure],
    ) -> None:
        self.number, self.clock, self.settings, self.random = number, clock, settings, random
        self.checker, self.meter, self.failures = checker, meter, failures
        self.loop = asyncio.get_running_loop()
        self.rules, self.groups = Known(random), Known(random)
        self.routes: dict[str, Routes] = {}
        self.idle: dict[Target, list[TargetSide]] = defaultdict(list)
        self.open: dict[Exchange, None] = {}
        self.clients: set[ClientSide] = set()
        self.turns: dict[str, itertools.count[int]] = defaultdict(itertools.count)
        self.draining: list[tuple[float, str, Target]] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def front(self, listener: str) -> ClientSide:
        """The protocol for a new connection to one of the listeners."""
        self.meter.whole.new_connections += 1
        return ClientSide(ListenerFront(self, listener), self.clients)

    def told(self, picture: Picture, now: float) -> None:
        """See what is written, and know what was long enough ago."""
        self.rules.told(picture.listeners, now, self.settings.delays.rules)
        self.groups.told(picture.groups, now, self.settings.delays.targets)
        before = {arn: self.groups.values.get(arn) for arn in self.groups.due}
        for arn in self.rules.learn(now) | (self.rules.values.keys() - self.routes.keys()):
            self.routes[arn] = Routes.of(self.rules.values[arn])
        for arn in self.groups.learn(now):
            self._drain(arn, before[arn], self.groups.values[arn], now)
        self._cut(now)

    def _drain(self, arn: str, before: Group | None, after: Group, now: float) -> None:
        gone = set(before.targets if before else ()) - set(after.targets)
        self.draining += [(now + after.delay, arn, target) for target in gone]
        for target in gone:
            for side in self.idle.pop(target, []):
                side.transport.close()

    def _cut(self, now: float) -> None:
        """End what runs still at targets whose time to drain is over."""
        over = {(arn, target) for at, arn, target in self.draining if at <= now}
        self.draining = [each for each in self.draining if each[0] > now]
        for exchange in [each for each in self.open if (each.group, each.target) in over]:
            if exchange.side and exchange.target not in self.groups.values[exchange.group].targets:
                exchange.side.abort(exchange, 502, "the deregistration delay is over")

    def timed_out(self) -> None:
        """Break off exchanges that a target was given too long for."""
        limit = self.loop.time() - self.clock.real(self.settings.idle_timeout)
        late = list(itertools.takewhile(lambda each: each.began < limit, self.open))
        for exchange in late:
            if exchange.side and not exchange.client.tunnel:
                exchange.side.abort(exchange, 504, "no answer in time")

    def fail(self, exchange: Exchange, code: int, cause: str) -> None:
        self.open.pop(exchange, None)
        if exchange.over:
            return
        trace = exchange.head.named.get("x-amzn-trace-id", "")
        self.failures.append(
            Failure(self.clock.now(), self.number, code, exchange.group, exchange.target, cause, trace)
        )
        if not exchange.responded:
            self.meter.made(code)
        refuse(exchange, code)

    def forward(self, exchange: Exchange, action: Forward) -> None:
        """Choose group and target, and send it there."""
        cookies = exchange.head.named.get("cookie", "")
        picked = pick(action, cookies, self.clock.now(), self.random, stays_at_zero=self.settings.stays_at_zero)
        if picked.group is None:
            self.fail(exchange, 503, "all weights are 0")
            return
        exchange.group, exchange.cookie = picked.group, picked.cookie
        known = self.groups.values.get(picked.group)
        turn = takers(picked.group, known.targets if known else (), self.checker.look)
        if not turn.targets:
            self.fail(exchange, 503, turn.why_none)
            return
        target = turn.targets[next(self.turns[picked.group]) % len(turn.targets)]
        self._to(exchange, target)

    def _to(self, exchange: Exchange, target: Target) -> None:
        exchange.target, exchange.began = target, self.loop.time()
        self.open[exchange] = None
        self.meter.sent(exchange.group)
        exchange.waiting.insert(0, bytes(exchange.head))
        kept = self.idle[target]
        while kept:
            side = kept.pop()
            if not side.transport.is_closing():
                side.start(exchange)
                return
        task = self.loop.create_task(self._connect(exchange, target))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _connect(self, exchange: Exchange, target: Target) -> None:
        connecting = self.loop.create_connection(
            lambda: TargetSide(exchange.client.front, target), target.address, target.port
        )
        try:
            async with asyncio.timeout(max(self.clock.real(CONNECT_TIMEOUT), 1.0)):
                _, side = await connecting
        except OSError as error:  # a time-out is one too
            self.meter.not_connected(exchange.group)
            code, cause = (504, "no connection in time") if isinstance(error, TimeoutError) else (502, "refused")
            self.fail(exchange, code, cause)
            return
        if exchange.over:
            side.transport.close()
        else:
            side.start(exchange)

    def put_back(self, side: TargetSide) -> None:
        """Keep the connection for the next request, while the target is one."""
        known = any(side.target in group.targets for group in self.groups.values.values())
        if side.stays and known and not side.transport.is_closing():
            self.idle[side.target].append(side)
        else:
            side.transport.close()

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for exchange in list(self.open):
            exchange.over = True
            if exchange.side:
                exchange.side.transport.abort()
        for client in self.clients:
            client.transport.abort()
        for side in itertools.chain(*self.idle.values()):
            side.transport.abort()
