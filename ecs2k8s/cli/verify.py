"""`ecs2k8s verify`: the checks of a cutover that can be run now."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli import verify_live as live
from ecs2k8s.cli.console import out, table
from ecs2k8s.cli.coverage import load as load_ledger
from ecs2k8s.cli.lying import lying
from ecs2k8s.cli.lying_objects import LyingObjects
from ecs2k8s.cli.options import VerifyFormat
from ecs2k8s.cli.verify_live import Living
from ecs2k8s.cli.verify_probes import NO_PROBES, Probing, probed
from ecs2k8s.core.checks import checks
from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.approvals import read_waivers, waived, waiver_of
from ecs2k8s.cutover.checks.estate import SHARED, Estate
from ecs2k8s.cutover.checks.static import static_results
from ecs2k8s.cutover.verify_forms import junit, plain
from ecs2k8s.pipeline import translate
from ecs2k8s.render import directory
from ecs2k8s.render.settle import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ecs2k8s.cli.console import Talk
    from ecs2k8s.core.checks import Origin
    from ecs2k8s.cutover.approvals import Waiver
    from ecs2k8s.cutover.verdicts import Result

REPORT = "report/verify.json"
MOST_LINES = 5  # findings and samples that are shown of one check
WORDS = {"not_applicable": "not applicable"}
NOT_ASKED: dict[Origin, str] = {
    "world": "Not asked: they read AWS or the cluster (--live, with --phase for those of a later phase; --probes)",
    "person": "Not coded, and left to a person (`ecs2k8s explain L03` says how)",
}
SHOWN = ("fail", "error", "inconclusive", "waived")


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for. `unit`: a name of cutover/waves.json, or of a workload. `waivers`: a file of them."""

    directory: str
    unit: str = ""
    form: VerifyFormat = VerifyFormat.text
    everything: bool = False
    allow_partial: bool = False
    waivers: str | None = None
    probing: Probing = NO_PROBES
    living: Living = field(default_factory=Living)


def run(request: Request, talk: Talk, prepare: Callable[[Any], None] = lambda _: None) -> int:
    """Exit 3 where a blocker fails, 5 where one is undecided. Raises what reading the directory raises."""
    place = Path(request.directory)
    estate = estate_of(place)
    waivers = read_waivers(Path(request.waivers)) if request.waivers else ()
    members = _members(estate, request.unit)
    results = static_results(estate, members)
    results += live.asked(request.living, place, estate, members, live.Ways(talk, prepare))
    results += probed(request.probing, request.unit or SHARED, talk)
    results = [_with_waiver(result, waivers) for result in results]
    asked = {result.id for result in results}
    not_asked = [ident for ident, check in checks().items() if ident not in asked and check.origin != "findings"]
    found = plain(request.directory, estate.snapshot.taken, results, not_asked)
    directory.put(place, REPORT, canonical(found))
    _show(request, found, results, not_asked)
    talk.stage(f"wrote {place / REPORT}")
    code = exit_code(results)
    return ExitCode.CLEAN if code == ExitCode.PARTIAL and request.allow_partial else code


def estate_of(place: Path) -> Estate:
    """The export in a directory, translated anew, and how what lies there differs from it."""
    hashes = load_ledger(place)["files"]
    snapshot, target = lying(place)
    translation = translate(snapshot, target)
    objects = LyingObjects(place, translation.bundle, target.format, hashes)
    edits = {}
    for placed in translation.bundle.everything:
        if edit := objects.edit(placed):
            edits[ObjectRef.of(placed.manifest)] = edit.manifest
    written = {path: digest(text.encode()) for path, text in objects.made.items()}
    differs = tuple(path for path, made in sorted(written.items()) if hashes.get(path) != made)
    return Estate(snapshot, target, translation, edits, tuple(objects.undecided), differs)


def _with_waiver(result: Result, waivers: Iterable[Waiver]) -> Result:
    waiver = waiver_of(result, waivers, time.time())
    return waived(result, waiver) if waiver else result


def _members(estate: Estate, name: str) -> tuple[str, ...]:
    """The workloads of a unit; none: all. Raises `UsageError` naming the units."""
    if not name:
        return ()
    units = {unit.name: unit.workloads for wave in estate.translation.waves for unit in wave.units}
    if name in units:
        return units[name]
    found = [w.folder for w in estate.translation.inventory.workloads if name in {w.folder, w.name, w.service_id}]
    if len(found) != 1:
        raise UsageError(f"--unit {name}: is none of {', '.join(sorted(units)) or 'no unit'}")
    return tuple(found)


def exit_code(results: Iterable[Result]) -> ExitCode:
    """By the blockers alone: a check of severity warning is shown and holds nothing back."""
    verdicts = {result.verdict for result in results if checks()[result.id].severity == "blocker"}
    if "fail" in verdicts:
        return ExitCode.FAILED
    return ExitCode.PARTIAL if verdicts & {"inconclusive", "error"} else ExitCode.CLEAN


def _show(request: Request, found: dict[str, Any], results: Sequence[Result], not_asked: list[str]) -> None:
    if request.form is VerifyFormat.json:
        print(json.dumps(found, indent=2, sort_keys=True))
    elif request.form is VerifyFormat.junit:
        sys.stdout.write(junit(results, not_asked))
    else:
        _text(results, found["totals"], not_asked, everything=request.everything)


def _text(results: Sequence[Result], totals: dict[str, int], not_asked: list[str], *, everything: bool) -> None:
    rows = [["check", "subject", "verdict", "", ""]]
    for each in results:
        if everything or each.verdict in SHOWN:
            check = checks()[each.id]
            word = WORDS.get(each.verdict, each.verdict)
            rows.append([each.id, each.subject, word, check.severity if each.blocks else "", each.text or check.title])
    if len(rows) > 1:
        table(rows, head=True)
        out()
    for result in results:
        if result.blocks:
            _details(result)
    said = ", ".join(f"{count} {WORDS.get(verdict, verdict)}" for verdict, count in totals.items() if count)
    out(f"{len(results)} verdicts: {said or 'none'}.")
    for origin, why in NOT_ASKED.items():
        its = [ident for ident in not_asked if checks()[ident].origin == origin]
        if its:
            out(f"{why}: {', '.join(its)}.")


def _details(result: Result) -> None:
    check = checks()[result.id]
    out(f"{result.id} {result.subject}: {check.title}: {result.verdict}")
    for line in result.lines[:MOST_LINES]:
        out(f"  {line}")
    if result.lines[MOST_LINES:]:
        out(f"  and {len(result.lines) - MOST_LINES} more in {REPORT}")
    if result.missing:
        out(f"  lacks: {result.missing}")
    out(f"  do: {check.remedy}")
    out()
