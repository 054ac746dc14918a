"""What people gave a run, as it lies in its folder: approvals, each in a file, and the waivers that were given last."""

from __future__ import annotations

import os
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
    """`approvals` by the path of their file; None for what cannot be read, so that it opens and waives nothing."""

    approvals: Mapping[str, Approval | None] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] | None = ()


def papers(run: Path) -> Papers:
    files = sorted((run / FOLDER).glob("*.json"))
    return Papers({f"{FOLDER}/{_name(file)}": _approval(file) for file in files}, _waivers(run))


def _name(file: Path) -> str:
    """What no JSON can hold, a name that is no UTF-8, as escapes."""
    return os.fsencode(file.name).decode(errors="backslashreplace")


def _approval(file: Path) -> Approval | None:
    try:
        return read_approval(file)
    except UsageError:
        return None


def _waivers(run: Path) -> tuple[Waiver, ...] | None:
    try:
        return kept_waivers(run)
    except UsageError:
        return None
