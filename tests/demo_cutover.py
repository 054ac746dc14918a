"""`make demo-cutover`: `ecs2k8s cutover` as people use it, stopped, resumed and taken back: `python -m tests.demo_cutover`.

In one terminal runs the real program, guided: it may change nothing, prints what is to be typed, and goes on when it
sees the effect. In another an operator, who is scripted here, types just that into a shell.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.collect import files
from ecs2k8s.cutover.approvals import WAIVERS, Waiver, Waivers, approve
from ecs2k8s.cutover.plan import load
from tests.demo_desk import Desk, EndedOtherwiseError
from tests.demo_world import World, world
from tests.estates import ROOT
from tests.replayed import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = ROOT / "samples" / "three-tier"
OUT, UNIT = "cutover-demo", "shop-worker"
ANN = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann"
WAITS, BACK = 5, 6  # exit codes
OPERATOR_TYPES = "kubectl apply --server-side --field-manager=ecs2k8s -R -f manifests/shop/worker/deployment.yaml"
WAIVED = {
    "read in report.md and accepted": ("S04", "S07", "S15", "S18", "S19", "S20", "S21", "S33", "S35", "S36", "S37"),
    "the API server of the demo lists no definitions": ("S34",),
    "nothing runs in the pods of the demo": ("L03", "L05", *(f"L{number}" for number in range(12, 21)), "T10"),
}
BEGINS = """\
An account with the services of samples/three-tier, both fleets and an API server listen on loopback. `ecs2k8s` is the
real program, of which each $ starts a process; `aws` and `kubectl` are small ones of the demo, and so is whoever types.
One minute of the account is one second. The worker is moved, which consumes a queue: exactly one side may do so."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, in its order."""

    desk: Desk
    world: World

    def tell(self) -> None:
        self.desk.note(BEGINS)
        self.plan()
        self.cutover("run", ends=WAITS)
        self.waive()
        self.cutover("resume", *self.waived(), ends=WAITS)
        self.desk.note("Nobody can see whether that is done, so a person says it. And at the first pod comes lunch:")
        pause = self.words("pause", "--why", "lunch")
        by_hand = ("--done", "prepare", "--done", "group-rules-by-hand")
        self.cutover("resume", *self.waived(), *by_hand, ends=WAITS, before=OPERATOR_TYPES, then=pause)
        self.cutover("status", ends=WAITS)
        self.cutover("resume", *self.waived(), ends=WAITS)
        self.approve()
        self.cutover("resume", *self.waived(), "--approve-file", f"{OUT}/approval.json")
        self.count()
        self.cutover("rollback", "--why", "the queue grows older", ends=BACK)
        self.count()
        self.prove()

    def plan(self) -> None:
        self.desk.program("export", "-q", "--from", os.path.relpath(SAMPLE, self.desk.place), "-o", OUT)
        self.desk.program("plan", OUT, "--unit", UNIT)

    def words(self, what: str, *more: str) -> tuple[str, ...]:
        return ("cutover", what, OUT, "--unit", UNIT, *more)

    def cutover(self, what: str, *more: str, ends: int = 0, before: str = "", then: tuple[str, ...] = ()) -> None:
        self.desk.program(*self.words(what, *more), ends=ends, before=before, then=then)

    def waived(self) -> tuple[str, str]:
        return ("--waivers", f"{OUT}/waivers.json")

    def waive(self) -> None:
        tomorrow = datetime.fromtimestamp(time.time() + 86_400, UTC)
        waivers = (
            Waiver(check=check, reason=why, owner="ann", expires=tomorrow)
            for why, checks in WAIVED.items()
            for check in checks
        )
        self._write("waivers.json", Waivers(format=WAIVERS, waivers=tuple(waivers)))
        listed = (f"  {' '.join(checks)}: {why}" for why, checks in WAIVED.items())
        head = f"What was not read never passes. The demo writes {OUT}/waivers.json, as if Ann had decided:"
        self.desk.note("\n".join((head, *listed)))

    def approve(self) -> None:
        file = self.desk.place / OUT / "cutover" / UNIT / "plan.json"
        self._write("approval.json", approve(load(file.read_bytes(), str(file)), "P5", ANN, time.time(), text="go"))
        self.desk.note(
            f"Work is handed over when somebody approves: the demo writes {OUT}/approval.json, as if Ann had."
        )

    def _write(self, name: str, what: object) -> None:
        (self.desk.place / OUT / name).write_bytes(msgspec.json.format(msgspec.json.encode(what)) + b"\n")

    def count(self) -> None:
        self.desk.note(
            f"Of the worker, {self.world.tasks()} tasks run on ECS, and EKS is to run {self.world.pods()} pods."
        )

    def prove(self) -> None:
        [run] = (self.desk.place / OUT / "cutover" / UNIT / "runs").iterdir()
        self.desk.program("cutover", "evidence", "verify", str(run.relative_to(self.desk.place)))
        self.desk.note(f"Look at {run.relative_to(self.desk.place) / 'timeline.md'}.")


def demo(place: Path, say: Callable[[str], None]) -> None:
    """Leaves `cutover-demo` in *place*, and nothing that runs. Raises `EndedOtherwiseError`."""
    _clear(place / OUT)
    with tempfile.TemporaryDirectory() as scratch, world(files.read([str(SAMPLE)]).documents, Path(scratch)) as its:
        Story(Desk(place, place / OUT, its.environment, say, its.controllers), its).tell()


def _clear(out: Path) -> None:
    """A plan is for one run, so that each demo begins anew."""
    if out.exists() and not (out / "snapshot.json").exists():
        raise EndedOtherwiseError(f"{out}: is there already, and not of this demo")
    shutil.rmtree(out, ignore_errors=True)


def main() -> int:
    try:
        demo(Path.cwd(), lambda line: print(line, flush=True))  # noqa: T201 (what a person sees)
    except EndedOtherwiseError as error:
        sys.stderr.write(f"demo-cutover: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
