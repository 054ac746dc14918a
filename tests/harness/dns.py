"""Route 53 as its clients meet it: an authoritative server over UDP, and resolvers that keep what they heard.

Weighted answers as in https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html and
dns-failover-complex-configs.html#dns-failover-complex-configs-hc-weighted: a record of weight 0 is used when every
other one is unhealthy, and if all are, none counts as such.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.harness.dns_wire import Question, Record, answer, answers_in, asked_in, question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from tests.harness.clock import Clock
    from tests.harness.control_plane import Document

ALIAS_TTL = 60


class UnknownNameError(OSError):
    """The name does not exist."""


@dataclass
class Authority(asyncio.DatagramProtocol):
    """`records`: as ListResourceRecordSets has them, those in sync; `alias`: the addresses of a load balancer by its
    name, and whether Route 53 finds it healthy.
    """

    records: Callable[[], Sequence[Document]]
    alias: Callable[[str], tuple[Sequence[str], bool]]
    random: Random
    asked: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.asked += 1
        try:
            asked = asked_in(data)
        except (ValueError, IndexError):
            return
        self.transport.sendto(answer(data, self.answers(asked)), addr)

    def answers(self, asked: Question) -> list[Record]:
        here = [each for each in self.records() if _named(each) == asked.name and each["Type"] in {asked.kind, "CNAME"}]
        chosen = self._choose(here)
        return self._records(chosen, asked.name) if chosen else []

    def _choose(self, here: list[Document]) -> Document | None:
        if not here or "Weight" not in here[0]:
            return here[0] if here else None
        weighing = [each for each in here if each["Weight"]]
        healthy = [each for each in weighing if self._healthy(each)]
        at_zero = [each for each in here if not each["Weight"] and self._healthy(each)]
        found = healthy or at_zero or weighing or here
        weights = [each["Weight"] for each in found]
        return self.random.choices(found, weights if any(weights) else None)[0]

    def _healthy(self, record: Document) -> bool:
        target = record.get("AliasTarget", {})
        return not target.get("EvaluateTargetHealth") or self.alias(target["DNSName"].rstrip(".").lower())[1]

    def _records(self, record: Document, name: str) -> list[Record]:
        if target := record.get("AliasTarget"):
            addresses, _ = self.alias(target["DNSName"].rstrip(".").lower()) if record["Type"] == "A" else ((), True)
            return [Record(name, "A", ALIAS_TTL, address) for address in addresses]
        values = [each["Value"] for each in record["ResourceRecords"]]
        return [Record(name, record["Type"], record["TTL"], value) for value in values]


def _named(record: Document) -> str:
    return str(record["Name"]).rstrip(".").lower()


async def serve(authority: Authority) -> tuple[asyncio.DatagramTransport, tuple[str, int]]:
    """Listen on loopback; gives what closes it, and where it listens."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: authority, local_addr=("127.0.0.1", 0)
    )
    host, port, *_ = transport.get_extra_info("sockname")
    return transport, (host, port)


class Resolver:
    """A client's: asks the authority and keeps the answer for its time to live, or, as some Java does, for ever."""

    def __init__(self, server: tuple[str, int], clock: Clock, *, for_ever: bool = False) -> None:
        self.server, self.clock, self.for_ever = server, clock, for_ever
        self.kept: dict[str, tuple[float, list[Record]]] = {}
        self.turn = 0

    async def address(self, name: str) -> str:
        """One of the addresses, by turns. Raises `UnknownNameError`."""
        until, records = self.kept.get(name, (0.0, []))
        if not records or (self.clock.now() >= until and not self.for_ever):
            records = await ask(self.server, name)
            self.kept[name] = self.clock.now() + min(each.ttl for each in records), records
        found = [each for each in records if each.kind == "A"]
        if not found:
            return await self.address(records[0].value)
        self.turn += 1
        return found[self.turn % len(found)].value


async def ask(server: tuple[str, int], name: str, kind: str = "A") -> list[Record]:
    """One question over UDP. Raises `UnknownNameError`."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[bytes] = loop.create_future()

    class Once(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002 - asyncio's
            if not waiter.done():
                waiter.set_result(data)

    transport, _ = await loop.create_datagram_endpoint(Once, remote_addr=server)
    try:
        transport.sendto(question(Question(1, name, kind)))
        async with asyncio.timeout(5):
            records = answers_in(await waiter)
    finally:
        transport.close()
    if not records:
        raise UnknownNameError(name)
    return records
