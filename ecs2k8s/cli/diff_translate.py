"""`ecs2k8s diff translate`: every field of ECS beside what lies in the directory for it."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli.coverage import check_finished
from ecs2k8s.cli.diff_output import put_out
from ecs2k8s.cli.lying import lying
from ecs2k8s.cli.lying_objects import LyingObjects
from ecs2k8s.compare.changes import Diff
from ecs2k8s.compare.translated import in_order
from ecs2k8s.core.errors import OutputError
from ecs2k8s.core.findings import sentence
from ecs2k8s.pipeline import translate
from ecs2k8s.render.earlier import LEDGER
from ecs2k8s.report.translated import by_workload, translated_changes

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.cli.diff_output import View
    from ecs2k8s.compare.changes import Change


def run(name: str, view: View, workload: str | None) -> int:
    """Exit 3 where a leaf is unknown or must not be applied as it is, 5 where something could not be compared."""
    place = Path(name)
    check_finished(place)
    gc.disable()  # values only grow until they are written, as in an export
    snapshot, target = lying(place)
    translation = translate(snapshot, target)
    objects = LyingObjects(place, translation.bundle, target.format, _hashes(place))
    changes = translated_changes(translation, origin=objects.origin, lies=objects.edit, show_values=view.show_values)
    changes = in_order((*changes, *objects.added(show_values=view.show_values)))
    if workload:
        changes = _of(changes, workload, translation, place)
    undecided = (*map(sentence, snapshot.failures), *objects.undecided)
    diff = Diff("translate", f"{place / 'snapshot.json'}", str(place), changes, undecided)
    return put_out(diff, view)


def _hashes(place: Path) -> dict[str, str]:
    """What the last export wrote: path to hash."""
    try:
        files: dict[str, str] = json.loads((place / LEDGER).read_bytes())["files"]
        return dict(files)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{place / LEDGER}: is no ledger: export again") from error


def _of(changes: tuple[Change, ...], name: str, translation: Translation, place: Path) -> tuple[Change, ...]:
    """Those of one workload: by `namespace/name`, a name, or the ARN of its service. Raises `OutputError`."""
    found = [w for w in translation.translated if name in {w.folder, w.name, w.service_id, w.source}]
    if len(found) != 1:
        said = "names several workloads: " + ", ".join(w.folder for w in found) if found else "names no workload"
        raise OutputError(f"{place}: --workload {name}: {said}")
    mine = by_workload(changes).get(found[0].folder, ())
    return tuple(replace(change, workload=found[0].folder) for change in mine)
