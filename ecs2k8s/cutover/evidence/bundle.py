"""The reports of a run, made of its plan and its journal alone, and the manifest over all that lies in its folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s import __version__
from ecs2k8s.cutover.durable import put
from ecs2k8s.cutover.evidence import manifest
from ecs2k8s.cutover.evidence.junit import of_run
from ecs2k8s.cutover.evidence.surroundings import env_json, here
from ecs2k8s.cutover.evidence.timeline import timeline
from ecs2k8s.cutover.folder import plan_of
from ecs2k8s.cutover.journal import read as journal
from ecs2k8s.cutover.journal.fold import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan

ENVIRONMENT = "env.json"


def reports(plan: Plan, lines: Sequence[Line]) -> dict[str, bytes]:
    """By name; the same plan and journal give the same bytes, wherever and whenever they are read."""
    return {"timeline.md": timeline(plan, lines).encode(), "junit.xml": of_run(plan, lines).encode()}


def bundle(run: Path) -> str:
    """Write the reports of a run and its manifest, again if they are there already. The hash of the manifest."""
    lines = journal.read(run).lines
    for name, data in reports(plan_of(run), lines).items():
        put(run / name, data)
    put(run / ENVIRONMENT, env_json(fold(lines), *here()))
    return manifest.write(run)


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
        for name, data in reports(plan_of(run), lines).items()
        if (run / name).exists() and (run / name).read_bytes() != data
    )
    return replace(found, problems=wrong)
