"""The API server in memory (`cluster_objects`) as a server on loopback, which can be late, refuse and break off."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.cluster_objects import Objects
from tests.mock_cluster import TOKEN, kubeconfig, status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What happens to a request instead of its answer: a status before it has an effect, or `lost` after it had one.
Fault = int | str


class Twin:
    """`faults` is asked with method and path of each request; None: it is answered."""

    def __init__(self, folder: Path) -> None:
        self.objects = Objects()
        self.folder = folder
        self.asked: list[tuple[str, str]] = []
        self.faults: Callable[[str, str], Fault | None] = lambda *_: None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def kubeconfig(self) -> Path:
        return kubeconfig(self.folder / "kubeconfig", {"server": self.url}, {"token": TOKEN})

    def send(self, method: str, path: str, body: Any = None, kind: str = "application/json", **query: str) -> Any:
        """As the admin, past the socket: how a test makes the world that it asks about."""
        return self.objects.handle(method, path, query, kind, body)[1]

    def apply(self, path: str, manifest: Any, manager: str = "ecs2k8s") -> Any:
        return self.send("PATCH", path, manifest, "application/apply-patch+yaml", fieldManager=manager)

    def patch(self, path: str, change: Any, manager: str) -> Any:
        return self.send("PATCH", path, change, "application/strategic-merge-patch+json", fieldManager=manager)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.asked if method != "GET" and "dryRun" not in path]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _handler(twin: Twin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one segment: else each answer waits for the client's delayed ACK

        def answer(self) -> None:
            asked = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            twin.asked.append((self.command, self.path))
            fault = twin.faults(self.command, self.path)
            if isinstance(fault, int):
                self.say(fault, status(fault, "InternalError", "injected"))
                return
            query = dict(parse_qsl(asked.query))
            value = json.loads(body) if body else None
            code, said = twin.objects.handle(
                self.command, asked.path, query, self.headers.get("Content-Type", ""), value
            )
            if fault:
                self.close_connection = True
                self.connection.close()
                return
            if "PartialObjectMetadata" in self.headers.get("Accept", "") and code == 200:
                said = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": said["metadata"]}
            self.say(code, said)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 (their names are the methods')

        def say(self, code: int, said: Any) -> None:
            data = json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Audit-Id", f"audit-{len(twin.asked)}")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
