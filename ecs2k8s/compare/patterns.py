"""Values for places: tables whose rows name a kind of Kubernetes or a shape of AWS, and a path below it.

A path has no indices (`spec.containers.env`); `*` is any step, `actions.*` any that begins so, `*.json` any that ends
so. What stands inside another thing is named once: `Deployment.spec.template` is a `Pod`, whose `spec.containers` are
`Container`s (mappings/inside.yaml).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from ecs2k8s.core.errors import MappingError
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.paths import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
KUBERNETES, AWS = "Kubernetes", "AWS"  # what holds in all kinds, and in all shapes
Names = tuple[str, ...]
STEP = re.compile(r'\.?(?P<name>[A-Za-z0-9_*{}-]+)|\["(?P<quoted>[^"]+)"\]')


@dataclass(slots=True, eq=False)
class Node(Generic[T]):
    """One step of the patterns of a shape."""

    value: T | None = None
    children: dict[str, Node[T]] = field(default_factory=dict)
    partly: dict[str, Node[T]] = field(default_factory=dict)  # of patterns like `actions.*` and `*.json`
    inside: str = ""  # the shape that begins here

    def below(self, name: str) -> Node[T]:
        """The node of the step *name*, made where there is none."""
        if name not in self.children:
            self.children[name] = Node()
            if "*" in name and name != "*":
                self.partly[name] = self.children[name]
        return self.children[name]

    def matching(self, name: str) -> list[Node[T]]:
        """Those that *name* leads to, the most specific first."""
        exact = [self.children[name]] if name in self.children else []
        longest = sorted(self.partly, key=lambda pattern: (-len(pattern), pattern))
        begun = [self.partly[pattern] for pattern in longest if fnmatchcase(name, pattern)]
        return exact + begun + ([self.children["*"]] if "*" in self.children and name != "*" else [])


Cursor = tuple[Node[T], ...]  # all patterns that lead here, the most specific first


class Patterns(Generic[T]):
    """A table of places."""

    def __init__(self, rows: Iterable[tuple[str, str, T]]) -> None:
        self.roots: dict[str, Node[T]] = {}
        # Documents of one shape share most of their paths.
        self.child = lru_cache(maxsize=50_000)(self._child)
        self.covering = lru_cache(maxsize=50_000)(self._covering)
        for shape, parts in inside().items():
            for pattern, part in parts.items():
                self._node(shape, pattern).inside = part
        for shape, pattern, value in rows:
            node = self._node(shape, pattern)
            if node.value is not None:
                raise MappingError(f"{shape} {pattern}: stands twice")
            node.value = value

    def _node(self, shape: str, pattern: str) -> Node[T]:
        node = self.roots.setdefault(shape, Node())
        for name in steps(pattern):
            node = node.below(name)
        return node

    def root(self, shape: str) -> Cursor[T]:
        every = AWS if "." in shape else KUBERNETES
        found = [self.roots[name] for name in (shape, every) if name in self.roots]
        return self._entered(found)

    def _child(self, cursor: Cursor[T], name: str) -> Cursor[T]:
        return self._entered([found for node in cursor for found in node.matching(name)]) if cursor else ()

    def _entered(self, nodes: list[Node[T]]) -> Cursor[T]:
        parts = [self.roots[node.inside] for node in nodes if node.inside in self.roots]
        return (*nodes, *parts)

    def _covering(self, shape: str, names: Names) -> T | None:
        """The value of the deepest pattern that *names* begins with."""
        cursor = self.root(shape)
        found = first(cursor)
        for name in names:
            cursor = self.child(cursor, name)
            if not cursor:
                break
            deeper = first(cursor)
            found = found if deeper is None else deeper
        return found


def first(cursor: Cursor[T]) -> T | None:
    return next((node.value for node in cursor if node.value is not None), None)


def steps(pattern: str) -> Names:
    """The steps of a pattern as it stands in a table. Raises `MappingError`."""
    names: list[str] = []
    position = 0
    while position < len(pattern):
        found = STEP.match(pattern, position)
        if not found:
            raise MappingError(f"{pattern!r} is no pattern: unexpected {pattern[position:]!r}")
        names.append(found["name"] or found["quoted"])
        position = found.end()
    return tuple(names)


def written(names: Names) -> str:
    """The inverse of `steps`."""
    text = ""
    for name in names:
        plain = PLAIN.fullmatch(name) or name == "*"
        text += (f".{name}" if text else name) if plain else f'["{name}"]'
    return text


@cache
def inside() -> dict[str, dict[str, str]]:
    """mappings/inside.yaml: shape to path to the shape that stands there."""
    return msgspec.convert(load_yaml("inside.yaml"), dict[str, dict[str, str]])
