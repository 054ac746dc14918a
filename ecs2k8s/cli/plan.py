"""`ecs2k8s plan`: plan.json and CHECKLIST.md of each unit, from the snapshot of a migration directory alone."""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.cli import coverage
from ecs2k8s.cli.console import table
from ecs2k8s.cli.cutover_folders import FOLDERS
from ecs2k8s.cli.lying import lying
from ecs2k8s.core.errors import BusyError, OutputError, PlanError, UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.checklist import checklist, shown
from ecs2k8s.cutover.folder import under_way, unit_folder
from ecs2k8s.cutover.manifests import digests, manifests
from ecs2k8s.cutover.plan import dump
from ecs2k8s.cutover.planning import plan_for
from ecs2k8s.cutover.planning.assembly import Refused
from ecs2k8s.cutover.planning.ground import Ground
from ecs2k8s.cutover.planning.schedule import named
from ecs2k8s.pipeline import translate
from ecs2k8s.render import FORMATS, PLACES, directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.cli.console import Talk
    from ecs2k8s.core.target import Target
    from ecs2k8s.cutover.plan import Plan, Purpose

SCHEMA = "ecs2k8s/plans/v1"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for. Without unit and wave: all units."""

    directory: str
    unit: str | None = None
    wave: int | None = None
    purpose: Purpose = "move"
    schedule: str = "default"
    as_json: bool = False


def purpose_of(*, decommission: bool, remove: bool) -> Purpose:
    """Raises `UsageError`."""
    if decommission and remove:
        raise UsageError("--decommission and --remove: a plan has one purpose")
    return "decommission" if decommission else "remove" if remove else "move"


def run(request: Request, talk: Talk) -> int:
    """Exit 3 where a unit has no plan; the others have theirs."""
    gc.disable()  # values only grow until they are written, as in an export
    place = Path(request.directory)
    ground = ground_of(place, request.schedule)
    units = _units(ground.translation, request)
    made = [plan_for(request.purpose, ground, unit) for unit in units]
    plans = [each for each in made if not isinstance(each, Refused)]
    refused = [each for each in made if isinstance(each, Refused)]
    for each in plans:
        _check_unused(place, each)
    for each in plans:
        _write(place, each)
        talk.detail(f"{folder_of(each)}/plan.json: {each.short}, to be started before {each.expires}")
    for one in refused:
        for reason in one.reasons:
            talk.problem(f"{one.unit}: no plan: {reason}")
    if request.as_json:
        _print_json(plans, refused)
    elif talk.level:
        _print(place, plans, units)
    return ExitCode.FAILED if refused else ExitCode.CLEAN


def ground_of(place: Path, schedule: str) -> Ground:
    """Raises `OutputError` where the files are not those that an export of this version writes, edits apart."""
    ledger = coverage.load(place)
    chosen = named(schedule)
    snapshot, target = lying(place)
    if not snapshot.taken:
        raise PlanError(f"{place / 'snapshot.json'}: does not say when it was taken: export again")
    translation = translate(snapshot, target)
    hashes: dict[str, str] = ledger["files"]
    _check_version(place, translation, target, hashes)
    found = {path: _hash(place / path) for path in sorted(hashes) if (place / path).is_file()}
    edited = tuple(path for path, its in found.items() if its != hashes[path])
    return Ground(
        translation,
        target,
        {(document.shape, document.id): document.data for document in snapshot.in_order().documents},
        snapshot.taken,
        _inputs(place, found),
        _lying(place, translation, target),
        edited,
        chosen,
    )


def _check_version(place: Path, translation: Translation, target: Target, hashes: Mapping[str, str]) -> None:
    made = FORMATS[target.format](translation.bundle)
    for path, text in made.items():
        if hashes.get(path) != sha256(text.encode()).hexdigest():
            why = "ecs2k8s or target.yaml is another"
            raise OutputError(f"{place / path}: an export would write it otherwise now: {why}; export again")


def _lying(place: Path, translation: Translation, target: Target) -> dict[str, dict[str, str]]:
    """The objects as they lie, edited or not, by file. Files of a chart hold none that could be applied."""
    if target.format == "helm":
        return {}
    files = {PLACES[target.format](placed) for placed in translation.bundle.everything}
    return {file: dict(digests(manifests(place, file))) for file in sorted(files) if (place / file).exists()}


def _inputs(place: Path, hashes: Mapping[str, str]) -> dict[str, str]:
    """The snapshot, the choices, and all generated files as one."""
    whole = sha256()
    for path, its in hashes.items():
        whole.update(f"{path}\0{its}\n".encode())
    named = {name: _hash(place / name) for name in ("snapshot.json", "target.yaml") if (place / name).is_file()}
    return named | {"output": whole.hexdigest()}


def _hash(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _units(translation: Translation, request: Request) -> list[Unit]:
    """Raises `UsageError` where none is called so."""
    every = [unit for wave in translation.waves for unit in wave.units]
    found = [unit for unit in every if request.unit in (None, unit.name) and request.wave in (None, unit.wave)]
    if not found:
        asked = f"--unit {request.unit}" if request.unit else f"--wave {request.wave}"
        names = ", ".join(f"{unit.name} ({unit.wave})" for unit in every)
        raise UsageError(
            f"{request.directory}: {asked}: there is none; the units and their waves are {names or 'none'}"
        )
    return found


def folder_of(plan: Plan) -> str:
    return str(PurePosixPath("cutover", plan.unit, FOLDERS[plan.purpose]))


def _check_unused(place: Path, plan: Plan) -> None:
    """Raises `BusyError` where a run that is not at its end has used the plan that lies there, and another one is new.

    Of a run that is, the folder of the run keeps the plan.
    """
    unit = unit_folder(place, plan.unit)
    file = place / folder_of(plan) / "plan.json"
    lies = file.read_bytes() if file.is_file() else b""
    if lies in (b"", dump(plan)):
        return
    if run := under_way(unit, sha256(lies).hexdigest()):
        why = "carries it out and is not at its end, and a new plan differs"
        raise BusyError(f"{file}: run {run} {why}: end or roll back that run, then plan again; it keeps its copy")


def _write(place: Path, plan: Plan) -> None:
    folder = folder_of(plan)
    directory.put(place, f"{folder}/CHECKLIST.md", checklist(plan).encode())
    directory.put(place, f"{folder}/plan.json", dump(plan))


def _print_json(plans: Sequence[Plan], refused: Iterable[Refused]) -> None:
    print(
        json.dumps(
            {
                "schema": SCHEMA,
                "plans": [{"id": plan.ident, **json.loads(dump(plan))} for plan in plans],
                "refused": [msgspec.to_builtins(each) for each in refused],
            },
            indent=2,
        )
    )


def _print(place: Path, plans: Sequence[Plan], units: Iterable[Unit]) -> None:
    waves = {unit.name: unit.wave for unit in units}
    rows = [["wave", "unit", "designs", "steps", "planned", "checklist"]]
    for plan in plans:
        letters = "".join(sorted({letter for its in plan.designs.values() for letter in its}))
        minutes = shown(sum(step.minutes for step in plan.steps))
        file = f"{place / folder_of(plan)}/CHECKLIST.md"
        rows.append([str(waves[plan.unit]), plan.unit, letters, str(len(plan.steps)), minutes, file])
    if plans:
        table(rows, right=(0, 3), head=True)
