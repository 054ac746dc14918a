"""On which line of a YAML text each value stands: what a diff, a report or a forge points at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.core.escape import escape
from ecs2k8s.core.paths import Path, show

if TYPE_CHECKING:
    from collections.abc import Mapping

Lines = dict[Path, int]

# An action of a Helm template with the strings in it, which may hold braces themselves.
ACTION = re.compile(r"""\{\{(?:"(?:[^"\\\n]|\\.)*"|[^"}\n]|\}(?!\}))*\}\}""")
ALONE = re.compile(rf"^([ \t]*){ACTION.pattern}[ \t]*$", re.MULTILINE)


def yaml_lines(text: str) -> list[Lines]:
    """Of each document: the line, from 1 on, of each key and item, by path. `()` is where the document begins.

    There are as many as `yaml.safe_load_all` gives. An alias stands where it is written; what it stands for has no line
    of its own (`line_of` gives the alias's). Raises `ValueError` with line and column where the text is no YAML, a key
    stands twice, or a key is no scalar.
    """
    reader = _Reader()
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            reader.event(event)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise ValueError(problem(error)) from error
    return reader.documents


def problem(error: Exception) -> str:
    """Why a text is no YAML, on one line that names the place."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1} column {mark.column + 1}: " if mark else ""
        return place + escape(error.problem or error.context or "is no YAML")
    return "is no YAML: it holds characters that YAML forbids"


def template_lines(text: str) -> list[Lines]:
    """The same of a Helm template of ours, in which each action stands for a value, or alone on a line for nothing."""
    return yaml_lines(ACTION.sub("x", ALONE.sub(r"\1#", text)))


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of *path*, or of the nearest thing around it that has one; 1 in a text that holds nothing."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


@dataclass(slots=True)
class _Open:
    """A map or list that is being read. `at` is its own path, `step` the key or index that comes next."""

    at: Path
    step: str | int | None = None  # None: a map whose next key was not read yet


@dataclass(slots=True)
class _Reader:
    """Lines out of events, without recursion: nothing that a person writes is too deep, and no alias too large."""

    documents: list[Lines] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)

    def event(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents.append({})
            case yaml.ScalarEvent() | yaml.AliasEvent() | yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.node(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()
                self.passed()

    def node(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        line = event.start_mark.line + 1
        if top and top.step is None:
            top.step = self.key(event, top.at)
            self.documents[-1][*top.at, top.step] = line
            return
        path = () if top is None or top.step is None else (*top.at, top.step)
        self.documents[-1].setdefault(path, line)  # of a value in a map the line of its key
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.stack.append(_Open(path, 0 if isinstance(event, yaml.SequenceStartEvent) else None))
        else:
            self.passed()

    def key(self, event: Any, at: Path) -> str:
        mark = event.start_mark
        place = f"line {mark.line + 1} column {mark.column + 1}"
        if not isinstance(event, yaml.ScalarEvent):
            raise ValueError(f"{place}: a key that is no plain word")  # noqa: TRY004 (of the text, not of a caller)
        path = (*at, event.value)
        if path in self.documents[-1]:
            raise ValueError(f"{place}: the key {show(path)} stands twice")
        return str(event.value)

    def passed(self) -> None:
        """What stands next in the map or list that the value is in."""
        if self.stack:
            top = self.stack[-1]
            top.step = top.step + 1 if isinstance(top.step, int) else None
