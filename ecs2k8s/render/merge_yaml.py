"""Merges YAML and JSON by their values, and writes the result into the text as people left it.

However a result was written, it is read again: its values must be the merged ones, and every comment of a person must
be in it. Else the file stays as it is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.collect.sources import Unreadable
from ecs2k8s.collect.yaml_text import yaml_values
from ecs2k8s.compare.list_keys import Place
from ecs2k8s.compare.three_way import merge, same
from ecs2k8s.core.edits import ABSENT
from ecs2k8s.core.escape import escape
from ecs2k8s.render.merge_lines import MergedText, merge_lines
from ecs2k8s.render.yaml_patch import Unpatchable, block, patched

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)
VALUES, FILE = "HelmValues", "File"
HANDMADE = "what changed cannot be written into it without touching what was written by hand"


class Unmergeable(Exception):  # noqa: N818 (it ends nothing: it is why a file stays as it is)
    """In words for the person whose file it is."""


def merge_yaml(then: str, edited: str, now: str, file: str = "") -> MergedText:
    """Raises `Unmergeable` where the edited text cannot be read, or no result keeps all that people wrote."""
    documents = [values(text) for text in (then, edited, now)]
    are_many = any(len(each) > 1 for each in documents)
    before, mine, after = (_by_object(each) if are_many else each[0] if each else ABSENT for each in documents)
    place = None if are_many else _place(file, after, before, mine)
    merged = merge(before, mine, after, file, place)
    want, its_base = (_documents(value, are_many=are_many) for value in (merged.value, merged.base))
    base = "---\n".join(block(each) for each in its_base) if merged.conflicts else now
    if same(want, documents[1]):
        return MergedText(edited, base, merged.edits)
    lost: Counter[str] = Counter()
    for text in _written((then, edited, now), documents[1], want):
        if _holds(text, want, file):
            lost = comments(edited) - comments(then) - comments(text)
            if not lost:
                return MergedText(text, base, merged.edits)
    # Whoever takes the comment elsewhere gets the change with the next export.
    raise Unmergeable(f"{HANDMADE}: put elsewhere {escape(min(lost))}" if lost else HANDMADE)


def values(text: str) -> list[Any]:
    """The documents of a YAML or JSON text. Raises `Unmergeable` with line and column."""
    try:
        return [*_read(text)]
    except Unreadable as error:
        raise Unmergeable(f"cannot be read: {error}") from error


@lru_cache(maxsize=8)  # until it is written, a file is looked at several times: nobody changes what was read
def _read(text: str) -> tuple[Any, ...]:
    return tuple(yaml_values(text))


def comments(text: str) -> Counter[str]:
    """The comments of a YAML text, each as often as it stands there."""
    found: Counter[str] = Counter()
    at = 0
    for start, end in (*_scalars(text), (len(text), len(text))):
        found.update(comment.strip() for comment in COMMENT.findall(text[at:start]))
        at = end
    return found


def _scalars(text: str) -> Iterator[tuple[int, int]]:
    """Where a `#` begins no comment. The first line of a block scalar is `|` and no text of it."""
    for token in yaml.scan(text, yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark.index, token.end_mark.index
            yield (text.find("\n", start), end) if token.style in ("|", ">") else (start, end)


def _place(file: str, *documents: Any) -> Place:
    """What Kubernetes does not know has a shape by its name, for mappings/masking.yaml."""
    found = Place.of(*documents)
    return found if found.kind else Place(VALUES if file.endswith("/values.yaml") else FILE)


def _by_object(documents: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in documents:
        metadata = each.get("metadata") if isinstance(each, dict) else None
        if not isinstance(metadata, dict):
            raise Unmergeable("holds several documents, and one of them is no object of Kubernetes")
        name = "/".join(str(part) for part in (each.get("kind"), metadata.get("namespace"), metadata.get("name")))
        if name in found:
            raise Unmergeable(f"holds {escape(name)} twice")
        found[name] = each
    return found


def _documents(value: Any, *, are_many: bool) -> list[Any]:
    return list(value.values()) if are_many else [] if value is ABSENT else [value]


def _written(texts: tuple[str, str, str], have: list[Any], want: list[Any]) -> Iterator[str]:
    """The ways to write a result: by lines, which also brings comments of ours, and by the places that changed."""
    by_lines = merge_lines(*texts)
    if by_lines.clean:
        yield by_lines.text
    try:
        yield patched(texts[1], have, want)
    except (Unpatchable, yaml.YAMLError):
        return


def _holds(text: str, want: list[Any], file: str) -> bool:
    try:
        if file.endswith(".json"):
            json.loads(text)
        return same([*_read(text)], want)
    except (Unreadable, ValueError, RecursionError):
        return False
