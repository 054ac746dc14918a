"""Where a value lies in a document, written as AWS writes it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

PLAIN = re.compile(r"[A-Za-z0-9_-]+")
STEP = re.compile(r'\.?(?P<name>[A-Za-z0-9_-]+)|\[(?P<index>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]')


@lru_cache(maxsize=100_000)  # documents of one shape share most of their paths
def show(path: Path) -> str:
    """`containerDefinitions[0].healthCheck.retries`; a key that holds other characters is quoted: `options["a.b"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text


def parse(text: str) -> Path:
    """The inverse of `show`. Raises `ValueError` where the text is no path."""
    path: list[str | int] = []
    position = 0
    while position < len(text):
        step = STEP.match(text, position)
        if not step:
            raise ValueError(f"{text!r} is no path: unexpected {text[position:]!r}")
        name, index, quoted = step["name"], step["index"], step["quoted"]
        path.append(name if name is not None else int(index) if index is not None else json.loads(quoted))
        position = step.end()
    return tuple(path)


def in_order(value: Any) -> Any:
    """*value* with the keys of every map sorted: what is made of it does not depend on how a file was written."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(child) for child in value] if isinstance(value, list) else value


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each scalar, null, empty list and empty map under *value*, with its path, in document order."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    else:
        yield path, value
