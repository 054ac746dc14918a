from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.http1 import Body, Head, MalformedError, response, split


def head(text: str) -> Head:
    found = split(text.encode() + b"\r\n\r\n")
    assert found
    return found[0]


def test_a_head_comes_back_as_it_was() -> None:
    raw = b"GET /a?b HTTP/1.1\r\nHost: a\r\nX-Y:  two \r\nx-y: one\r\n\r\n"
    found = split(raw + b"rest")
    assert found
    assert (found[0].first, found[0].pairs, found[1]) == (
        "GET /a?b HTTP/1.1",
        [("Host", "a"), ("X-Y", "two"), ("x-y", "one")],
        b"rest",
    )
    assert bytes(found[0]) == raw.replace(b":  two ", b": two")


def test_a_head_that_is_not_whole_is_waited_for() -> None:
    assert split(b"GET / HTTP/1.1\r\nHost: a\r\n") is None


@pytest.mark.parametrize("raw", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"x" * 70_000])
def test_what_is_no_head_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        split(raw)


@pytest.mark.parametrize(("text", "method", "left", "done"), [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5", "GET", 5, False),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5", "HEAD", 0, True),
    ("HTTP/1.1 204 No Content", "GET", 0, True),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5", "GET", 0, True),
    ("HTTP/1.1 200 OK", "GET", None, False),
])  # fmt: skip
def test_where_an_answer_ends(text: str, method: str, left: int | None, done: bool) -> None:
    found = Body.of_response(head(text), method)
    assert (found.left, found.done) == (left, done)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.integers(1, 9), st.booleans())
def test_chunks_end_where_they_end_however_they_are_cut(chunks: list[bytes], step: int, trailer: bool) -> None:
    raw = b"".join(b"%x;a=b\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    raw += b"0\r\n" + (b"X-T: 1\r\n" if trailer else b"") + b"\r\n"
    body = Body.of_request(head("POST / HTTP/1.1\r\nTransfer-Encoding: chunked"))
    sent = raw + b"GET"
    used = 0
    for at in range(0, len(sent), step):
        piece = sent[at : at + step]
        took = body.take(piece)
        used += took
        if took < len(piece):
            break
    assert body.done
    assert used == len(raw)


def test_a_response_says_its_length() -> None:
    assert response(200, [("A", "b")], b"xyz") == b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nxyz"
