"""An account with a load balancer that serves, tasks of ECS and pods of EKS behind it: for whoever writes to the account.

All of it runs in a thread of its own; a test, the engine, or a demo goes on in theirs and speaks to the account only.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ecs2k8s.replay import front, state_health, state_tasks
from ecs2k8s.replay.series import Series
from ecs2k8s.replay.state import Account
from tests.harness.account_plane import AccountPlane
from tests.harness.addresses import Addresses
from tests.harness.background import Background
from tests.harness.balancer import Balancer
from tests.harness.clock import START, Clock
from tests.harness.cluster import Cluster
from tests.harness.control_plane import Target
from tests.harness.fleet import Machines
from tests.harness.load import Load, Plan, by_turns
from tests.harness.node import Settings
from tests.harness.propagation import Delays
from tests.harness.server import Behaviour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from ecs2k8s.core.documents import Document
    from ecs2k8s.replay.state import Item
    from tests.harness.cluster import Template
    from tests.harness.fleet import Running
    from tests.harness.load import Tally

T = TypeVar("T")
ECS = Behaviour("ecs")


@dataclass
class AccountSink:
    """Metrics go where GetMetricData of the account looks."""

    account: Account

    def put(self, metric: str, dimensions: dict[str, str], period: float, values: Sequence[float]) -> None:
        with self.account.open():
            self.account.part(Series).put(metric, dimensions, period, values)


@dataclass
class Tasks:
    """A server for each task that the account says runs, from its start to its SIGTERM."""

    plane: AccountPlane
    machines: Machines
    behaviour: Callable[[str], Behaviour]  # by target group
    running: dict[str, Running] = field(default_factory=dict)
    _starting: set[asyncio.Task[None]] = field(default_factory=set)

    async def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start those that run now; whoever moves the account's time on tells of all others."""

        def tell(what: Callable[[str], None]) -> Callable[[Item], None]:
            def told(task: Item) -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(what, state_tasks.address_of(task))

            return told

        with self.plane.account.open() as account:
            watching = account.part(state_tasks.Watching)
            watching.started.append(tell(self._begin))
            watching.stopping.append(tell(self._stop))
            found = {each.id for arn in self.plane.picture().groups for each in front.group(account, arn).targets}
        await asyncio.gather(*map(self._start, found))

    def _begin(self, address: str) -> None:
        task = asyncio.get_running_loop().create_task(self._start(address))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start(self, address: str) -> None:
        with self.plane.account.open() as account:
            known = state_health.targets(account).groups
            here = [(group, port) for group, targets in known.items() for there, port in targets if there == address]
        if here:
            self.running[address] = await self.machines.start(self.behaviour(here[0][0]))
            with self.plane.account.open():
                for _, port in here:
                    self.plane.behind[Target(address, port)] = self.running[address].target

    def _stop(self, address: str) -> None:
        if running := self.running.pop(address, None):
            running.process.sigterm()


class Stage:
    """`account` is for clients of AWS, `clock` for whoever waits; the rest makes and measures traffic."""

    def __init__(
        self,
        documents: Iterable[Document],
        balancer: str,
        *,
        number: str,
        region: str,
        delays: Delays | None = None,
        scale: float = 60.0,
        start: float = START,
        behaviour: Callable[[str], Behaviour] = lambda _: ECS,
        **settings: Any,
    ) -> None:
        self._background = Background()
        self.clock = Clock(self._background.loop, scale, start)
        self.account = Account.of(documents, number, region, self.clock.now)
        self.plane = AccountPlane(self.account, balancer)
        addresses = Addresses()
        self.machines = Machines(self.clock, addresses)
        self.cluster = Cluster(self.plane, self.machines)
        self.tasks = Tasks(self.plane, self.machines, behaviour)
        known = Settings(delays or Delays(), **settings)
        self.balancer = self._background.run(self._open(balancer, addresses, known))

    async def _open(self, arn: str, addresses: Addresses, settings: Settings) -> Balancer:
        await self.tasks.follow(self._background.loop)
        sink = AccountSink(self.account)
        balancer = Balancer(arn, self.plane, self.clock, sink, addresses, settings=settings)
        await balancer.start()
        return balancer

    def close(self) -> None:
        for part in (self.cluster, self.balancer, self.machines):
            self._background.run(part.close())
        self._background.close()

    def deploy(self, name: str, replicas: int, template: Template) -> None:
        """Pods, until all are ready."""
        self._background.run(self.cluster.deploy(name, replicas, template))

    def bind(self, group: str, name: str, *, multi_cluster: bool = False) -> None:
        """A TargetGroupBinding."""

        async def bound() -> None:
            self.cluster.bind(group, name, multi_cluster=multi_cluster)

        self._background.run(bound())

    def scale_down(self, name: str, replicas: int) -> None:
        """Until those that are too many have ended."""
        self._background.run(self.cluster.scale_down(name, replicas))

    def pods(self, name: str) -> dict[str, bool]:
        """By their addresses in the account's network, and whether they are ready."""

        def seen() -> dict[str, bool]:
            running = [(pod, pod.running.target) for pod in self.cluster.pods.get(name, []) if pod.running]
            return {self.plane.account_side(target).address: self.cluster.ready(name, pod) for pod, target in running}

        return self.look(seen)

    def look(self, what: Callable[[], T]) -> T:
        """In the thread in which everything happens, so that nothing happens meanwhile."""

        async def looked() -> T:
            return what()

        return self._background.run(looked())

    def roll(self, name: str, template: Template) -> None:
        self._background.run(self.cluster.roll(name, template))

    def rolling(self, name: str, template: Template) -> None:
        """Begin to, while whoever asks for it goes on."""
        self._background.start(self.cluster.roll(name, template))

    @contextmanager
    def traffic(self, listener: str, **plan: Any) -> Iterator[Load]:
        """Requests within the block; what became of them is in the load's `tally`, and whole when the block is over."""
        running: Future[Tally]
        load = Load(Plan(**plan), by_turns(self.balancer.at(listener)), self.clock.now, self._background.loop)
        running = self._background.start(load.run())
        try:
            yield load
        finally:
            load.stop()
            running.result(60)

    def settled(self, group: str, count: int, within: float = 600.0) -> None:
        """Wait until so many targets of the group are healthy. Raises `TimeoutError`."""
        until = self.clock.monotonic() + within
        while [each.state for each in front.group(self.account, group).targets].count("healthy") != count:
            if self.clock.monotonic() > until:
                raise TimeoutError
            self.clock.sleep(1)
