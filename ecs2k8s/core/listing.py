"""Names in a sentence: the first few, and how many more there are."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def listed(names: Collection[str], most: int, word: Callable[[str], str] = str) -> str:
    """`a, b and 3 more`. *word* writes one name, as a code span in Markdown."""
    more = len(names) - most
    return ", ".join(map(word, islice(names, most))) + (f" and {more} more" if more > 0 else "")
