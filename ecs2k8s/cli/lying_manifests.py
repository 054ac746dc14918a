"""The objects of a migration directory as they lie there, edited or not, with the lines that they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.compare.decoded import decoded
from ecs2k8s.compare.wanted import Wanted
from ecs2k8s.core.errors import MappingError, OutputError
from ecs2k8s.core.mappings import StrictLoader
from ecs2k8s.core.yaml_lines import yaml_lines
from ecs2k8s.render.helm import CHART, TEMPLATES
from ecs2k8s.render.helm_read import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.core.manifests import Manifest, Tree

LABEL = "app.kubernetes.io/managed-by"  # Helm puts its own name there: helm/pkg/action/validate.go


@dataclass(slots=True)
class Lying:
    """The objects of a tree, and the files of which only Helm can tell what is in them."""

    objects: list[Wanted] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)


def lying_manifests(place: Path, tree: Tree) -> Lying:
    """What is in a tree of the directory *place*. Raises `OutputError` naming a file that holds no objects."""
    folder = place / tree
    chart = (folder / CHART).is_file()
    values = _read(folder / "values.yaml") if chart and (folder / "values.yaml").is_file() else None
    found = Lying()
    for file in sorted((folder / TEMPLATES if chart else folder).rglob("*.yaml")):
        if file.name == "kustomization.yaml" or file.is_symlink():
            continue
        name = file.relative_to(place).as_posix()
        text = _text(file)
        told = rendered(text, values) if chart else text
        if told is None:
            found.untold.append(name)
            continue
        objects = _objects(told, name, file, tree)
        found.objects += (replace(item, manifest=_of_helm(item.manifest)) for item in objects) if chart else objects
    return found


def _objects(text: str, name: str, file: Path, tree: Tree) -> Iterator[Wanted]:
    try:
        documents, lines = list(yaml.load_all(text, StrictLoader)), yaml_lines(text)
        for document, its in zip(documents, lines, strict=True):
            if document is not None:
                yield Wanted(decoded(document), name, its, tree)
    except (yaml.YAMLError, MappingError, ValueError, RecursionError) as error:
        raise OutputError(f"{file}: {error}") from error


def _of_helm(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    return manifest | {"metadata": metadata | {"labels": (metadata.get("labels") or {}) | {LABEL: "Helm"}}}


def _read(file: Path) -> Any:
    try:
        return yaml.load(_text(file), StrictLoader)  # noqa: S506 (it is a safe one)
    except (yaml.YAMLError, MappingError, ValueError, RecursionError) as error:
        raise OutputError(f"{file}: {error}") from error


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise OutputError(f"{file}: {error}") from error
