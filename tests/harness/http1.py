"""As much of HTTP/1.1 as a proxy, a server and a client need: heads, and where a message ends.

Bodies are passed on as the bytes that they are on the wire; nothing here takes a chunk apart or puts one together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

END = b"\r\n\r\n"
LONGEST_HEAD = 65_536
NO_BODY = {204, 304}
REASONS = {status.value: status.phrase for status in HTTPStatus}
Pairs = list[tuple[str, str]]


class MalformedError(Exception):
    """What came is not HTTP."""


@dataclass(slots=True)
class Head:
    """The first line, and header fields in their order; `named` has the last of each name, written small."""

    first: str
    pairs: Pairs
    named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.named = {name.lower(): value for name, value in self.pairs}

    @property
    def status(self) -> int:
        return int(self.first[9:12])

    @property
    def stays_open(self) -> bool:
        """Whether the sender means to use the connection again."""
        return "close" not in self.named.get("connection", "").lower() and "HTTP/1.0" not in self.first

    def __bytes__(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.pairs)]
        return "\r\n".join(lines).encode("latin-1") + END


def split(data: bytes) -> tuple[Head, bytes] | None:
    """The head at the beginning of *data* and what follows it; None while it is not whole."""
    end = data.find(END)
    if end < 0:
        if len(data) > LONGEST_HEAD:
            raise MalformedError
        return None
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    pairs = [(name, value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon]
    if len(pairs) != len(lines) or first.count(" ") < 2:
        raise MalformedError
    return Head(first, pairs), data[end + 4 :]


@dataclass(slots=True)
class Body:
    """What is still to come of a message: so many bytes, chunks, or all until the connection ends (`left` is None)."""

    left: int | None
    chunked: bool = False
    done: bool = False
    _line: bytes = b""
    _trailer: bool = False

    @classmethod
    def of_request(cls, head: Head) -> Body:
        return cls._of(head, left=int(head.named.get("content-length", 0)))

    @classmethod
    def of_response(cls, head: Head, method: str) -> Body:
        if method == "HEAD" or head.status in NO_BODY or head.status < 200:
            return cls(0, done=True)
        length = head.named.get("content-length")
        return cls._of(head, left=None if length is None else int(length))

    @classmethod
    def _of(cls, head: Head, left: int | None) -> Body:
        if "chunked" in head.named.get("transfer-encoding", "").lower():
            return cls(0, chunked=True)
        return cls(left, done=left == 0)

    def take(self, data: bytes) -> int:
        """How many bytes at the beginning of *data* are of this body."""
        if self.chunked:
            return self._chunks(data)
        if self.left is None:
            return len(data)
        used = min(self.left, len(data))
        self.left -= used
        self.done = self.left == 0
        return used

    def _chunks(self, data: bytes) -> int:
        at = 0
        while at < len(data) and not self.done:
            if self.left:  # within a chunk or its end of line
                step = min(self.left, len(data) - at)
                self.left, at = self.left - step, at + step
                continue
            end = data.find(b"\n", at)
            if end < 0:
                self._line += data[at:]
                return len(data)
            line, self._line, at = (self._line + data[at:end]).strip(), b"", end + 1
            self._between(line)
        return at

    def _between(self, line: bytes) -> None:
        """A line that is no content: the size of the next chunk, or of the trailer, which an empty one ends."""
        if self._trailer:
            self.done = not line
            return
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise MalformedError from None
        self._trailer = size == 0
        self.left = size + 2 if size else 0


def response(status: int, pairs: Pairs, body: bytes) -> bytes:
    """A whole response whose length is known."""
    first = f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}"
    return bytes(Head(first, [*pairs, ("Content-Length", str(len(body)))])) + body
