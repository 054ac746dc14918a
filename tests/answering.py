"""Two servers on loopback that answer alike but for seeded differences, each on a path of its own."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ECS, EKS = "ecs", "eks"
JSON, HTML, TEXT = "application/json", "text/html; charset=utf-8", "text/plain; charset=utf-8"
Made = tuple[int, list[tuple[str, str]], bytes]
Kind = Callable[[str], Made]
numbers = itertools.count()
chances = random.Random()


def made(body: Any = None, *headers: tuple[str, str], status: int = 200, kind: str = JSON) -> Made:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return status, [("Content-Type", kind), *headers], data


def of_json(ecs: Any, eks: Any) -> Kind:
    return lambda side: made(ecs if side == ECS else eks)


def of_header(name: str, ecs: str | None, eks: str | None) -> Kind:
    def answer(side: str) -> Made:
        value = ecs if side == ECS else eks
        return made({"a": 1}, *([(name, value)] if value is not None else []))

    return answer


def of_text(ecs: str, eks: str, kind: str = HTML) -> Kind:
    return lambda side: made(ecs if side == ECS else eks, kind=kind)


def of_status(ecs: int, eks: int, location: tuple[str, str] = ("", "")) -> Kind:
    def answer(side: str) -> Made:
        its = location[side == EKS]
        return made({"a": 1}, *([("Location", its)] if its else []), status=ecs if side == ECS else eks)

    return answer


def flapping(ecs: float, eks: float) -> Kind:
    return lambda side: made({"a": 1}, status=500 if chances.random() < (ecs if side == ECS else eks) else 200)


PAGE = '<html><body class="a b"><a href="/x">Home</a> <p>Hello</p></body></html>'
BOOK = {"id": 7, "price": 12.5, "tags": ["a", "b", "c"], "owner": {"name": "Ann", "active": True}}


def book(**changes: Any) -> dict[str, Any]:
    return BOOK | changes


# What must be found, and at which path.
FIND: dict[str, tuple[Kind, str]] = {
    "header-missing": (of_header("X-Frame-Options", "DENY", None), "header.x-frame-options"),
    "header-added": (of_header("X-Debug", None, "1"), "header.x-debug"),
    "header-changed": (of_header("Content-Language", "de", "en"), "header.content-language"),
    "cors-missing": (of_header("Access-Control-Allow-Origin", "*", None), "header.access-control-allow-origin"),
    "hsts-missing": (of_header("Strict-Transport-Security", "max-age=300", None), "header.strict-transport-security"),
    "cache-changed": (of_header("Cache-Control", "no-store", "public, max-age=60"), "header.cache-control"),
    "status-500": (of_status(200, 500), "status"),
    "status-404": (of_status(200, 404), "status"),
    "status-201": (of_status(200, 201), "status"),
    "flapping-500": (flapping(0, 0.5), "status"),
    "redirect": (of_status(200, 302, ("", "/login")), "status"),
    "location-path": (of_status(302, 302, ("/a", "/b")), "header.location"),
    "location-host": (of_status(302, 302, ("http://shop.test/a", "http://pod.internal/a")), "header.location"),
    "field-missing": (of_json(BOOK, {k: v for k, v in BOOK.items() if k != "price"}), "json.price"),
    "field-added": (of_json(BOOK, book(debug=True)), "json.debug"),
    "value-changed": (of_json(BOOK, book(price=13)), "json.price"),
    "number-as-text": (of_json(BOOK, book(id="7")), "json.id"),
    "float-noise": (of_json({"sum": 0.3}, {"sum": 0.1 + 0.2}), "json.sum"),
    "null-for-absent": (of_json({"a": 1}, {"a": 1, "b": None}), "json.b"),
    "null-value": (of_json(BOOK, book(price=None)), "json.price"),
    "boolean-flipped": (of_json(BOOK, book(owner={"name": "Ann", "active": False})), "json.owner.active"),
    "nested-changed": (of_json(BOOK, book(owner={"name": "Bob", "active": True})), "json.owner.name"),
    "list-order": (of_json(BOOK, book(tags=["b", "a", "c"])), "json.tags[]"),
    "list-shorter": (of_json(BOOK, book(tags=["a", "b"])), "json.tags.length"),
    "list-empty": (of_json(BOOK, book(tags=[])), "json.tags.length"),
    "date-form": (of_json({"d": "2026-01-02"}, {"d": "02.01.2026"}), "json.d"),
    "time-zone": (of_json({"d": "2026-01-02T10:00:00Z"}, {"d": "2026-01-02T11:00:00+01:00"}), "json.d"),
    "mojibake": (of_json({"n": "Zürich"}, {"n": "ZÃ¼rich"}), "json.n"),
    "no-json": (lambda side: made(BOOK) if side == ECS else made("<h1>Oops</h1>"), "json"),
    "type-changed": (lambda side: made(BOOK, kind=JSON if side == ECS else "text/json"), "header.content-type"),
    "charset-header": (lambda side: made("hi", kind=TEXT if side == ECS else "text/plain; charset=latin-1"), "header.content-type"),
    "charset-bytes": (lambda side: made("Zürich".encode("utf-8" if side == ECS else "latin-1"), kind=TEXT), "body"),
    "gzip-missing": (lambda side: made(gzip.compress(b'{"a":1}'), ("Content-Encoding", "gzip")) if side == ECS else made({"a": 1}), "header.content-encoding"),
    "truncated": (lambda side: made(b"x" * 100, *([("X-Cut", "50")] if side == EKS else []), kind=TEXT), "status"),
    "closed": (lambda side: made(b"x", *([("X-Close", "1")] if side == EKS else []), kind=TEXT), "status"),
    "too-slow": (lambda side: made(b"x", *([("X-Slow", "1")] if side == EKS else []), kind=TEXT), "status"),
    "cookie-secure": (of_header("Set-Cookie", "sid=1; Secure; HttpOnly", "sid=1; HttpOnly"), "cookie.sid.secure"),
    "cookie-httponly": (of_header("Set-Cookie", "sid=1; Secure; HttpOnly", "sid=1; Secure"), "cookie.sid.httponly"),
    "cookie-samesite": (of_header("Set-Cookie", "sid=1; SameSite=Lax", "sid=1; SameSite=None"), "cookie.sid.samesite"),
    "cookie-missing": (of_header("Set-Cookie", "sid=1", None), "cookie.sid.path"),
    "html-text": (of_text(PAGE, PAGE.replace("Hello", "Error")), "html.text"),
    "html-link": (of_text(PAGE, PAGE.replace("/x", "http://pod.internal/x")), "html.a.@href"),
    "html-tag-missing": (of_text(PAGE, PAGE.replace("<p>Hello</p>", "Hello")), "html.tags"),
    "binary-changed": (of_text("\x89PNG1", "\x89PNG2", "image/png"), "body"),
}  # fmt: skip

# What must be ignored, or is what ECS does by itself.
IGNORE: dict[str, Kind] = {
    "same": of_json(BOOK, BOOK),
    "trace-id": lambda _: made(BOOK, ("X-Amzn-Trace-Id", str(uuid.uuid4()))),
    "request-id": lambda _: made(BOOK, ("X-Request-Id", str(uuid.uuid4()))),
    "server": of_header("Via", "1.1 ecs", "1.1 eks"),
    "key-order": of_json({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "json-blanks": lambda side: made('{"a":1}' if side == ECS else '{ "a" : 1 }\n'),
    "time-stamp": lambda _: made(book(at=time.time())),
    "random-id": lambda _: made(book(id=str(uuid.uuid4()))),
    "random-key": lambda _: made({str(uuid.uuid4()): 1, "a": 2}),
    "counter": lambda _: made({"n": next(numbers)}),
    "chunked": lambda side: made(BOOK, *([("X-Chunked", "1")] if side == EKS else [])),
    "multiset": of_json({"rows": [{"id": 1}, {"id": 2}]}, {"rows": [{"id": 2}, {"id": 1}]}),
    "multiset-values": lambda _: made({"values": chances.sample(range(5), 5)}),
    "header-case": lambda side: made(BOOK, ("x-thing" if side == ECS else "X-Thing", "1")),
    "type-blanks": lambda side: made(BOOK, kind="application/json;charset=utf-8" if side == ECS else "application/json; charset=UTF-8"),
    "cache-order": of_header("Cache-Control", "no-store, private", "private, no-store"),
    "vary-order": of_header("Vary", "Accept, Origin", "origin,accept"),
    "whole-number": of_json({"a": 1}, {"a": 1.0}),
    "cookie-value": lambda _: made(BOOK, ("Set-Cookie", f"sid={uuid.uuid4()}; Secure; HttpOnly; Max-Age={chances.randrange(9)}")),
    "cookie-of-the-balancer": of_header("Set-Cookie", "AWSALB=1; Path=/", None),
    "class-order": of_text(PAGE, PAGE.replace("a b", "b a")),
    "html-blanks": of_text(PAGE, PAGE.replace("Hello", "  Hello\n")),
    "location-absolute": of_status(302, 302, ("http://shop.test/a?b=1", "/a?b=1")),
    "both-flap": flapping(0.4, 0.4),
    "both-404": of_status(404, 404),
}  # fmt: skip
KINDS: dict[str, Kind] = {**{name: kind for name, (kind, _) in FIND.items()}, **IGNORE}
SLOW = 1.5


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    side = ECS

    def do_GET(self) -> None:
        self.server.seen.append((self.side, self.command, self.path, dict(self.headers)))  # type: ignore[attr-defined]
        status, headers, body = KINDS[self.path.partition("?")[0].strip("/")](self.side)
        control = {name: value for name, value in headers if name in ("X-Cut", "X-Close", "X-Slow", "X-Chunked")}
        if "X-Close" in control:
            self.close_connection = True
            return
        if "X-Slow" in control:
            time.sleep(SLOW)
        self.send_response(status)
        for name, value in headers:
            if name not in control:
                self.send_header(name, value)
        self._body(body, control)

    do_HEAD = do_GET  # noqa: N815 (the base class calls it so)

    def _body(self, body: bytes, control: dict[str, str]) -> None:
        if "X-Chunked" in control:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: int(control.get("X-Cut", len(body)))] if self.command != "HEAD" else b"")
        self.close_connection = "X-Cut" in control

    def log_message(self, *_: Any) -> None: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, side: str, seen: list[Any]) -> None:
        self.seen = seen
        super().__init__(("127.0.0.1", 0), type("Side", (Handler,), {"side": side}))

    def handle_error(self, *_: Any) -> None: ...


@contextmanager
def serving() -> Iterator[tuple[str, str, list[Any]]]:
    """Where ECS and EKS are, and every request that came."""
    seen: list[Any] = []
    servers = [Server(ECS, seen), Server(EKS, seen)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        one, other = (f"127.0.0.1:{server.server_address[1]}" for server in servers)
        yield one, other, seen
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
