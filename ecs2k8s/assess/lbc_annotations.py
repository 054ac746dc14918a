"""Annotations as the controller reads them: texts, numbers, and JSON by the rules of Go's decoder.

Source: https://github.com/kubernetes-sigs/aws-load-balancer-controller, `pkg/annotations/parser.go`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "alb.ingress.kubernetes.io/"
LONGEST_NAME = 63  # of the part behind the slash: the API server takes no more
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # of 64 bits
TRUTH = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)


class Rejected(Exception):  # noqa: N818 - the controller's verdict, not a fault of this program
    """The controller, or ELB behind it, builds nothing for the whole group; the message says why."""


def reject(message: str) -> NoReturn:
    raise Rejected(message)


@dataclass(frozen=True, slots=True)
class GoObject:
    """A JSON object as Go decodes it into a struct: names in any case, null like absent, wrong types refused."""

    where: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, value: Any, where: str) -> GoObject:
        if not isinstance(value, dict):
            reject(f"{where}: expected an object")
        return cls(where, {name.lower(): member for name, member in value.items()})

    def _typed(self, name: str, kind: type, what: str) -> Any:
        value = self.fields.get(name.lower())
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            reject(f"{self.where}.{name}: expected {what}")
        return value

    def text(self, name: str) -> str | None:
        value: str | None = self._typed(name, str, "a text")
        return value

    def number(self, name: str) -> int | None:
        value: int | None = self._typed(name, int, "a whole number")
        return value

    def flag(self, name: str) -> bool:
        return bool(self._typed(name, bool, "true or false"))

    def object(self, name: str) -> GoObject | None:
        value = self.fields.get(name.lower())
        return None if value is None else GoObject.of(value, f"{self.where}.{name}")

    def objects(self, name: str) -> list[GoObject]:
        return [GoObject.of(item, f"{self.where}.{name}") for item in self._typed(name, list, "a list") or []]

    def texts(self, name: str) -> tuple[str, ...]:
        items = ["" if item is None else item for item in self._typed(name, list, "a list") or []]
        if not all(isinstance(item, str) for item in items):
            reject(f"{self.where}.{name}: expected texts")
        return tuple(items)

    def text_map(self, name: str) -> dict[str, str]:
        """A map of texts: the one kind of object whose names are data and keep their case."""
        value = self._typed(name, dict, "an object") or {}
        if not all(isinstance(item, str) for item in value.values()):
            reject(f"{self.where}.{name}: expected texts")
        return dict(value)


@dataclass(frozen=True, slots=True)
class Annotations:
    """All annotations of an object by full name; asked for by the part behind the controller's prefix."""

    by_key: Mapping[str, str]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Annotations:
        return cls(manifest["metadata"].get("annotations") or {})

    def over(self, other: Annotations) -> Annotations:
        return Annotations({**other.by_key, **self.by_key})

    def text(self, name: str) -> str | None:
        return self.by_key.get(PREFIX + name)

    def whole(self, name: str) -> int | None:
        raw = self.text(name)
        if raw is not None and not WHOLE.fullmatch(raw):
            reject(f"{name}: not a whole number: {raw}")
        return None if raw is None else int(raw)

    def truth(self, name: str) -> bool:
        raw = self.text(name)
        if raw is not None and raw not in TRUTH:
            reject(f"{name}: not a truth value: {raw}")
        return raw is not None and TRUTH[raw]

    def texts(self, name: str) -> tuple[str, ...]:
        """A list with commas; blanks around the items and empty items do not count."""
        return tuple(item.strip() for item in (self.text(name) or "").split(",") if item.strip())

    def json(self, name: str) -> Any:
        raw = self.text(name)
        try:
            return None if raw is None else json.loads(raw, parse_constant=reject)
        except (ValueError, RecursionError) as error:
            raise Rejected(f"{name}: not JSON: {error}") from error

    def json_object(self, name: str) -> GoObject | None:
        value = self.json(name)
        return None if value is None else GoObject.of(value, name)

    def json_objects(self, name: str) -> list[GoObject]:
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            reject(f"{name}: expected a list")
        return [GoObject.of(item, name) for item in value or []]

    def check_lengths(self) -> None:
        for key in self.by_key:
            if len(key.rpartition("/")[2]) > LONGEST_NAME:
                reject(f"the name of the annotation {key} has more than {LONGEST_NAME} characters")
