"""An object that is to be applied, as it lies in a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.core.yaml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.manifests import Manifest, Tree
    from ecs2k8s.core.paths import Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as it lies in a file, and the lines of that file on which its values stand."""

    manifest: Manifest
    file: str
    lines: Mapping[Path, int] = field(default_factory=dict)
    tree: Tree = "manifests"

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef.of(self.manifest)

    @property
    def workload(self) -> str:
        labels = self.manifest["metadata"].get("labels")
        name = labels.get("app.kubernetes.io/name") if isinstance(labels, dict) else None
        return f"{self.ref.namespace}/{name}" if name and self.ref.namespace else ""

    def origin(self, path: Path) -> str:
        return f"{self.file}:{line_of(self.lines, path)}"
