"""The bundle as plain files for `kubectl apply -R -f`, which applies them in the order of their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.render.dump import dump
from ecs2k8s.render.kustomize import file_of

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Bundle, Placed

NAMESPACES, OF_CLUSTER, OF_NAMESPACES = "1-namespaces", "2-cluster", "3-objects"


def plain(bundle: Bundle) -> dict[str, str]:
    """Path below the migration directory to text: in each tree namespaces first, then what belongs to no namespace.

    The numbers stand in front of every path, so no namespace can have a name that sorts before them.
    """
    return {place(placed): dump(placed.manifest) for placed in bundle.everything}


def place(placed: Placed) -> str:
    """The file of an object, below the migration directory."""
    return f"{placed.tree}/{_file(placed)}"


def _file(placed: Placed) -> str:
    metadata = placed.manifest["metadata"]
    if placed.manifest["kind"] == "Namespace":
        return f"{NAMESPACES}/{metadata['name']}.yaml"
    return f"{OF_NAMESPACES if 'namespace' in metadata else OF_CLUSTER}/{file_of(placed)}"
