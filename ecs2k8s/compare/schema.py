"""Manifests against JSON Schemas: Kubernetes' own of each version, and ours for custom resources."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.api_rules import api_rules
from ecs2k8s.core.manifests import Manifest, ObjectRef
from ecs2k8s.core.mappings import load_yaml, root
from ecs2k8s.core.paths import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIBRARIES = ("jsonschema_rs", "kubernetes_validate")


def available() -> bool:
    """Whether the extra `validate` is installed."""
    return all(find_spec(name) for name in LIBRARIES)


def problems(manifests: Iterable[Manifest], version: str) -> list[str]:
    """What the API server of Kubernetes *version* (`1.34`) would refuse, one line each; unknown fields included."""
    return [problem for manifest in manifests for problem in _problems(manifest, version)]


def _problems(manifest: Manifest, version: str) -> Iterator[str]:
    ref = ObjectRef.of(manifest)
    validator = _validator(version, ref.api_version, ref.kind)
    if validator is None:
        yield f"{ref}: no schema for {ref.api_version} {ref.kind}"
        return
    for error in validator.iter_errors(manifest):
        yield f"{ref}: {show(tuple(error.instance_path))}: {error.message}"
    for problem in api_rules(manifest, version):
        yield f"{ref}: {problem}"


@cache
def _validator(version: str, api_version: str, kind: str) -> Any:
    import jsonschema_rs  # noqa: PLC0415 (optional)

    group = api_version.rpartition("/")[0]
    own = root() / "schemas" / f"{group}_{kind.lower()}.yaml"
    if own.is_file():
        return jsonschema_rs.validator_for(load_yaml(f"schemas/{own.name}"))
    definitions, names = _definitions(version)
    name = names.get((api_version, kind))
    if name is None:
        return None
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": definitions})


@cache
def _definitions(version: str) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """The strict definitions of a version, and (apiVersion, kind) to the name of its definition."""
    import kubernetes_validate  # noqa: PLC0415 (optional)

    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    names = {}
    for name, definition in definitions.items():
        for known in definition.get("x-kubernetes-group-version-kind", ()):
            group = f"{known['group']}/" if known["group"] else ""
            names[f"{group}{known['version']}", known["kind"]] = name
    return definitions, names
