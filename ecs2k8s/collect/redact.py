"""Masks values before they reach a file; secret values themselves are never requested."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.redacted import REDACTED, looks_secret
from ecs2k8s.core.shell_secrets import CLIENTS, line, of_client, takes

if TYPE_CHECKING:
    from collections.abc import Iterator

# What has a name of its own: environment, tags, attributes, headers of conditions and of origins.
PAIRS = (
    *(("name", "value"), ("Name", "Value"), ("key", "value"), ("Key", "Value"), ("HeaderName", "HeaderValue")),
    *(("name", "values"), ("HttpHeaderName", "Values")),
)
MAPS = {  # what people call their own settings in
    *("options", "driverOpts", "dockerLabels", "labels", "tags", "Tags"),
    *("AuthenticationRequestExtraParams", "HeaderParameters", "QueryStringParameters"),
    *("env", "with", "variables"),  # of workflows and buildspecs
}
EXPRESSION = re.compile(r"\$\{\{[^{}]{0,200}\}\}")  # of GitHub: what the run puts there
SECRET = {"ClientSecret", "MasterUserPassword"}  # members that hold one whatever it looks like
COMMANDS = {"command", "entryPoint"}
FLAG = re.compile(r"--?[^\s=]+")
NEUTRAL = "abc"  # looks secret by its name only
NAMES = {"image"}  # `shop/token:1.2` is a name and a tag
PLACEHOLDER = re.compile(r"(?<=[:,\[])(\s*)(<[^<>\"\s]+>)(?=\s*[,}\]])")  # `{"when": <time>}`, of input templates
QUOTED_PLACEHOLDER = re.compile(r'"ecs2k8s:(<[^<>\"\s]+>)"')


def mask(value: Any, key: str = "") -> Any:
    """*value*, any JSON below *key*, without what looks like a secret: by its name in pairs and maps, else by its form.

    The same secret gives the same constant everywhere, so masking twice changes nothing.
    """
    return _masked(value, key, by_name=False)


def is_masked(value: Any) -> bool:
    """Whether anything in *value* was masked."""
    if isinstance(value, dict):
        return any(map(is_masked, value.values()))
    if isinstance(value, list):
        return any(map(is_masked, value))
    return isinstance(value, str) and REDACTED in value


def _masked(value: Any, key: str, *, by_name: bool) -> Any:
    """*by_name*: the members of maps have names that people chose."""
    if isinstance(value, str):
        return value if key in NAMES else _text(value)
    if isinstance(value, list):
        return list(_items(value, key, by_name=by_name))
    if isinstance(value, dict):
        named = by_name or key in MAPS
        return _pair(value) or {name: _member(name, child, named, by_name) for name, child in value.items()}
    return value


def _member(name: str, child: Any, named: bool, by_name: bool) -> Any:  # noqa: FBT001 (of one caller)
    if isinstance(child, str) and name in SECRET and child:
        return REDACTED
    # YAML has numbers where AWS has texts: `PASSWORD: 123456789`.
    if named and isinstance(child, str | int | float) and looks_secret(name, EXPRESSION.sub("", str(child))):
        return REDACTED
    return _masked(child, name, by_name=by_name)


def _pair(value: dict[str, Any]) -> dict[str, Any] | None:
    if isinstance(value.get("SearchString"), str):
        return _matched(value)
    for name, held in PAIRS:
        if isinstance(value.get(name), str) and isinstance(value.get(held), str | list | dict):
            rest = {key: _masked(child, key, by_name=False) for key, child in value.items() if key != held}
            return {key: _held(value[name], value[held]) if key == held else rest[key] for key in value}
    return None


def _held(name: str, value: Any) -> Any:
    """What a pair of this *name* holds; rules have several values for one header, or a map that says how to compare."""
    if isinstance(value, list):
        return [_held(name, item) for item in value]
    if isinstance(value, dict):
        return {key: _held(name, child) for key, child in value.items()}
    if not isinstance(value, str):
        return value
    return REDACTED if looks_secret(name, value) else _text(value)


def _matched(value: dict[str, Any]) -> dict[str, Any]:
    """What a web ACL compares a header with, in base64."""
    name = str(value.get("FieldToMatch", {}).get("SingleHeader", {}).get("Name", ""))
    try:
        text = b64decode(value["SearchString"], validate=True).decode()
    except ValueError:
        text = value["SearchString"]
    rest = {key: _masked(child, key, by_name=False) for key, child in value.items()}
    return rest | ({"SearchString": REDACTED} if looks_secret(name, text) else {})


def _items(value: list[Any], key: str, *, by_name: bool) -> Iterator[Any]:
    """Arguments of a command follow their flags: `--password`, then the password."""
    client = next((CLIENTS[word] for word in value if isinstance(word, str) and word in CLIENTS), "")
    for before, item in pairwise(["", *value]):
        if not isinstance(item, str):
            yield _masked(item, key, by_name=by_name)
            continue
        flag = before.lstrip("-") if isinstance(before, str) and FLAG.fullmatch(before) else ""
        if client and takes(client, str(before), item):
            yield of_client(client, before, item)
        else:
            yield _word(flag, item, word=bool(flag) or key in COMMANDS)


def _word(flag: str, item: str, *, word: bool) -> str:
    """One item of a list; *flag* is what stands before it. A whole script is masked in parts, a word as a whole."""
    if flag and looks_secret(flag, NEUTRAL) and looks_secret(flag, item):
        return REDACTED
    masked = _text(item)
    return REDACTED if word and masked == item and looks_secret(flag, item) else masked


def _text(text: str) -> str:
    """JSON in a string, as schedules hold the overrides of a task, is looked into."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            inner = json.loads(PLACEHOLDER.sub(r'\1"ecs2k8s:\2"', text))
        except (ValueError, RecursionError):
            return line(text)
        masked = _masked(inner, "", by_name=True)
        return text if masked == inner else QUOTED_PLACEHOLDER.sub(r"\1", json.dumps(masked))
    return line(text)
