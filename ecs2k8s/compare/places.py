"""Problems at their places, and lists that must not hold a thing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.paths import Path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Problem = tuple[Path, str]  # where it is, and what is wrong there


def repeated(path: Path, items: Sequence[dict[str, Any]], key: str, **defaults: str) -> Iterator[Problem]:
    """Items of the list at *path* whose *key* stood before, together with the other keys that have *defaults*.

    An item without *key* is left out. Server-side apply refuses what comes twice in a list that merges by key.
    """
    seen: set[tuple[Any, ...]] = set()
    for index, item in enumerate(items):
        if key not in item:
            continue
        values = (item[key], *(item.get(name, default) for name, default in defaults.items()))
        if values in seen:
            yield (*path, index, key), f"{'/'.join(str(value) for value in values)} stands twice"
        seen.add(values)
