"""The replay layer on a loopback port, so that real clients speak HTTP to it."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

from ecs2k8s.collect.calls import calls
from ecs2k8s.replay.hook import services
from ecs2k8s.replay.stand_in import READS, WRITES
from ecs2k8s.replay.state import NotModelledError
from ecs2k8s.replay.wire import Refusal, Reply, Sent, model, operation_of, protocol, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.replay.hook import Hook

SIGNED = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<name>[^/]+)/")


CLOCK = "/-/clock"  # not of AWS: the clock of the account, for processes that wait by it; `?sleep=60` moves it on


class Clock(Protocol):
    """`state.FakeClock`, or one that goes by itself."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


@contextmanager
def listening(hook: Hook, clock: Clock | None = None) -> Iterator[str]:
    """The URL under which *hook* answers until the end of the block, to any number of processes."""

    class Handler(_Handler):
        answering = hook
        account_clock = clock

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    answering: Hook
    account_clock: Clock | None
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (names that http.server asks for)

    def _reply(self) -> None:
        from botocore.exceptions import HTTPClientError  # noqa: PLC0415 (boto3 is imported where it is used)

        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._send(self._clock() if self.path.startswith(CLOCK) else self._answer(body))
        except HTTPClientError:  # a fault that was asked for: no answer ever comes
            self.close_connection = True
        except ConnectionError:  # whoever asked is gone
            self.close_connection = True

    def _answer(self, body: bytes) -> Reply:
        service = self._service()
        try:
            return self.answering.answer(service, self._operation(service, body), Sent(self.path, self.headers, body))
        except Refusal as refusal:
            return refused(service, refusal)
        except (NotModelledError, LookupError) as error:
            return refused(service, Refusal("NotModelled", str(error), 501))

    def _clock(self) -> Reply:
        clock = self.account_clock
        if clock is None:
            return Reply(404, b"", {})
        clock.sleep(float(parse_qs(urlsplit(self.path).query).get("sleep", ["0"])[0]))
        return Reply(200, repr(clock.now()).encode(), {})

    def _send(self, found: Reply) -> None:
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    def _service(self) -> str:
        signed = SIGNED.search(self.headers.get("Authorization") or "")
        return signing_names()[signed["name"]] if signed else "sts"

    def _operation(self, service: str, body: bytes) -> str:
        if target := self.headers.get("X-Amz-Target"):
            return str(target).rpartition(".")[2]
        if protocol(service) in ("query", "ec2"):
            return parse_qs(body.decode())["Action"][0]
        known = [name.partition(".")[2] for name in (*calls(), *WRITES, *READS) if name.startswith(f"{service}.")]
        return operation_of(service, known, self.command, urlsplit(self.path).path)

    def log_message(self, *_: object) -> None:
        """Nothing: requests are recorded by the hook."""


@cache
def signing_names() -> dict[str, str]:
    """The name that requests are signed for (`elasticloadbalancing`) to botocore's (`elbv2`)."""
    return {str(model(service).signing_name): service for service in services()}
