"""Turns the bytes of a file into values: JSON or YAML, strictly, in bounded time and memory."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.hints import TEMPLATE, text_hint
from ecs2k8s.collect.sources import Unreadable
from ecs2k8s.collect.yaml_text import yaml_values
from ecs2k8s.core.escape import escape
from ecs2k8s.core.paths import Path, show

if TYPE_CHECKING:
    from collections.abc import Iterator

# Opening brackets and then a quote or a closing bracket: no YAML that a person writes by hand begins so.
JSON_START = re.compile(r'\s*[\[{][\s\[{]*["\]}]')
BLANK = re.compile(r"\s*")
CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+"|(?P<bad>NaN|-?Infinity|-?\d{4300,})')


def values(data: bytes) -> list[Any]:
    """The documents of a file: one, or several where it is a stream of them. Raises `Unreadable`."""
    text = _text(data)
    if not text.strip():
        raise Unreadable("is empty")
    try:
        found = json_values(text) if JSON_START.match(text) else yaml_values(text)
    except Unreadable as error:
        hint = text_hint(text, _line(error.reason))
        if hint:
            raise Unreadable(f"{error.reason}: {hint}", another=hint != TEMPLATE) from error
        raise
    if not found:
        raise Unreadable("is empty")
    return found


def _line(reason: str) -> int:
    found = re.match(r"line (\d+)", reason)
    return int(found[1]) if found else 0


def _text(data: bytes) -> str:
    """UTF-8, UTF-16 or UTF-32, told by the byte order mark or by the zero bytes of the first character."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise Unreadable(f"is not {name}: byte {error.start} is wrong: save it as UTF-8") from error


class _Twice(dict[str, Any]):
    """An object in which `key` stood twice."""

    key: str


def json_values(text: str) -> list[Any]:
    """One value, or several behind one another (`aws … >> file`). Raises `Unreadable` with line and column."""
    twice: list[_Twice] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        if len(value) == len(items):
            return value
        marked = _Twice(value)
        keys = [key for key, _ in items]
        marked.key = next(key for key in keys if keys.count(key) > 1)
        twice.append(marked)
        return marked

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=_refuse)
    out = list(_stream(decoder, text))
    if twice:
        where = show((*next(_find(out if len(out) > 1 else out[0], twice[0])), twice[0].key))
        raise Unreadable(f"{escape(where)}: the key stands twice: keep one")
    return out


def _stream(decoder: json.JSONDecoder, text: str) -> Iterator[Any]:
    position = 0
    try:
        while (position := BLANK.match(text, position).end()) < len(text):  # type: ignore[union-attr]
            value, position = decoder.raw_decode(text, position)
            yield value
    except json.JSONDecodeError as error:
        what = escape(error.msg[:1].lower() + error.msg[1:].removesuffix(" at"))
        raise Unreadable(f"line {error.lineno} column {error.colno}: {what}") from error
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error
    except ValueError as error:
        raise Unreadable(_constant(text)) from error


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _constant(text: str) -> str:
    """Where the number stands that `json` gave no place for."""
    found = next((match for match in CONSTANT.finditer(text) if match["bad"]), None)
    if not found:
        return "holds a number that is no JSON"
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    return f"line {line} column {column}: {found['bad'][:9]} is no number that JSON or AWS knows"


def _find(value: Any, wanted: object, path: Path = ()) -> Iterator[Path]:
    """The paths at which *wanted* itself lies."""
    todo: list[tuple[Path, Any]] = [(path, value)]
    while todo:
        here, value = todo.pop()
        if value is wanted:
            yield here
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        todo.extend(((*here, key), child) for key, child in items)
