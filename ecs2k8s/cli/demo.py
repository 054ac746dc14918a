"""`ecs2k8s demo`: export the sample account."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli import export
from ecs2k8s.core.errors import SnapshotError

if TYPE_CHECKING:
    from ecs2k8s.cli.console import Talk


def run(output: str, talk: Talk) -> int:
    """Translate `samples/three-tier` from the wheel or the checkout."""
    package = Path(str(files("ecs2k8s")))
    for place in (package / "samples" / "three-tier", package.parent / "samples" / "three-tier"):
        if place.is_dir():
            request = export.Request(output=output, sources=(str(place),))
            return export.run(request, talk)
    raise SnapshotError(f"samples/three-tier is neither in {package} nor beside it: reinstall ecs2k8s")
