"""The objects of a migration directory as they lie there, edited or not, with the lines that they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecs2k8s.compare.lying_documents import objects_in, text_in, values_in
from ecs2k8s.compare.wanted import Wanted
from ecs2k8s.core.errors import OutputError
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
    file = folder / "values.yaml"
    values = values_in(text_in(file), file) if chart and file.is_file() else None
    found = Lying()
    for file in sorted((folder / TEMPLATES if chart else folder).rglob("*.yaml")):
        if file.name == "kustomization.yaml" or file.is_symlink():
            continue
        name = file.relative_to(place).as_posix()
        text = text_in(file)
        told = rendered(text, values) if chart else text
        if told is None:
            found.untold.append(name)
            continue
        objects = _objects(told, name, file, tree)
        found.objects += (replace(item, manifest=_of_helm(item.manifest)) for item in objects) if chart else objects
    return found


def _objects(text: str, name: str, file: Path, tree: Tree) -> Iterator[Wanted]:
    found = objects_in(text, file)
    try:
        lines = yaml_lines(text)
    except ValueError as error:
        raise OutputError(f"{file}: {error}") from error
    for manifest, its in zip(found, lines, strict=True):
        if manifest is not None:
            yield Wanted(manifest, name, its, tree)


def _of_helm(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    return manifest | {"metadata": metadata | {"labels": (metadata.get("labels") or {}) | {LABEL: "Helm"}}}
