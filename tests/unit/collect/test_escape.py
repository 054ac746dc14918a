"""Foreign text on one visible line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.escape import escape


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain café 🚢 \\n", "plain café 🚢 \\n"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31m\x00\x7f\x9b", "\\u001b[31m\\u0000\\u007f\\u009b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("a\u200bb\ufeff\u2028", "a\\u200bb\\ufeff\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_hidden_characters_become_visible(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_hidden_stays_and_twice_is_once(text: str) -> None:
    shown = escape(text)
    assert escape(shown) == shown
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode()
