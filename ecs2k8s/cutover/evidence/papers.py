"""What people gave a run, as it lies in its folder: approvals, each in a file, and the waivers that were given last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover.approvals import FOLDER, kept_waivers, read_approval

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecs2k8s.cutover.approvals import Approval, Waiver


@dataclass(frozen=True, slots=True)
class Papers:
    """`approvals` by the path of their file; None where it cannot be read, so that it opens nothing."""

    approvals: Mapping[str, Approval | None] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()


def papers(run: Path) -> Papers:
    """Raises `UsageError` where the waivers cannot be read."""
    files = sorted((run / FOLDER).glob("*.json"))
    return Papers({f"{FOLDER}/{file.name}": _approval(file) for file in files}, kept_waivers(run))


def _approval(file: Path) -> Approval | None:
    try:
        return read_approval(file)
    except UsageError:
        return None
