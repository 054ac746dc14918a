"""A generator of load: so many requests over so many connections, each accounted for by side, status, time and cause."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.harness.http1 import Body, Head, MalformedError, split

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from tests.harness.node import Failure


def by_turns(addresses: Sequence[tuple[str, int]]) -> Callable[[int], Awaitable[tuple[str, int]]]:
    turns = itertools.cycle(addresses)

    async def where(_: int) -> tuple[str, int]:
        return next(turns)

    return where


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that a client did not get a good answer to: a 5xx, or no whole answer at all."""

    at: float
    trace: str
    side: str
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate`: requests per real second; without, each connection asks again as soon as it is answered."""

    connections: int = 16
    rate: float | None = None
    fresh_every: int = 0  # after so many requests a connection is closed and a new one made; 0: never
    method: str = "GET"
    paths: tuple[str, ...] = ("/",)
    host: str = "shop.example.com"
    headers: tuple[tuple[str, str], ...] = ()
    keeps_cookies: bool = False
    timeout: float = 30.0  # real seconds


@dataclass
class Tally:
    """What became of the requests."""

    by: Counter[tuple[str, int]] = field(default_factory=Counter)
    minutes: dict[int, Counter[tuple[str, int]]] = field(default_factory=dict)
    failures: list[Failed] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    broken: int = 0  # without a whole answer

    @property
    def requests(self) -> int:
        return sum(self.by.values()) + self.broken

    def of(self, side: str) -> int:
        return sum(count for (found, _), count in self.by.items() if found == side)

    def share(self, side: str, since: float = 0.0, until: float = float("inf")) -> tuple[int, int]:
        """How many answers came from *side*, and how many from any, in the minutes that began between."""
        found: Counter[tuple[str, int]] = Counter()
        for minute, counts in self.minutes.items():
            if since <= minute * 60 < until:
                found.update(counts)
        total = sum(count for (name, _), count in found.items() if name)
        return sum(count for (name, _), count in found.items() if name == side), total

    def causes(self, seen: Iterable[Failure]) -> Counter[str]:
        """The failures by cause, in the words of the load balancer where it answered them itself."""
        known = {failure.trace: failure for failure in seen}
        return Counter(
            f"{known[failed.trace].code}: {known[failed.trace].cause}" if failed.trace in known else failed.what
            for failed in self.failures
        )


class Load:
    """Runs until so many requests are answered, or until it is told to stop."""

    _runs = itertools.count()

    def __init__(
        self,
        plan: Plan,
        where: Callable[[int], Awaitable[tuple[str, int]]],
        now: Callable[[], float],
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """*where* says what a client of this number connects to, each time that it has to."""
        self.plan, self.where, self.now = plan, where, now
        self.tally = Tally()
        self.loop = loop or asyncio.get_running_loop()
        self.run_id = f"{next(self._runs):08x}"
        self.numbers = itertools.count()
        self.most: int | None = None
        self.began = 0.0
        self.clients: list[Client] = []
        fields = [("Host", plan.host), ("User-Agent", "load"), *plan.headers]
        self.fields = "".join(f"{name}: {value}\r\n" for name, value in fields)

    async def run(self, requests: int | None = None) -> Tally:
        """Ask *requests* times; without a number, until `stop`."""
        self.most, self.began = requests, self.loop.time()
        self.clients = [Client(self, number) for number in range(self.plan.connections)]
        await asyncio.gather(*(client.run() for client in self.clients))
        return self.tally

    def stop(self) -> None:
        self.most = 0

    def take(self) -> int | None:
        """The number of the next request; None when there is none to send."""
        number = next(self.numbers)
        return None if self.most is not None and number >= self.most else number

    async def turn(self, number: int) -> None:
        """Wait until it is this request's time."""
        if self.plan.rate is None:
            return
        due = self.began + number / self.plan.rate
        await asyncio.sleep(max(due - self.loop.time(), 0))

    def done(self, at: float, side: str, status: int, seconds: float, trace: str) -> None:
        tally = self.tally
        tally.by[side, status] += 1
        tally.minutes.setdefault(int(at // 60), Counter())[side, status] += 1
        tally.seconds.append(seconds)
        if status >= 500:
            tally.failures.append(Failed(at, trace, side, f"{status} from {side or 'the load balancer'}"))

    def broken(self, at: float, trace: str, what: str) -> None:
        self.tally.broken += 1
        self.tally.failures.append(Failed(at, trace, "", what))


class Client(asyncio.Protocol):
    """One client: its connection, its cookies, and the request that it waits for."""

    def __init__(self, load: Load, number: int) -> None:
        self.load, self.number = load, number
        self.transport: asyncio.Transport | None = None
        self.used = 0
        self.cookies: dict[str, str] = {}
        self.buffer = b""
        self.head: Head | None = None
        self.body: Body | None = None
        self.waiter: asyncio.Future[Head] | None = None

    async def run(self) -> None:
        while (number := self.load.take()) is not None:
            await self.load.turn(number)
            await self._ask(number)
        if self.transport:
            self.transport.close()

    async def _ask(self, number: int) -> None:
        load, plan = self.load, self.load.plan
        trace = f"Root=1-{load.run_id}-{number:024x}"
        at, began = load.now(), load.loop.time()
        try:
            async with asyncio.timeout(plan.timeout):
                head = await self._exchange(plan.paths[number % len(plan.paths)], trace)
        except (OSError, MalformedError, EOFError) as error:  # a time-out is an OSError
            self._drop()
            load.broken(at, trace, _what(error))
            return
        load.done(at, head.named.get("x-side", ""), head.status, load.loop.time() - began, trace)
        self.used += 1
        self._remember(head)
        if not head.stays_open or (plan.fresh_every and self.used % plan.fresh_every == 0):
            self._drop()

    async def _exchange(self, path: str, trace: str) -> Head:
        loop = self.load.loop
        if self.transport is None or self.transport.is_closing():
            self._reset()
            await loop.create_connection(lambda: self, *await self.load.where(self.number))
        assert self.transport
        self.waiter = loop.create_future()
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        more = f"Cookie: {cookies}\r\n" if cookies else ""
        first = f"{self.load.plan.method} {path} HTTP/1.1\r\n"
        self.transport.write(f"{first}{self.load.fields}{more}X-Amzn-Trace-Id: {trace}\r\n\r\n".encode())
        return await self.waiter

    def _remember(self, head: Head) -> None:
        if self.load.plan.keeps_cookies:
            for name, value in head.pairs:
                if name.lower() == "set-cookie":
                    cookie, _, kept = value.partition(";")[0].partition("=")
                    self.cookies[cookie] = kept

    def _reset(self) -> None:
        self.buffer, self.head, self.body, self.waiter = b"", None, None, None

    def _drop(self) -> None:
        if self.transport:
            self.transport.abort()
        self.transport = None
        self._reset()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        try:
            self._read()
        except (MalformedError, ValueError):
            self._fail(MalformedError())

    def _read(self) -> None:
        while self.head is None or self.head.status < 200:
            found = split(self.buffer)
            if found is None:
                return
            self.head, self.buffer = found
        self.body = self.body or Body.of_response(self.head, self.load.plan.method)
        self.buffer = self.buffer[self.body.take(self.buffer) :]
        if self.body.done:
            self._whole()

    def _whole(self) -> None:
        head, self.head, self.body = self.head, None, None
        if self.waiter and not self.waiter.done() and head:
            self.waiter.set_result(head)

    def _fail(self, error: Exception) -> None:
        if self.waiter and not self.waiter.done():
            self.waiter.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.body and self.body.left is None and exc is None:
            self._whole()
        self._fail(ConnectionResetError() if exc else EOFError())


def _what(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "connection refused"
        case MalformedError():
            return "no HTTP"
        case EOFError():
            return "connection closed before the end of the answer"
    return "connection reset"
