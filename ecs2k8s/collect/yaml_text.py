"""Reads YAML by its 1.2 core schema, as the AWS CLI writes and reads it, event by event.

A scalar that YAML 1.1 and 1.2 read differently (0644, 1_000, a date) stays an `Odd`: nobody can say what was meant.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from ecs2k8s.collect.sources import Unreadable
from ecs2k8s.core.escape import escape
from ecs2k8s.core.paths import Path, show

DEPTH = 100  # levels of nesting; no AWS document has 20
BUDGET = 1_000_000  # nodes that aliases may add to a file

NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
FLOAT = re.compile(r"-?([0-9]{1,30}\.[0-9]{0,30}|\.[0-9]{1,30}|[0-9]{1,30}(?=[eE]))([eE][-+]?[0-9]{1,9})?")
ODD = re.compile(
    r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?0[xX][0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+"
    r"|[-+]?\.[0-9_]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"
)
FIRST = frozenset("+-.0123456789")

PREFIX = "tag:yaml.org,2002:"
TEXT_TAGS = {"!", PREFIX + "str"}
PLAIN_TAGS = {None, *(PREFIX + name for name in ("null", "bool", "int", "float", "timestamp"))}
NODE_TAGS = {None, "!", PREFIX + "map", PREFIX + "seq"}


class Odd(str):
    """A plain scalar whose type depends on the reader."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        return "a date" if re.match(r"\d{4}-\d", self) else "a number"


def resolve(text: str) -> Any:
    """What a plain scalar means."""
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if text[0] not in FIRST:
        return text
    if INTEGER.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return Odd(text) if ODD.fullmatch(text) else text


class _Open:
    """A list or map that is being read."""

    __slots__ = ("anchor", "key", "merged", "size", "value", "waiting")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.size = 1  # nodes with all aliases written out
        self.key = ""
        self.waiting = False  # a map: the key was read, its value was not
        self.merged: list[Any] = []  # what stands under `<<`

    @property
    def step(self) -> str | int:
        return self.key if isinstance(self.value, dict) else len(self.value)


class _Builder:
    """Values out of events, without recursion."""

    def __init__(self) -> None:
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.done: list[Any] = []
        self.added = 0

    def event(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self.scalar(event)
            case yaml.AliasEvent():
                self.alias(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.close()
            case yaml.DocumentStartEvent():
                self.anchors = {}

    def scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag not in PLAIN_TAGS | TEXT_TAGS:
            raise _wrong(event, f"the tag {_tag(event)} is not read")
        plain = event.implicit[0] if event.tag is None else event.tag not in TEXT_TAGS
        if self.wants_key():
            self.name(event, plain=plain)
            return
        value = resolve(event.value) if plain else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self.add(value, 1)

    def wants_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and not self.stack[-1].waiting

    def name(self, event: yaml.ScalarEvent, *, plain: bool) -> None:
        top = self.stack[-1]
        if plain and type(resolve(event.value)) is not str:
            raise _wrong(event, f"the key {event.value[:40] or 'null'} is no string: quote it")
        if event.value in top.value:
            raise _wrong(event, f"{show((*self.path(), event.value))}: the key stands twice: keep one")
        top.key, top.waiting = event.value, True

    def path(self) -> Path:
        return tuple(frame.step for frame in self.stack[:-1])

    def alias(self, event: yaml.AliasEvent) -> None:
        if self.wants_key():
            raise _wrong(event, "an alias as a key is not read: write the key")
        if event.anchor not in self.anchors:
            inside = any(frame.anchor == event.anchor for frame in self.stack)
            raise _wrong(event, f"*{event.anchor} " + ("refers to itself" if inside else "refers to no anchor"))
        value, size = self.anchors[event.anchor]
        self.added += size
        if self.added > BUDGET:
            raise _wrong(event, f"aliases add more than {BUDGET} values: write them out")
        self.add(value, size)

    def open(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag not in NODE_TAGS:
            raise _wrong(event, f"the tag {_tag(event)} is not read")
        if self.wants_key():
            raise _wrong(event, "a key that is a list or a map is not read")
        if len(self.stack) >= DEPTH:
            raise _wrong(event, f"nested deeper than {DEPTH} levels")
        self.stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))

    def close(self) -> None:
        frame = self.stack.pop()
        for given in frame.merged:
            for each in given if isinstance(given, list) else [given]:
                for key, value in each.items() if isinstance(each, dict) else ():
                    frame.value.setdefault(key, value)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.size)
        self.add(frame.value, frame.size)

    def add(self, value: Any, size: int) -> None:
        if not self.stack:
            self.done.append(value)
            return
        top = self.stack[-1]
        top.size += size
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key == "<<" and isinstance(value, dict | list):
            top.merged.append(value)
        else:
            top.value[top.key] = value
        top.waiting = False


def _tag(event: Any) -> str:
    return escape(str(event.tag).replace(PREFIX, "!!"))[:60]


def _wrong(event: Any, reason: str) -> Unreadable:
    mark = event.start_mark
    return Unreadable(f"line {mark.line + 1} column {mark.column + 1}: {escape(reason)}")


def yaml_values(text: str) -> list[Any]:
    """Each document of a YAML text that holds something. Raises `Unreadable` with line and column."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            builder.event(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1} column {mark.column + 1}: " if mark else ""
        raise Unreadable(place + escape(error.problem or error.context or "is no YAML")) from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise Unreadable("is neither JSON nor YAML: it holds characters that both forbid") from error
    return [value for value in builder.done if value is not None]  # `---` with nothing behind it
