"""JSON Schemas for whole objects: the published definitions of Kubernetes made stricter, and our own ones."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.mappings import load_yaml, root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]

LOCAL = "#/$defs/"
INT32: Schema = {"minimum": -(2**31), "maximum": 2**31 - 1}
BASE64: Schema = {
    "title": "base64",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
FORMATS: dict[str, Schema] = {"int32": INT32, "byte": BASE64}
KEPT = {"additionalProperties", "enum", "items", "oneOf", "properties", "required", "type", "$ref"}


def custom(api_version: str, kind: str) -> Schema | None:
    """Our schema of a custom resource, None where there is none."""
    schema = _customs().get((api_version, kind))
    return None if schema is None else schema | {"$defs": _parts()}


@cache
def _customs() -> dict[tuple[str, str], Schema]:
    """(apiVersion, kind) to schema, for all files named <group>_<kind>.yaml."""
    found = {}
    for path in sorted((root() / "schemas").glob("*_*.yaml")):
        schema: Schema = load_yaml(f"schemas/{path.name}")
        found[schema["properties"]["apiVersion"]["const"], schema["properties"]["kind"]["const"]] = schema
    return found


def built_in(published: Mapping[str, Schema], name: str, kind: str, version: str) -> Schema:
    """The schema of an object whose definition is *name*, with all definitions that it needs and no others."""
    rules = load_rules()
    minor = _minor(version)
    own_name = _for_version(rules["names"].get(kind, {"$ref": f"{LOCAL}subdomain"}), minor)
    needed: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in needed:
            extra = rules["definitions"].get(current, {})
            needed[current] = merged(_strict(published[current]), _for_version(extra, minor))
            waiting += sorted(set(_references(needed[current])) - _parts().keys())
    return {
        "$ref": f"{LOCAL}{name}",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"metadata": {"required": ["name"], "properties": {"name": own_name}}},
        "$defs": needed | _parts(),
    }


@cache
def load_rules() -> Schema:
    """`names` and `definitions` of schemas/kubernetes.yaml."""
    rules: Schema = load_yaml("schemas/kubernetes.yaml")
    return rules


@cache
def _parts() -> Schema:
    parts: Schema = load_yaml("schemas/parts.yaml")
    return parts


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def _for_version(rule: Any, minor: int) -> Any:
    """*rule* with what its `before` keys hold for this version, and without them."""
    if isinstance(rule, list):
        return [_for_version(item, minor) for item in rule]
    if not isinstance(rule, dict):
        return rule
    plain = {key: _for_version(value, minor) for key, value in rule.items() if key != "before"}
    for until, older in rule.get("before", {}).items():
        if minor < _minor(until):
            plain |= older
    return plain


def _strict(published: Schema) -> Schema:
    """A published definition without prose, and without `null` beside each type: it says nothing that we would mean."""
    strict = {key: value for key, value in published.items() if key in KEPT}
    if isinstance(strict.get("type"), list):
        (strict["type"],) = (name for name in strict["type"] if name != "null")
    if isinstance(strict.get("enum"), list):
        strict["enum"] = [value for value in strict["enum"] if value is not None]
    if "properties" in strict:
        strict["properties"] = {key: _strict(value) for key, value in strict["properties"].items()}
    for key in ("additionalProperties", "items"):
        if isinstance(strict.get(key), dict):
            strict[key] = _strict(strict[key])
    if "oneOf" in strict:
        strict["oneOf"] = [_strict(value) for value in strict["oneOf"]]
    return strict | FORMATS.get(published.get("format", ""), {})


def merged(schema: Schema, extra: Schema) -> Schema:
    """*schema* with *extra* on top: maps are merged at every level, requirements and rules are added.

    A part that says the type says all but the size: what it replaces would only complain a second time.
    """
    part = _parts().get(str(extra.get("$ref")).removeprefix(LOCAL), {})
    out = {key: value for key, value in schema.items() if "type" not in part or key in {"maximum"} - part.keys()}
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        elif key == "$ref" and "$ref" in out:
            out["allOf"] = [*out.get("allOf", []), {"$ref": value}]
        elif key in ("required", "allOf"):
            out[key] = [*out.get(key, []), *(item for item in value if item not in out.get(key, []))]
        else:
            out[key] = value
    return out


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(LOCAL)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)
