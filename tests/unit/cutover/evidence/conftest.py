"""The runs whose folders are looked at here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.told_runs import at_hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a kind of run; none of its files is changed by a test."""
    return at_hand(tmp_path_factory.mktemp("runs"))
