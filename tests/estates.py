"""The accounts that the witnesses look at: the samples and the inputs of all cases."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.collect import files
from ecs2k8s.core.target import Target, convert
from ecs2k8s.pipeline import translate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.documents import Snapshot

ROOT = Path(__file__).parent.parent
SAMPLES = sorted(place.name for place in (ROOT / "samples").iterdir() if place.is_dir())
CASES = sorted(str(place.relative_to(ROOT / "tests" / "cases")) for place in (ROOT / "tests" / "cases").rglob("*.yaml"))
ESTATES = [*SAMPLES, *CASES]


@cache
def estate(name: str) -> tuple[Snapshot, Target]:
    """A sample by its folder, or the input of a case by its path below tests/cases."""
    if name in SAMPLES:
        return files.read([str(ROOT / "samples" / name)]), convert({})
    from tests.case_files import load

    case = load(ROOT / "tests" / "cases" / name)
    return case.snapshot, case.target


@cache
def translated(name: str) -> Translation:
    """What an estate becomes, for tests that only look at it."""
    return translate(*estate(name))
