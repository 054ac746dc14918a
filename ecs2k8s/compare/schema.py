"""Manifests against JSON Schemas: Kubernetes' own of each version, and ours for custom resources."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.api_rules import api_rules
from ecs2k8s.compare.definitions import built_in, custom
from ecs2k8s.core.paths import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Manifest

LIBRARIES = ("jsonschema_rs", "kubernetes_validate")
DATA = (["data"], ["binaryData"], ["stringData"])  # where an object may hold secrets


def available() -> bool:
    """Whether the extra `validate` is installed. Without it, `problems` cannot be called."""
    return all(find_spec(name) for name in LIBRARIES)


def problems(manifests: Iterable[Manifest], version: str) -> list[str]:
    """What the API server of Kubernetes *version* (`1.34`) would refuse, one line each; unknown fields included."""
    return [problem for manifest in manifests for problem in _problems(manifest, version)]


def _problems(manifest: Manifest, version: str) -> Iterator[str]:
    api_version, kind = str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
    compiled = _compiled(version, api_version, kind)
    if compiled is None:
        yield f"{_called(manifest)}: no schema for {api_version or 'no apiVersion'} {kind or 'no kind'}"
        return
    yield from (f"{_called(manifest)}: {line}" for line in _found(manifest, *compiled))


def _found(manifest: Manifest, validator: Any, schema: dict[str, Any]) -> list[str]:
    try:
        valid = validator.is_valid(manifest)  # several times faster than asking for errors
    except ValueError as error:  # a date, or a key that is a number
        return [f"is no JSON: {error}"]
    if valid:
        return api_rules(manifest)
    # The rules rely on the shapes that the schema demands, so they wait.
    return [line for error in validator.iter_errors(manifest) for line in _lines(error, schema)]


def _called(manifest: Manifest) -> str:
    """`Deployment/prod/web`, whatever is missing."""
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    parts = (manifest.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return "/".join(str(part) for part in parts if part) or "an object"


@cache
def _compiled(version: str, api_version: str, kind: str) -> tuple[Any, dict[str, Any]] | None:
    """The validator of a kind, and the schema that it was made from."""
    import jsonschema_rs  # noqa: PLC0415 (optional)

    schema = custom(api_version, kind)
    if schema is None:
        published, names = _published(version)
        name = names.get((api_version, kind))
        schema = built_in(published, name, kind, version) if name else None
    return None if schema is None else (jsonschema_rs.validator_for(schema, validate_formats=True), schema)


@cache
def _published(version: str) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """The strict definitions of *version*, and (apiVersion, kind) to the name of its definition.

    The package is found without importing it: that would load a second schema library, which takes longer than all
    that is done here.
    """
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise ImportError("kubernetes-validate is missing: install ecs2k8s[validate], or ask available() first")
    folder = Path(spec.origin).parent / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    names = {}
    for name, definition in definitions.items():
        for known in definition.get("x-kubernetes-group-version-kind", ()):
            group = f"{known['group']}/" if known["group"] else ""
            names[f"{group}{known['version']}", known["kind"]] = name
    return definitions, names


def _lines(error: Any, schema: dict[str, Any]) -> Iterator[str]:
    """`spec.replicas: expected a number from 0, found -1`: one line for each thing that is wrong at one place."""
    path, kind = tuple(error.instance_path), error.kind
    if kind.name == "propertyNames":
        yield f"{show(path)}: {_expected(kind.error, schema)}"
    elif kind.name == "additionalProperties":
        yield from (f"{show((*path, key))}: there is no such field" for key in kind.unexpected)
    elif kind.name == "required" and not _title(error, schema):
        yield f"{show((*path, kind.as_dict()['property']))}: is missing"
    else:
        yield f"{show(path)}: {_expected(error, schema)}"


def _expected(error: Any, schema: dict[str, Any]) -> str:
    """`expected a DNS-1123 label, found "A"`; a value that may be long or secret is not shown."""
    kind, path = error.kind, error.instance_path
    title = _title(error, schema)
    if title and kind.name == "not" and kind.schema == {}:
        return f"needs {title}"
    if not title and kind.name == "type":
        title = f"type {' or '.join(kind.types)}"
    if not title and kind.name == "enum":
        title = f"one of {', '.join(json.dumps(option) for option in kind.options)}"
    if not title:
        return "is not allowed here" if kind.name == "falseSchema" else str(error.message)
    hidden = isinstance(error.instance, dict | list) or path[:1] in DATA
    return f"expected {title}" if hidden else f"expected {title}, found {json.dumps(error.instance)}"


def _title(error: Any, schema: dict[str, Any]) -> str:
    """What the nearest rule around the keyword that failed expects; empty where no rule of ours failed."""
    rule: Any = schema
    title = ""
    for step in error.schema_path:
        if isinstance(rule, dict) and isinstance(rule.get("title"), str):
            title = rule["title"]
        rule = rule[step]
    return title
