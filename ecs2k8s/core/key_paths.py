"""Where a value lies in a document whose lists are known by what their items are called, as people name it.

`spec.template.spec.containers[name=web].image` stays the same place wherever the container stands in the list.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ecs2k8s.core.paths import PLAIN, show

Scalar = str | int | float | bool | None
BARE = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./:*-]*")
LITERAL = re.compile(r"true|false|null|-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
QUOTED = r'"(?:[^"\\]|\\.)*"'
NAME = rf"(?:[A-Za-z0-9_-]+|{QUOTED})"
VALUE = rf"(?:[^\[\]\",=#]+|{QUOTED})"
STEP = re.compile(
    rf"\.?(?P<name>[A-Za-z0-9_-]+)|\[(?P<index>\d+)\]|\[(?P<quoted>{QUOTED})\]"
    rf"|\[(?P<keys>{NAME}={VALUE}(?:,{NAME}={VALUE})*)?(?:#(?P<nth>\d+))?\]"
)
PAIR = re.compile(rf"({NAME})=({VALUE})")


@dataclass(frozen=True, slots=True)
class Item:
    """A step to an item of a list: its keys, each with the JSON text of its value (`80` is no `"80"`).

    `nth` counts those before it with equal keys. Without keys it is the nth item that has no equal on the other side,
    of a list whose order means nothing.
    """

    keys: tuple[tuple[str, str], ...] = ()
    nth: int = 0

    @classmethod
    def of(cls, nth: int = 0, **keys: Scalar) -> Item:
        return cls(tuple((key, json.dumps(value)) for key, value in keys.items()), nth)

    def __str__(self) -> str:
        """`[name=web]`, `[containerPort=80,protocol=TCP]`, the second of a name `[name=web#1]`, without keys `[#0]`."""
        keys = ",".join(f"{_name(key)}={_value(value)}" for key, value in self.keys)
        return f"[{keys}#{self.nth}]" if self.nth or not keys else f"[{keys}]"


Step = str | int | Item
KeyPath = tuple[Step, ...]


@lru_cache(maxsize=100_000)
def show_keys(path: KeyPath) -> str:
    """*path* as text; `parse_keys` is its inverse."""
    text = ""
    for step in path:
        one = str(step) if isinstance(step, Item) else show((step,))
        text += f".{one}" if text and not one.startswith("[") else one
    return text


def parse_keys(text: str) -> KeyPath:
    """The inverse of `show_keys`. Raises `ValueError` where the text is no path."""
    path: list[Step] = []
    position = 0
    while position < len(text):
        step = STEP.match(text, position)
        if not step or step.end() == position or step[0] == "[]":
            raise ValueError(f"{text!r} is no path: unexpected {text[position:]!r}")
        path.append(_step(step))
        position = step.end()
    return tuple(path)


def _step(found: re.Match[str]) -> Step:
    name, index, quoted, keys = found["name"], found["index"], found["quoted"], found["keys"]
    if name is not None:
        return name
    if index is not None:
        return int(index)
    if quoted is not None:
        return str(json.loads(quoted))
    pairs = tuple((_read_name(key), _read(value)) for key, value in PAIR.findall(keys or ""))
    return Item(pairs, int(found["nth"] or 0))


def _name(key: str) -> str:
    return key if PLAIN.fullmatch(key) else json.dumps(key)


def _value(text: str) -> str:
    """Strings without quotes, where they are not taken for something else."""
    value: Any = json.loads(text)
    return value if isinstance(value, str) and BARE.fullmatch(value) and not LITERAL.fullmatch(value) else text


def _read_name(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _read(text: str) -> str:
    return text if text.startswith('"') or LITERAL.fullmatch(text) else json.dumps(text)
