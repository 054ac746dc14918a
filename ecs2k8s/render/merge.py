"""Merges one generated file with what people made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.edits import Edit
from ecs2k8s.render.merge_lines import MergedText, merge_lines
from ecs2k8s.render.merge_yaml import Unmergeable, merge_yaml, values

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 2_000_000  # bytes; what is larger was written by a machine
STRUCTURED = (".yaml", ".yml", ".json")
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class MergedFile:
    """The file as it is to be, the text that it was merged with, and what people changed in it.

    `base` is None where it stays the one it was: nothing could be merged.
    """

    data: bytes
    base: str | None
    edits: tuple[Edit, ...]


def merge_file(path: str, then: str, edited: bytes, now: str) -> MergedFile:
    """Never raises: a file that cannot be merged stays byte for byte, and is one conflict if there was a change."""
    try:
        text, encoded = _decoded(edited)
        merged = _merged(path, then, text, now)
        _check_settled(path, merged, now)
    except Unmergeable as error:
        whole = Edit(path, because=str(error), is_conflict=then != now)
        return MergedFile(edited, None if whole.is_conflict else now, (whole,))
    return MergedFile(encoded(merged.text), merged.base, merged.edits)


def _decoded(data: bytes) -> tuple[str, Callable[[str], bytes]]:
    """The text with `\\n` at the ends of its lines, and what makes bytes of a text as they were."""
    if len(data) > LARGEST:
        raise Unmergeable(f"is larger than {LARGEST // 1_000_000} MB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Unmergeable("is not UTF-8") from error
    mark = BOM if text.startswith(BOM) else ""
    end = "\r\n" if 0 < text.count("\n") == text.count("\r\n") else "\n"
    return text.removeprefix(mark).replace(end, "\n"), lambda text: (mark + text.replace("\n", end)).encode()


def _merged(path: str, then: str, edited: str, now: str) -> MergedText:
    if edited == then:
        return MergedText(now, now, ())
    by_values = path.endswith(STRUCTURED) and all(map(_is_yaml, (then, now)))
    if by_values and "/templates/" in path:
        by_values = _is_yaml(edited)  # an action that a person put into a template makes it one more text
    return (merge_yaml if by_values else merge_lines)(then, edited, now, path)


def _check_settled(path: str, merged: MergedText, now: str) -> None:
    """Raises `Unmergeable` where the next export, of the same AWS, would not leave all as it is."""
    again = _merged(path, merged.base, merged.text, now)
    if (again.text, again.base) != (merged.text, merged.base):
        raise Unmergeable("the change cannot be brought into it in a way that the next export would leave alone")


def _is_yaml(text: str) -> bool:
    try:
        values(text)
    except Unmergeable:
        return False
    return True
