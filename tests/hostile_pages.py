"""What is made of accounts full of hostile text: migration directories, diffs, and all pages of HTML for the browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli import diff_drift, diff_plan, diff_translate, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.compare.changes import Action, Change, Diff, Leaf, Risk, Row, Status
from ecs2k8s.core.documents import dump
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.report.accounts_page import accounts_page
from ecs2k8s.report.diff_html import diff_html
from tests.estates import estate
from tests.hostile import HOSTILE, planted, snapshot_of
from tests.plans import plan, step
from tests.told_runs import hostile as hostile_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DIFFS: dict[str, Callable[[Path, View], object]] = {
    "drift": lambda place, view: diff_drift.run(
        diff_drift.Request(str(place), against=str(place.parent / "clean.json"), view=view), Talk(0)
    ),
    "plan": lambda place, view: diff_plan.run(str(place.parent / "plan.json"), str(place.parent / "evil.json"), view),
}


def exported(folder: Path, name: str, **more: Any) -> Path:
    """The migration directory of an account of tests/hostile.py."""
    snapshot = snapshot_of(name)
    assert planted(snapshot) >= 20
    (folder / "in.json").write_bytes(dump(snapshot))
    export.run(export.Request(output=str(folder / "out"), sources=(str(folder / "in.json"),), **more), Talk(0))
    return folder / "out"


def put_others(folder: Path) -> None:
    """What the directory in *folder* is compared with."""
    (folder / "clean.json").write_bytes(dump(estate("three-tier")[0]))
    evil = {**plan(), "steps": [step(f"a{HOSTILE}", HOSTILE, weights={HOSTILE: HOSTILE})], HOSTILE: HOSTILE}
    (folder / "evil.json").write_text(json.dumps(evil))
    (folder / "plan.json").write_text(json.dumps(plan()))


def pages(folder: Path) -> Iterator[Path]:
    """Every kind of page of HTML, the review and `diff translate` of both accounts, written below *folder*."""
    for name, diffs in (("everything", {"translate": translated}), ("names", {"translate": translated, **DIFFS})):
        (folder / name).mkdir()
        place = exported(folder / name, name)
        put_others(place.parent)
        yield place / "report" / "index.html"
        for kind, compare in diffs.items():
            file = folder / f"{name}-{kind}.html"
            compare(place, View(DiffFormat.html, str(file), everything=True))
            yield file
    for name, text in (("cluster", cluster()), ("accounts", accounts(folder))):
        (folder / f"{name}.html").write_text(text)
        yield folder / f"{name}.html"
    hostile_run(folder / "run", HOSTILE)
    yield folder / "run" / "report.html"


def translated(place: Path, view: View) -> None:
    diff_translate.run(str(place), view, None)


def cluster() -> str:
    """No API server lets all of this stand where it stands here."""
    leaf = Leaf(HOSTILE, HOSTILE)
    rows = [
        Row(f"{status}.{HOSTILE}", status, Risk.IMAGE, leaf, leaf, HOSTILE, rule=HOSTILE, manager=HOSTILE)
        for status in (Status.CHANGED, Status.CONFLICT)
    ]
    change = Change(HOSTILE, Action.UPDATE, tuple(rows), HOSTILE, (HOSTILE,), HOSTILE)
    diff = Diff("cluster", HOSTILE, HOSTILE, (change,), (HOSTILE,), (HOSTILE,))
    return diff_html(diff.plain(), everything=True)


def accounts(folder: Path) -> str:
    return accounts_page([(folder, translate(snapshot_of("names"), Target()))], [HOSTILE], [HOSTILE])
