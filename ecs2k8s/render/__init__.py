"""A bundle as files, in the format that the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.render import helm, kustomize, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.core.formats import Format
    from ecs2k8s.core.manifests import Bundle, Placed

# Each gives files: path below the migration directory to text.
FORMATS: Mapping[Format, Callable[[Bundle], dict[str, str]]] = {
    "kustomize": kustomize.kustomize,
    "helm": helm.helm,
    "plain": plain.plain,
}
PLACES: Mapping[Format, Callable[[Placed], str]] = {
    "kustomize": kustomize.place,
    "helm": helm.place,
    "plain": plain.place,
}


def places(bundle: Bundle, form: Format) -> dict[ObjectRef, str]:
    """The file of each object, below the migration directory; not of those that take the place of others later."""
    return {ObjectRef.of(placed.manifest): PLACES[form](placed) for placed in bundle.objects}
