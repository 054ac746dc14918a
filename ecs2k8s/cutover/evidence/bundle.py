"""The reports of a run, made of its plan, its journal and its papers alone, and the manifest over its whole folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s import __version__
from ecs2k8s.core.documents import canonical
from ecs2k8s.cutover.durable import make_folder, put
from ecs2k8s.cutover.evidence import checked, manifest, objects, rehearsed, ways_back
from ecs2k8s.cutover.evidence.junit import of_run
from ecs2k8s.cutover.evidence.page import page
from ecs2k8s.cutover.evidence.papers import papers
from ecs2k8s.cutover.evidence.report import report
from ecs2k8s.cutover.evidence.surroundings import env_json, here
from ecs2k8s.cutover.evidence.timeline import timeline
from ecs2k8s.cutover.folder import plan_of
from ecs2k8s.cutover.journal import read as journal
from ecs2k8s.cutover.journal.fold import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecs2k8s.cutover.evidence.papers import Papers
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan

ENVIRONMENT = "env.json"


def reports(plan: Plan, lines: Sequence[Line], given: Papers) -> dict[str, bytes]:
    """By path; the same plan, journal and papers give the same bytes, wherever and whenever they are read."""
    its = report(plan, lines, given)
    return {
        "timeline.md": timeline(plan, lines).encode(),
        "junit.xml": of_run(plan, lines).encode(),
        "report.json": canonical(its),
        "report.html": page(its).encode(),
        **checked.files(lines),
        **objects.files(objects.touched(plan, lines)),
        **ways_back.file(plan, lines),
        **rehearsed.file(plan, lines),
    }


def bundle(run: Path) -> str:
    """Write the reports of a run and its manifest, again if they are there already. The hash of the manifest."""
    lines = journal.read(run).lines
    for name, data in reports(plan_of(run), lines, papers(run)).items():
        _put(run, name, data)
    put(run / ENVIRONMENT, env_json(fold(lines), *here()))
    return manifest.write(run)


def _put(run: Path, name: str, data: bytes) -> None:
    """Most of what was written before is the same still, and synced."""
    path = run / name
    for folder in reversed(path.relative_to(run).parents[:-1]):
        make_folder(run / folder)
    if not _is(path, data):
        put(path, data)


def _is(path: Path, data: bytes) -> bool:
    try:
        return not path.is_symlink() and path.read_bytes() == data
    except OSError:
        return False


def verify(run: Path) -> manifest.Verification:
    """Whether the folder is as it was when its manifest was written, and its reports say what its journal says.

    Another version of the program may word them otherwise: there the hashes alone have to do.
    """
    found = manifest.verify(run)
    if found.problems:
        return found
    lines = journal.read(run).lines
    if fold(lines).start.version != __version__:
        return found
    wrong = tuple(
        f"{name}: does not say what {journal.FILE} says"
        for name, data in reports(plan_of(run), lines, papers(run)).items()
        if not (run / name).exists() or (run / name).read_bytes() != data
    )
    return replace(found, problems=wrong)
