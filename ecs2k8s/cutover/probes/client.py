"""One request and its answer: connected to where the side is, with Host and TLS name as users have them."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecs2k8s import __version__

if TYPE_CHECKING:
    from ecs2k8s.cutover.probes.cases import Case, Probes, Side

MOST = 4 * 1024 * 1024  # bytes of a body; more is compared by its beginning
MARKER = "X-Ecs2k8s-Probe"
AGENT = f"ecs2k8s/{__version__} (probe)"
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """`failure`: why there is none, or none that is whole; its status is then 0."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    failure: str = ""


def ask(probes: Probes, side: Side, case: Case, timeout: float) -> Answer:
    """Redirects are answers too, and proxies of the environment are not used."""
    began = time.monotonic()
    connection = _connection(probes, side, timeout)
    try:
        headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip, identity"}
        headers |= {**probes.headers, **case.headers, **side.headers, MARKER: "1"}
        connection.request(case.method, case.path, case.body.encode() or None, headers)
        response = connection.getresponse()
        body = response.read(MOST)
        if len(body) < MOST and response.length:  # `read` with a number does not say that the rest is missing
            raise http.client.IncompleteRead(b"", response.length)
        return Answer(response.status, tuple(response.getheaders()), body, time.monotonic() - began)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, seconds=time.monotonic() - began, failure=_failure(error))
    finally:
        connection.close()


def _failure(error: Exception) -> str:
    """A word for each kind: the text may hold parts of a body."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, "timed out"),
        (http.client.IncompleteRead, "cut off"),
        (ssl.SSLCertVerificationError, "certificate refused"),
        (ssl.SSLError, "TLS failed"),
        (ConnectionRefusedError, "connection refused"),
        (http.client.RemoteDisconnected, "closed without an answer"),
        (ConnectionError, "connection reset"),
        (socket.gaierror, "name not found"),
        (http.client.HTTPException, "no HTTP"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "no answer")


class _Elsewhere(http.client.HTTPConnection):
    """Connects to `there`; everything in the request is as if it had connected to the host itself."""

    there: tuple[str, int]
    context: ssl.SSLContext | None = None

    def connect(self) -> None:
        plain = socket.create_connection(self.there, self.timeout)
        self.sock = self.context.wrap_socket(plain, server_hostname=self.host) if self.context else plain


def _connection(probes: Probes, side: Side, timeout: float) -> _Elsewhere:
    address = urlsplit(probes.base)
    host, port = str(address.hostname), address.port or PORTS[address.scheme]
    connection = _Elsewhere(host, port, timeout=timeout)
    connection.default_port = PORTS[address.scheme]  # so that Host names the port only where users do
    connection.there = _there(side.connect, host, port)
    connection.context = _context(probes.ca) if address.scheme == "https" else None
    return connection


def _there(connect: str, host: str, port: int) -> tuple[str, int]:
    name, _, number = connect.rpartition(":")
    if number.isdigit() and name:
        return name.strip("[]"), int(number)
    return (connect or host), port


@cache
def _context(authorities: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authorities or None)
