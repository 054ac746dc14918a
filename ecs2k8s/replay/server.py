"""The replay layer on a loopback port, so that real clients speak HTTP to it."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ecs2k8s.collect.calls import CREDENTIALS, calls
from ecs2k8s.replay.wire import Refusal, Sent, model, operation_of, protocol, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.replay.hook import Hook

SIGNED = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<name>[^/]+)/")


@contextmanager
def listening(hook: Hook) -> Iterator[str]:
    """The URL under which *hook* answers until the end of the block."""

    class Handler(_Handler):
        answering = hook

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
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply()

    do_POST = do_PUT = do_GET  # noqa: N815 (names that http.server asks for)

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service = self._service()
        try:
            found = self.answering.answer(service, self._operation(service, body), Sent(self.path, self.headers, body))
        except Refusal as refusal:
            found = refused(service, refusal)
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
        known = [name.partition(".")[2] for name in calls() if name.startswith(f"{service}.")]
        return operation_of(service, known, self.command, urlsplit(self.path).path)

    def log_message(self, *_: object) -> None:
        """Nothing: requests are recorded by the hook."""


@cache
def signing_names() -> dict[str, str]:
    """The name that requests are signed for (`elasticloadbalancing`) to botocore's (`elbv2`)."""
    services = {name.partition(".")[0] for name in (*calls(), *CREDENTIALS)}
    return {str(model(service).signing_name): service for service in services}
