"""A split in the text of target.yaml, which belongs to the user: all other text stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from ecs2k8s.core.errors import TargetError
from ecs2k8s.core.target import given
from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.core.splits import Split

KEY = "splits"


def split_text(key: str, split: Split) -> str:
    """What stands below `splits`, without indentation."""
    return dump({key: msgspec.to_builtins(split)})


def with_split(text: str, key: str, split: Split) -> str:
    """*text* of target.yaml with *split* under *key*, which it does not have yet. Raises `TargetError`.

    Text is added only where that surely means the same as before and the new key; else a person must write it.
    """
    before = given(text)
    after = before | {KEY: (before.get(KEY) or {}) | {key: msgspec.to_builtins(split)}}
    made = _added(text, split_text(key, split).splitlines())
    try:
        is_right = made is not None and given(made) == after
    except TargetError:
        is_right = False
    if made is None or not is_right:
        raise TargetError("target.yaml: is not written in a way that lets text be added to it; add it by hand")
    return made


def _added(text: str, block: Sequence[str]) -> str | None:
    """None where the text has no place for it: a map in braces."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines(keepends=True)
    if root is None:
        return _joined(text, lines, len(lines), [f"{KEY}:", *_indented(block, 2)])
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return None
    margin = root.start_mark.column
    node = next((value for name, value in root.value if name.value == KEY), None)
    if node is None:
        return _joined(text, lines, len(lines), _indented([f"{KEY}:", *_indented(block, 2)], margin))
    if not node.value:  # {} or nothing
        emptied = text[: node.start_mark.index].rstrip(" ") + text[node.end_mark.index :]
        at = node.start_mark.line + 1
        return _joined(emptied, emptied.splitlines(keepends=True), at, _indented(block, margin + 2))
    if node.flow_style or not isinstance(node, yaml.MappingNode):
        return None
    column = node.value[0][0].start_mark.column
    return _joined(text, lines, _last(node).end_mark.line + 1, _indented(block, column))


def _last(node: Any) -> Any:
    """The node that ends where *node* does: the end of a block is where the next one begins, after all comments."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return node
    return _last(node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1])


def _indented(block: Sequence[str], by: int) -> list[str]:
    return [" " * by + line for line in block]


def _joined(text: str, lines: Sequence[str], at: int, block: Sequence[str]) -> str:
    """*lines* with *block* before line *at*, ended as the lines of *text* are."""
    ending = "\r\n" if "\r\n" in text else "\n"
    before = "".join(lines[:at])
    before += "" if not before or before.endswith(("\n", "\r")) else ending
    return before + "".join(line + ending for line in block) + "".join(lines[at:])
