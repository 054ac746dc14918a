"""One request by itself, and all that comes back: for what a generator of load does not look at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.harness.http1 import Body, Head, split

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = (("Host", "shop.example.com"),)


async def fetch(
    address: tuple[str, int],
    target: str = "/",
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = ANY,
    body: bytes = b"",
) -> tuple[Head, bytes]:
    """The head of the answer and its body as it is on the wire. Raises `EOFError` where the answer is not whole."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        length = [("Content-Length", str(len(body)))] if body else []
        writer.write(bytes(Head(f"{method} {target} HTTP/1.1", [*headers, *length])) + body)
        return await answer(reader, method)
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader, method: str = "GET") -> tuple[Head, bytes]:
    data = b""
    while (found := split(data)) is None:
        data += await _more(reader)
    head, rest = found
    body, got = Body.of_response(head, method), b""
    while True:
        got += rest[: body.take(rest)]
        if body.done:
            return head, got
        try:
            rest = await _more(reader)
        except EOFError:
            if body.left is None:
                return head, got
            raise


async def _more(reader: asyncio.StreamReader) -> bytes:
    if data := await reader.read(65_536):
        return data
    raise EOFError
