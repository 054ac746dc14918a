"""What lies in a migration directory: its snapshot and its choices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecs2k8s.core import target as targets
from ecs2k8s.core.documents import load
from ecs2k8s.core.errors import SnapshotError

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.core.documents import Snapshot
    from ecs2k8s.core.target import Target


def lying(place: Path) -> tuple[Snapshot, Target]:
    """The snapshot of the directory and its target.yaml. Raises `SnapshotError` and `TargetError`."""
    file = place / "snapshot.json"
    try:
        snapshot = load(json.loads(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{file}: {error}") from error
    choices = place / "target.yaml"
    target = targets.load(choices.read_bytes() if choices.is_file() else b"", name=str(choices))
    return snapshot, targets.of_cluster(target, snapshot)
