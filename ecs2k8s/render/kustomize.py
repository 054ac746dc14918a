"""The bundle as a kustomize tree: manifests/ with one file for each object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Bundle, Placed


def kustomize(bundle: Bundle) -> dict[str, str]:
    """Path below the migration directory to text."""
    files = {f"manifests/{file_of(placed)}": dump(placed.manifest) for placed in bundle.objects}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(file_of(placed) for placed in bundle.objects),
    }
    return files | {"manifests/kustomization.yaml": dump(kustomization)}


def file_of(placed: Placed) -> str:
    """`<folder>/<kind>.yaml` for what is called as its folder, else with the name behind; both are DNS names."""
    kind, name = placed.manifest["kind"].lower(), placed.manifest["metadata"]["name"]
    own = placed.folder.rsplit("/", 1)[-1] == name
    return f"{placed.folder}/{kind}.yaml" if own else f"{placed.folder}/{kind}-{name}.yaml"
