"""A server of HTTP/1.1 that stands for what runs in a task of ECS or a pod of EKS."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tests.harness.http1 import Body, Head, MalformedError, response, split

if TYPE_CHECKING:
    from collections.abc import Callable

OnSigterm = Literal["drains", "stops", "ignores"]


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]  # names are written small
    body: bytes
    number: int  # how many requests this server had before


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b'{"ok": true}'
    after: float = 0.0  # real seconds
    cut: bool = False  # the connection ends in the middle of the body


def plain(_: Asked) -> Answer:
    return Answer()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a server does, and its faults. Times are model seconds, apart from the latency."""

    side: str
    identity: str = ""  # the role that it would say it runs as; /identity has it
    reply: Callable[[Asked], Answer] = plain
    starts_after: float = 0.0
    on_sigterm: OnSigterm = "drains"
    errors: float = 0.0  # the share of requests that are answered with 500
    latency: float = 0.0  # real seconds
    healthy: bool = True  # what /healthz says
    health_path: str = "/healthz"
    keep_alive: float | None = None  # idle connections are closed after it
    seed: int = 0

    def answer(self, asked: Asked, random: Random) -> Answer:
        if asked.path == self.health_path:
            return Answer(200 if self.healthy else 503, body=b"")
        if asked.path == "/identity":
            return Answer(body=self.identity.encode())
        if self.errors and random.random() < self.errors:
            return Answer(500, body=b'{"error": "seeded"}', after=self.latency)
        found = self.reply(asked)
        return found if not self.latency else _later(found, self.latency)


def _later(answer: Answer, latency: float) -> Answer:
    return Answer(answer.status, answer.headers, answer.body, answer.after + latency, answer.cut)


class Server:
    """Listens from `start` on, and ends in the way that its behaviour says."""

    def __init__(self, behaviour: Behaviour, name: str, real: Callable[[float], float] = float) -> None:
        self.behaviour, self.name, self.real = behaviour, name, real
        self.random = Random(f"{behaviour.seed} {name}")
        self.served = 0
        self.stopping = False
        self.connections: set[_Connection] = set()
        self.ended = asyncio.Event()
        self._listening: asyncio.Server | None = None

    async def start(self, address: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: _Connection(self), address, port, reuse_address=True)

    def sigterm(self) -> None:
        """What the process does when it is asked to end."""
        match self.behaviour.on_sigterm:
            case "stops":
                self.kill()
            case "drains":
                self.stopping = True
                self._refuse()
                for connection in list(self.connections):
                    connection.close_if_idle()
                self.check_ended()

    def kill(self) -> None:
        self._refuse()
        for connection in list(self.connections):
            connection.transport.abort()
        self.ended.set()

    def check_ended(self) -> None:
        if self.stopping and not self.connections:
            self.ended.set()

    def _refuse(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: asyncio.Transport
        self.buffer = b""
        self.head: Head | None = None
        self.body: Body | None = None
        self.got = b""
        self.busy = False
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections.add(self)
        if self.server.ended.is_set():  # it was accepted just before the process ended
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._stop_timer()
        self.server.connections.discard(self)
        self.server.check_ended()

    def close_if_idle(self) -> None:
        if not self.busy and self.head is None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._stop_timer()
        try:
            self._advance()
        except (MalformedError, ValueError):
            self.transport.close()

    def _advance(self) -> None:
        while self.buffer or (self.body and self.body.done):
            if self.busy:
                return
            if self.head is None or self.body is None:
                found = split(self.buffer)
                if found is None:
                    return
                self.head, self.buffer = found
                self.body = Body.of_request(self.head)
            used = self.body.take(self.buffer)
            self.got, self.buffer = self.got + self.buffer[:used], self.buffer[used:]
            if not self.body.done:
                return
            self._answer(self.head)

    def _answer(self, head: Head) -> None:
        method, target, _ = head.first.split(" ", 2)
        parts = urlsplit(target) if "?" in target else None
        path, query = (parts.path, parts.query) if parts else (target, "")
        asked = Asked(method, path, query, head.named, self.got, self.server.served)
        self.server.served += 1
        answer = self.server.behaviour.answer(asked, self.server.random)
        self.head = self.body = None
        self.got, self.busy = b"", True
        if answer.after:
            asyncio.get_running_loop().call_later(answer.after, self._send, answer, head)
        else:
            self._send(answer, head)

    def _send(self, answer: Answer, head: Head) -> None:
        if self.transport.is_closing():
            return
        stays = head.stays_open and not self.server.stopping and not answer.cut
        own = [("X-Side", self.server.behaviour.side), ("X-Served-By", self.server.name)]
        pairs = [*answer.headers, *own, *([] if stays else [("Connection", "close")])]
        data = response(answer.status, pairs, answer.body)
        if answer.cut:
            data = data[: -max(len(answer.body) // 2, 1)]
        elif head.first.startswith("HEAD"):
            data = data[: len(data) - len(answer.body)]
        self.transport.write(data)
        self.busy = False
        if not stays:
            self.transport.close()
        elif self.server.behaviour.keep_alive is not None:
            seconds = self.server.real(self.server.behaviour.keep_alive)
            self.timer = asyncio.get_running_loop().call_later(seconds, self.close_if_idle)
        if self.buffer and answer.after:
            self._advance()

    def _stop_timer(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None
