"""An answer as fields: path to a keyed hash and a shape. No value leaves this module."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import zlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.cutover.probes.cases import Array
    from ecs2k8s.cutover.probes.client import Answer

MOST = 64 * 1024 * 1024  # bytes of a body that was packed
DEEPEST = 200
# How a text looks, without what it says.
LOOKS = (
    ("UUID", re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("number in a text", re.compile(r"-?\d+(?:\.\d+)?")),
    ("hexadecimal", re.compile(r"[0-9a-fA-F]{8,}")),
    ("address of the web", re.compile(r"https?://.*", re.DOTALL)),
)
KEY = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$-]{0,63}")
COOKIE_FLAGS = ("secure", "httponly", "partitioned")
LISTS = ("vary", "cache-control", "allow", "access-control-allow-methods", "access-control-allow-headers")


class Token(NamedTuple):
    """Equal where the values are equal. `shape` is for people."""

    hash: str
    shape: str


Fields = dict[str, Token]


@dataclass(frozen=True, slots=True)
class Looking:
    """`key` is another one for each run, so that hashes of two runs say nothing of each other."""

    key: bytes
    arrays: Mapping[str, Array]
    host: str

    def token(self, value: Any, shape: str = "") -> Token:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return Token(hmac.new(self.key, text, hashlib.sha256).hexdigest()[:16], shape or shape_of(value))

    def fields(self, answer: Answer) -> Fields:
        found = {"status": Token(answer.failure or str(answer.status), answer.failure or str(answer.status))}
        if answer.failure:
            return found
        names: dict[str, list[str]] = defaultdict(list)
        for name, value in answer.headers:
            names[name.lower()].append(value)
        for name, values in names.items():
            if not listed(name, "headers"):
                found[f"header.{name}"] = self.token(sorted(_header(name, value, self.host) for value in values))
        for value in names["set-cookie"]:
            found |= self._cookie(value)
        body = unpacked(answer.body, "".join(names["content-encoding"]))
        return found | self._body(body, "".join(names["content-type"]).partition(";")[0].strip().lower())

    def _cookie(self, text: str) -> Fields:
        """Its name and flags. What it holds is the user's."""
        first, *rest = (part.strip() for part in text.split(";"))
        name = first.partition("=")[0]
        if listed(name.lower(), "cookies"):
            return {}
        given = {part.partition("=")[0].strip().lower(): part.partition("=")[2].strip() for part in rest}
        flags = {flag: flag in given for flag in COOKIE_FLAGS}
        said = {key: given.get(key, "").lower() for key in ("samesite", "path", "domain")}
        ends = "max-age" in given or "expires" in given
        whole = {**flags, **said, "ends": ends}
        return {f"cookie.{name}.{key}": self.token(value) for key, value in whole.items()}

    def _body(self, body: bytes, kind: str) -> Fields:
        if kind == "application/json" or kind.endswith("+json"):
            try:
                value = json.loads(body)
            except (ValueError, RecursionError):
                return {"json": Token("no JSON", "no JSON")}
            lists: dict[str, list[Any]] = defaultdict(list)
            for path, leaf in self._leaves("json", value, 0):
                lists[path].append(leaf)
            return {path: self.token(its, _shapes(its)) for path, its in lists.items()}
        if kind in ("text/html", "application/xhtml+xml"):
            page = _Page()
            page.feed(body.decode(errors="replace"))
            page.close()
            return {path: self.token(its, _shapes(its)) for path, its in page.lists.items()}
        return {"body": self.token(hashlib.sha256(body).hexdigest(), f"{kind or 'no type'}, {sized(len(body))} bytes")}

    def _leaves(self, path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
        """Each scalar with its path, items of lists under one path in the order in which they are compared."""
        if depth > DEEPEST:
            yield path, "nested too deeply"
        elif isinstance(value, dict):
            if not value:
                yield path, "empty map"
            for key in sorted(value):
                yield from self._leaves(f"{path}.{named(key)}", value[key], depth + 1)
        elif isinstance(value, list):
            yield f"{path}.length", len(value)
            for item in self._ordered(path, value):
                yield from self._leaves(f"{path}[]", item, depth + 1)
        else:
            yield path, _scalar(value)

    def _ordered(self, path: str, items: list[Any]) -> list[Any]:
        array = self.arrays.get(path.removeprefix("json").lstrip(".") or ".")
        if array is None or array.mode == "ordered":
            return items

        def rank(item: Any) -> str:
            chosen = item.get(array.key, item) if array.key and isinstance(item, dict) else item
            return json.dumps(chosen, sort_keys=True)

        return sorted(items, key=rank)


def named(key: str) -> str:
    """The key of a map; `*` where it is a value itself, such as an id or an address."""
    return key if KEY.fullmatch(key) and not any(look.fullmatch(key) for _, look in LOOKS) else "*"


def _scalar(value: Any) -> Any:
    """1.0 and 1 are one number; NaN is no JSON, but some write it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if not isinstance(value, float) or value == value else "NaN"  # noqa: PLR0124


class _Page(HTMLParser):
    """Tags in their order, texts without blanks around, and values of attributes by tag and name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lists: dict[str, list[Any]] = defaultdict(list)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.lists["html.tags"].append(tag)
        for name, value in sorted(attrs, key=lambda pair: pair[0]):
            words = sorted((value or "").split()) if name == "class" else value
            self.lists[f"html.{tag}.@{name}"].append(words)

    def handle_data(self, data: str) -> None:
        if text := " ".join(data.split()):
            self.lists["html.text"].append(text)


@cache
def _names(part: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole names, and beginnings of names."""
    its = load_yaml("probes.yaml")[part]
    return frozenset(its), tuple(name.removesuffix("*") for name in its if name.endswith("*"))


def listed(name: str, part: str) -> bool:
    """Whether mappings/probes.yaml leaves a header or cookie out."""
    whole, begins = _names(part)
    return name in whole or name.startswith(begins)


def _header(name: str, value: str, host: str) -> str:
    if name in LISTS:
        return ",".join(sorted(part.strip().lower() for part in value.split(",")))
    if name == "content-type":
        return ";".join(part.strip().lower() for part in value.split(";"))
    if name == "location":
        found = urlsplit(value)
        return found._replace(scheme="", netloc="").geturl() if found.hostname == host else value
    return value.strip()


def unpacked(body: bytes, encoding: str) -> bytes:
    """Of gzip and deflate what is in it; what cannot be unpacked is compared as it is."""
    try:
        match encoding.strip().lower():
            case "gzip" | "x-gzip":
                return _bounded(zlib.decompressobj(16 + zlib.MAX_WBITS), body)
            case "deflate":
                return _bounded(zlib.decompressobj(), body)
    except zlib.error:
        return body
    return body


def _bounded(packed: Any, body: bytes) -> bytes:
    found: bytes = packed.decompress(body, MOST)
    return found


def shape_of(value: Any) -> str:
    """`text, 17-32 characters`."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return "whole number"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return next((word for word, look in LOOKS if look.fullmatch(value)), f"text, {sized(len(value))} characters")
    return f"{len(value)} values"


def sized(number: int) -> str:
    """A class of sizes: 0, 1, 2, 3-4, 5-8 and so on."""
    low = 1 << max(0, number - 1).bit_length() - 1 if number > 2 else number  # noqa: PLR2004
    return str(number) if number <= 2 else f"{low + 1}-{low * 2}"  # noqa: PLR2004


def _shapes(values: list[Any]) -> str:
    if len(values) == 1:
        return shape_of(values[0])
    shapes = sorted({shape_of(value) for value in values})
    return f"{len(values)} times {' or '.join(shapes[:3])}"
