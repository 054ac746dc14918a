"""Trees in which equal things have equal texts: what a diff compares."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.compare.masking import Sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.compare.patterns import Names
    from ecs2k8s.core.key_paths import Step
    from ecs2k8s.core.paths import Path

Form = Literal["leaf", "map", "keyed", "ordered", "set"]


@dataclass(slots=True)
class Node:
    """A value with its place. A leaf has a `value` and the `text` that it is compared by; all others have children."""

    form: Form
    at: Path
    names: Names
    value: Any = None
    text: str = ""
    children: dict[Step, Node] = field(default_factory=dict)
    in_order: bool = False  # of a keyed list: the order means something too
    written: bool = False  # what a text holds, and not a map or a list by itself
    rules: tuple[str, ...] = ()  # rows of equality.yaml that it was read by

    def leaves(self, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Node]]:
        """Each leaf with its path; a map or a list that is empty is one."""
        if not self.children:
            yield path, self
        for step, child in self.children.items():
            yield from child.leaves((*path, step))

    def plain(self) -> Any:
        """What it was read from, with `Sealed` in place of what is not shown."""
        if self.form == "leaf":
            return self.value
        if self.form == "map":
            return {str(step): child.plain() for step, child in self.children.items()}
        return [child.plain() for child in self.children.values()]

    def compared(self, *, unsealed: bool = False) -> str:
        """Equal texts, equal meaning. With *unsealed* all that is sealed is alike: an order that no key decides."""
        return _text(self._parts(unsealed=unsealed))

    def _parts(self, *, unsealed: bool) -> Any:
        """What makes the text: a text in a text would double its quotes at each level."""
        if self.form == "leaf":
            return self.text if not unsealed or not isinstance(self.value, Sealed) else "sealed"
        form = f"{self.form} in a text" if self.written else self.form
        parts = [(step, child._parts(unsealed=unsealed)) for step, child in self.children.items()]  # noqa: SLF001 (its own)
        if self.form == "set":
            return [form, sorted((part for _, part in parts), key=_text)]
        if not self.in_order:
            parts.sort(key=lambda part: _sorting(part[0]))
        return [form, [(repr(step), part) for step, part in parts]]


def _text(parts: Any) -> str:
    return parts if isinstance(parts, str) else json.dumps(parts)


def _sorting(step: Step) -> tuple[str, str]:
    return type(step).__name__, f"{step:09}" if isinstance(step, int) else repr(step)
