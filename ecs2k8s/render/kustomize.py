"""The bundle as kustomize trees: manifests/ and those below traffic/, with one file for each object."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import BACKGROUND
from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Bundle, Placed


def kustomize(bundle: Bundle) -> dict[str, str]:
    """Path below the migration directory to text. A tree without objects is not written, but for manifests/."""
    files = {"manifests/kustomization.yaml": dump(_kustomization([]))}
    for tree, group in groupby(bundle.everything, key=lambda placed: placed.tree):
        members = list(group)
        files |= {place(placed): dump(placed.manifest) for placed in members}
        files[f"{tree}/kustomization.yaml"] = dump(_kustomization(members))
    return files


def _kustomization(members: list[Placed]) -> dict[str, object]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(file_of(placed) for placed in members),
    }


def place(placed: Placed) -> str:
    """The file of an object, below the migration directory."""
    return f"{placed.tree}/{file_of(placed)}"


def file_of(placed: Placed) -> str:
    """`<folder>/<kind>.yaml` for what is called as its folder, else with the name behind; both are DNS names.

    Below traffic/ the tree says the kind, where it holds one kind only.
    """
    kind, name = placed.manifest["kind"].lower(), placed.manifest["metadata"]["name"]
    if placed.tree.startswith("traffic/") and placed.tree not in ("traffic/gateway", BACKGROUND):
        return f"{placed.folder}/{name}.yaml"
    own = placed.folder.rsplit("/", 1)[-1] == name
    return f"{placed.folder}/{kind}.yaml" if own else f"{placed.folder}/{kind}-{name}.yaml"
