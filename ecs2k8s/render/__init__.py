"""A bundle as files, in the format that the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.render.helm import helm
from ecs2k8s.render.kustomize import kustomize
from ecs2k8s.render.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.core.formats import Format
    from ecs2k8s.core.manifests import Bundle

# Each gives files: path below the migration directory to text.
FORMATS: Mapping[Format, Callable[[Bundle], dict[str, str]]] = {"kustomize": kustomize, "helm": helm, "plain": plain}
