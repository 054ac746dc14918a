"""`ecs2k8s diff plan`: what changed between two plans, or between the plans of two migration directories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.cli.diff_output import put_out
from ecs2k8s.compare.plans import Plans, known, plan_diff
from ecs2k8s.core.errors import PlanError, UsageError
from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from ecs2k8s.cli.diff_output import View

FOLDER, WAVES = "cutover", "waves.json"
PLANS = ("*/plan.json", "*/decommission/plan.json", "*/removal/plan.json")


def run(before: str, after: str, view: View) -> int:
    """Raises `PlanError` of what cannot be read, `UsageError` where a file would face a directory."""
    left, right = Path(before), Path(after)
    if left.is_dir() != right.is_dir():
        raise UsageError(f"{before} and {after}: name two plan files, or two migration directories")
    plans = _of_directories(left, right) if left.is_dir() else [_of_files(left, right)]
    return put_out(plan_diff(before, after, plans, show_values=view.show_values), view)


def _of_files(left: Path, right: Path) -> Plans:
    before, after = _read(left), _read(right)
    if before["format"] != after["format"]:
        raise PlanError(f"{left} is of format {before['format']}, {right} of {after['format']}: name two of one format")
    return Plans(left.name if left.name == right.name else f"{left.name}, {right.name}", before, after)


def _of_directories(left: Path, right: Path) -> list[Plans]:
    """The order of the units first, then their plans by unit."""
    found = [_plans(place) for place in (left, right)]
    for place, files in zip((left, right), found, strict=True):
        if not files:
            raise PlanError(f"{place}: holds no plan below {FOLDER}/: export it with this version")
    names = sorted(found[0].keys() | found[1].keys(), key=lambda name: (name.count("/"), name))
    return [Plans(name, *(_read(files[name]) if name in files else None for files in found)) for name in names]


def _plans(place: Path) -> dict[str, Path]:
    folder = place / FOLDER
    files = (*folder.glob(WAVES), *(file for pattern in PLANS for file in folder.glob(pattern)))
    return {str(file.relative_to(place)): file for file in files if file.is_file() and not file.is_symlink()}


def _read(file: Path) -> dict[str, Any]:
    from ecs2k8s.collect.sources import Unreadable, read_bytes

    try:
        value = msgspec.json.decode(read_bytes(str(file)))
    except (Unreadable, ValueError, RecursionError) as error:
        raise PlanError(f"{file}: {getattr(error, 'reason', '') or error}") from error
    form = value.get("format") if isinstance(value, dict) else None
    if not isinstance(form, str):
        raise PlanError(f"{file}: is no plan: it has no `format`")
    if form not in known().formats:
        raise PlanError(f"{file}: format {escape(form)!r} is none of {', '.join(known().formats)}")
    return dict(value)
