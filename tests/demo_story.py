"""What every story of `make demo-cutover` is told with: the program, and what people decide beside it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import msgspec

from ecs2k8s.cutover.approvals import WAIVERS, Waiver, Waivers, approve
from ecs2k8s.cutover.plan import load
from tests.demo_desk import NOTHING, Desk
from tests.estates import ROOT
from tests.replayed import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ecs2k8s.cutover.plan import Phase
    from tests.demo_world import World

SAMPLE = ROOT / "samples" / "three-tier"
OUT = "cutover-demo"
ANN = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann"
WAITS, BACK = 5, 6  # exit codes
ACCEPTED = "read in report.md and accepted"
EMPTY = "nothing of the shop runs in the pods of the demo, which only answer"
WAIVED = {
    ACCEPTED: ("S04", "S07", "S10", "S11", "S15", "S18", "S19", "S20", "S21", "S35"),
    EMPTY: ("L03", "L05", "L09", "L10", "L13", "L16", "L18", "L19", "T10"),
}
BY_HAND = ("--done", "prepare", "--done", "group-rules-by-hand")


@dataclass(frozen=True, slots=True)
class Story:
    desk: Desk
    world: World
    unit: ClassVar[str]

    @property
    def folder(self) -> Path:
        return self.desk.place / OUT / "cutover" / self.unit

    def words(self, what: str, *more: str) -> tuple[str, ...]:
        return ("cutover", what, OUT, "--unit", self.unit, *more)

    def cutover(self, what: str, *more: str, ends: int = 0, on: Mapping[str, Callable[[], None]] = NOTHING) -> None:
        self.desk.program(*self.words(what, *more), ends=ends, on=on)

    def waive(self) -> None:
        tomorrow = datetime.fromtimestamp(time.time() + 86_400, UTC)
        waivers = (
            Waiver(check=check, reason=why, owner="ann", expires=tomorrow)
            for why, checks in WAIVED.items()
            for check in checks
        )
        write(self.desk.place / OUT / "waivers.json", Waivers(format=WAIVERS, waivers=tuple(waivers)))
        listed = (f"  {' '.join(checks)}: {why}" for why, checks in WAIVED.items())
        head = f"What was not read never passes. The demo writes {OUT}/waivers.json, as if Ann had decided:"
        self.desk.note("\n".join((head, *listed)))

    def approve(self, phase: Phase, what: str) -> tuple[str, str]:
        """The option that gives it to a run."""
        file = self.folder / "plan.json"
        plan = load(file.read_bytes(), str(file))
        name = f"{OUT}/approval-{self.unit}.json"
        write(self.desk.place / name, approve(plan, phase, ANN, self.world.stage.clock.now(), text="go"))
        self.desk.note(f"{what} when somebody approves: the demo writes {name}, as if Ann had.")
        return ("--approve-file", name)

    def prove(self) -> None:
        [run] = (self.folder / "runs").iterdir()
        its = run.relative_to(self.desk.place)
        self.desk.program("cutover", "evidence", "verify", str(its))
        self.desk.note(f"Look at {its / 'timeline.md'}.")


def export(desk: Desk) -> None:
    desk.program("export", "-q", "--from", os.path.relpath(SAMPLE, desk.place), "-o", OUT)


def waived() -> tuple[str, str]:
    return ("--waivers", f"{OUT}/waivers.json")


def write(file: Path, what: object) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(what)) + b"\n")
