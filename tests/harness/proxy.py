"""One exchange after another over real connections: from a client, to a target, and back.

A connection of a client carries one exchange at a time; a connection to a target is kept for the next one. Bodies go
through as they come. Nothing is ever sent twice: if a target breaks off, the client gets the 502.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tests.harness.http1 import Body, Head, MalformedError, response, split

if TYPE_CHECKING:
    from tests.harness.control_plane import Target

TITLES = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 400: "Bad Request"}


class Front(Protocol):
    """What a connection of a client asks of the node that it came to."""

    def begin(self, exchange: Exchange) -> None: ...

    def answered(self, exchange: Exchange, head: Head) -> None: ...

    def failed(self, exchange: Exchange, code: int, cause: str) -> None: ...

    def ended(self, exchange: Exchange, side: TargetSide) -> None: ...

    def left(self, exchange: Exchange) -> None: ...


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and what becomes of it."""

    client: ClientSide
    head: Head
    body: Body
    began: float = 0.0
    group: str = ""
    target: Target | None = None
    cookie: str = ""
    side: TargetSide | None = None
    waiting: list[bytes] = field(default_factory=list)  # until there is a connection
    over: bool = False
    responded: bool = False  # the head of the answer is on its way to the client

    @property
    def method(self) -> str:
        return self.head.first.partition(" ")[0]

    def send(self, data: bytes) -> None:
        if self.side is None:
            self.waiting.append(data)
        else:
            self.side.transport.write(data)


class ClientSide(asyncio.Protocol):
    """A connection from a client."""

    def __init__(self, front: Front, alive: set[ClientSide]) -> None:
        self.front, self.alive = front, alive
        self.transport: asyncio.Transport
        self.peer = ""
        self.buffer = b""
        self.exchange: Exchange | None = None
        self.tunnel = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.peer = str(transport.get_extra_info("peername")[0])
        self.alive.add(self)

    def data_received(self, data: bytes) -> None:
        if self.tunnel and self.exchange:
            self.exchange.send(data)
            return
        self.buffer += data
        try:
            self._advance()
        except (MalformedError, ValueError):
            self.reply(400, [("Connection", "close")], page(400))
            self.transport.close()

    def _advance(self) -> None:
        while self.buffer:
            if self.exchange is None:
                found = split(self.buffer)
                if found is None:
                    return
                head, self.buffer = found
                self.exchange = Exchange(self, head, Body.of_request(head))
                self.front.begin(self.exchange)
            elif not self.exchange.body.done:
                used = self.exchange.body.take(self.buffer)
                self.exchange.send(self.buffer[:used])
                self.buffer = self.buffer[used:]
            else:
                return  # the next request waits until this one is answered

    def reply(self, status: int, pairs: list[tuple[str, str]], body: bytes) -> None:
        """The answer of the load balancer itself."""
        self.transport.write(response(status, [("Server", "awselb/2.0"), *pairs], body))

    def finish(self, *, stay: bool) -> None:
        """The exchange is over: close, or go on with what came meanwhile."""
        exchange, self.exchange = self.exchange, None
        whole = exchange is None or exchange.body.done
        if not (stay and whole and exchange and exchange.head.stays_open):
            self.transport.close()
        elif self.buffer:
            self.data_received(b"")

    def pause_writing(self) -> None:
        if self.exchange and self.exchange.side:
            self.exchange.side.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.exchange and self.exchange.side:
            self.exchange.side.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        exchange, self.exchange = self.exchange, None
        self.alive.discard(self)
        if exchange and not exchange.over:
            self.front.left(exchange)


class TargetSide(asyncio.Protocol):
    """A connection to a target."""

    def __init__(self, front: Front, target: Target) -> None:
        self.front, self.target = front, target
        self.transport: asyncio.Transport
        self.exchange: Exchange | None = None
        self.buffer = b""
        self.body: Body | None = None
        self.stays = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def start(self, exchange: Exchange) -> None:
        self.exchange, exchange.side = exchange, self
        self.body, self.stays = None, True
        self.transport.write(b"".join(exchange.waiting))
        exchange.waiting.clear()

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:  # nobody asked
            self.transport.close()
        elif exchange.client.tunnel:
            exchange.client.transport.write(data)
        elif self.body is None:
            self.buffer += data
            self._heads(exchange)
        else:
            self._content(exchange, data)

    def _heads(self, exchange: Exchange) -> None:
        try:
            while self.body is None and (found := split(self.buffer)):
                head, self.buffer = found
                self._head(exchange, head)
        except (MalformedError, ValueError):
            self.abort(exchange, 502, "the answer is not HTTP")
        if self.body is not None and not exchange.over:
            rest, self.buffer = self.buffer, b""
            self._content(exchange, rest)

    def _head(self, exchange: Exchange, head: Head) -> None:
        status = head.status
        if status < 200 and status != 101:  # an interim answer; the real one follows
            exchange.client.transport.write(bytes(head))
            return
        self.front.answered(exchange, head)
        self.body = Body.of_response(head, exchange.method)
        self.stays = head.stays_open and self.body.left is not None
        exchange.responded = True
        exchange.client.tunnel = status == 101
        if exchange.client.tunnel:
            self.body.done = False
        elif self.body.left is None:
            head.pairs.append(("Connection", "close"))
        exchange.client.transport.write(bytes(head))

    def _content(self, exchange: Exchange, data: bytes) -> None:
        assert self.body
        if exchange.client.tunnel:
            exchange.client.transport.write(data)
            return
        if data:
            used = self.body.take(data)
            exchange.client.transport.write(data[:used])
        if self.body.done:
            self._over(exchange)

    def _over(self, exchange: Exchange) -> None:
        assert self.body
        stay = self.body.left is not None
        self.exchange, exchange.over = None, True
        self.front.ended(exchange, self)
        exchange.client.finish(stay=stay)

    def abort(self, exchange: Exchange, code: int, cause: str) -> None:
        """Break off: no more of this connection, and the client hears of it as far as it still can."""
        self.exchange = None
        self.transport.abort()
        self.front.failed(exchange, code, cause)

    def connection_lost(self, exc: Exception | None) -> None:
        exchange = self.exchange
        if exchange is None or exchange.over:
            return
        if exchange.client.tunnel or (self.body and self.body.left is None and exc is None):
            self._over(exchange)
            return
        self.exchange = None
        how = "reset" if exc else "closed"
        when = "within the answer" if exchange.responded else "before the answer"
        self.front.failed(exchange, 502, f"{how} by the target {when}")


def refuse(exchange: Exchange, code: int) -> None:
    """What the client sees of a failure: a page, or, behind the head of an answer, the end of the connection."""
    exchange.over = True
    client = exchange.client
    if exchange.responded:
        client.exchange = None
        client.transport.abort()
        return
    with contextlib.suppress(OSError):
        client.reply(code, [("Content-Type", "text/html")], page(code))
    client.finish(stay=True)


def page(code: int) -> bytes:
    title = f"{code} {TITLES[code]}"
    return f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>\r\n".encode()
