"""What a node does with a request that came to one of its listeners, by the action of the rule that takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.translate.routes import FixedResponse, Forward, Redirect
from tests.harness.routing import COOKIE, request_of

if TYPE_CHECKING:
    from ecs2k8s.assess.alb import Request
    from tests.harness.http1 import Head
    from tests.harness.node import Node
    from tests.harness.proxy import Exchange, TargetSide


class ListenerFront:
    """`proxy.Front` for one listener on one node."""

    def __init__(self, node: Node, listener: str) -> None:
        self.node, self.listener = node, listener
        document = node.rules.values[listener].document
        self.protocol, self.port = document["Protocol"].lower(), str(document["Port"])

    def begin(self, exchange: Exchange) -> None:
        request = request_of(exchange.head, exchange.client.peer)
        action = self.node.routes[self.listener].choose(request).action
        match action:
            case Forward():
                self._forwarded(exchange.head, exchange.client.peer)
                self.node.forward(exchange, action)
            case FixedResponse():
                kind = [("Content-Type", action.content_type)] if action.content_type else []
                self._made(exchange, int(action.status), kind, action.body.encode())
            case Redirect():
                location = [("Location", self._location(action, request, exchange.head))]
                self._made(exchange, int(action.status.removeprefix("HTTP_")), location, b"")

    def _made(self, exchange: Exchange, status: int, pairs: list[tuple[str, str]], body: bytes) -> None:
        exchange.over = True
        exchange.client.reply(status, pairs, body)
        exchange.client.finish(stay=exchange.body.done)

    def _forwarded(self, head: Head, peer: str) -> None:
        before = head.named.get("x-forwarded-for")
        added = {
            "X-Forwarded-For": f"{before}, {peer}" if before else peer,
            "X-Forwarded-Proto": self.protocol,
            "X-Forwarded-Port": self.port,
            "X-Amzn-Trace-Id": head.named.get("x-amzn-trace-id", f"Root=1-{self.node.clock.now():.0f}"),
        }
        replaced = {name.lower() for name in added}
        head.pairs[:] = [
            (name, value) for name, value in head.pairs if name.lower() not in replaced and name.lower() != "connection"
        ]
        if upgrade := head.named.get("upgrade"):
            head.pairs.append(("Connection", "upgrade" if upgrade else ""))
        head.pairs.extend(added.items())

    def _location(self, action: Redirect, request: Request, head: Head) -> str:
        query = head.first.split(" ")[1].partition("?")[2]
        values = {"protocol": self.protocol, "host": request.host, "port": self.port, "path": request.path[1:]}
        found = {
            part: _filled(getattr(action, part), values | {"query": query})
            for part in ("protocol", "host", "port", "path", "query")
        }
        where = "{protocol}://{host}:{port}{path}".format_map(found | {"protocol": found["protocol"].lower()})
        return f"{where}?{found['query']}" if found["query"] else where

    def answered(self, exchange: Exchange, head: Head) -> None:
        self.node.meter.answered(exchange.group, head.status, self.node.loop.time() - exchange.began)
        head.pairs[:] = [
            (name, value) for name, value in head.pairs if name.lower() not in ("connection", "keep-alive")
        ]
        if head.status == 101:
            head.pairs.append(("Connection", "upgrade"))
        if exchange.cookie:
            head.pairs.append(("Set-Cookie", f"{COOKIE}={exchange.cookie}; Path=/"))

    def failed(self, exchange: Exchange, code: int, cause: str) -> None:
        self.node.fail(exchange, code, cause)

    def ended(self, exchange: Exchange, side: TargetSide) -> None:
        self.node.open.pop(exchange, None)
        self.node.put_back(side)

    def left(self, exchange: Exchange) -> None:
        """The client is gone: the target's answer is for nobody."""
        self.node.open.pop(exchange, None)
        exchange.over = True
        if exchange.side:
            exchange.side.exchange = None
            exchange.side.transport.abort()


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"#{{{name}}}", value)
    return text
