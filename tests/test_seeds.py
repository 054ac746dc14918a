"""A seed that a test prints, or has in CI, draws the same examples alone and among all other tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hypothesis import given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def drawn() -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []

    @seed(0)
    @settings(max_examples=100, database=None)
    @given(st.integers(1, 50_000), st.text(max_size=5))
    def draw(number: int, text: str) -> None:
        found.append((number, text))

    draw()
    return found


def test_a_seed_draws_the_same_whatever_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    constants = tmp_path.with_name("ours") / "constants_of_a_seed.py"  # the path of a test would be passed over
    constants.parent.mkdir()
    constants.write_text(f"NUMBERS = {list(range(200, 1_000))}\nTEXT = 'ours'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(constants.parent)
    __import__(constants.stem)
    try:
        assert drawn() == before
    finally:
        del sys.modules[constants.stem]
