"""Hidden characters become visible, and JSON stays the same value."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.escape import HIDDEN, escape, escape_json

TEXT = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("\x00\x07\x1b\x7f\x85\u200b\u202e\ufeff\U000e0041"))
)


@given(TEXT)
def test_an_escaped_text_hides_nothing_and_is_escaped_once(text: str) -> None:
    shown = escape(text)
    assert not HIDDEN.search(shown)
    assert escape(shown) == shown


@given(st.dictionaries(TEXT, TEXT))
def test_json_means_the_same_and_hides_nothing(value: dict[str, str]) -> None:
    written = escape_json(msgspec.json.encode(value))
    assert json.loads(written) == value
    assert not HIDDEN.search(written.decode())
    assert escape_json(written) == written


def test_characters_beyond_the_first_plane_are_pairs() -> None:
    assert escape_json('"\U000e0041é"'.encode()) == '"\\udb40\\udc41é"'.encode()
