from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.dns_wire import Question, Record, answer, answers_in, asked_in, decode_name, question

NAMES = st.lists(st.text("ab-9", min_size=1, max_size=20), min_size=1, max_size=4).map(".".join)
RECORDS = st.lists(
    st.builds(
        Record,
        NAMES,
        st.just("A"),
        st.integers(0, 2**31 - 1),
        st.sampled_from(["0.0.0.0", "127.0.0.1", "255.255.255.255"]),
    )
    | st.builds(Record, NAMES, st.just("CNAME"), st.integers(0, 2**31 - 1), NAMES),
    max_size=8,
)


@given(NAMES, st.integers(0, 65535), RECORDS)
def test_what_is_asked_and_answered_comes_back_as_it_was(name: str, ident: int, records: list[Record]) -> None:
    asked = Question(ident, name, "A")
    assert asked_in(question(asked)) == asked
    assert answers_in(answer(question(asked), records)) == records


def test_the_bytes_are_those_of_the_standard() -> None:
    """Section 4.1 of RFC 1035, by hand."""
    asked = question(Question(0xABCD, "a.bc", "A"))
    assert asked == bytes.fromhex("abcd 0100 0001 0000 0000 0000 01 61 02 6263 00 0001 0001")
    told = answer(asked, [Record("a.bc", "A", 60, "127.0.0.1")])
    assert told == bytes.fromhex(
        "abcd 8500 0001 0001 0000 0000 01 61 02 6263 00 0001 0001 01 61 02 6263 00 0001 0001 0000003c 0004 7f000001"
    )


def test_pointers_are_followed_back_and_never_round() -> None:
    assert decode_name(b"\x01a\x00\x01b\xc0\x00", 3) == ("b.a", 7)
    with pytest.raises(ValueError):  # noqa: PT011 - the module says no more
        decode_name(b"\xc0\x00", 0)
