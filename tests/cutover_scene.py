"""A directory with plans, the sample account and an API server in memory that they are about, for the commands."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.cli import cutover
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.cutover_folders import Which, folder_of, plan_in
from ecs2k8s.cli.cutover_given import Given
from ecs2k8s.cli.cutover_world import Way
from ecs2k8s.collect.login import Login
from ecs2k8s.compare.cluster import Patience
from ecs2k8s.core.documents import load
from ecs2k8s.cutover.approvals import NEVER_WAIVED, WAIVERS, Waiver, Waivers, approve
from ecs2k8s.cutover.cluster.connections import Context
from tests.cluster_twin import Twin
from tests.replayed import ACCOUNT, REGION, prepared
from tests.standing import Stand, stand
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).parents[1] / "samples" / "three-tier"
ANN = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann"
WORKER, SCHEDULE = "shop-worker", "shop-shop-close-day"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "none"}


def exported(folder: Path) -> Path:
    """The sample, exported into *folder* and planned."""
    place = folder / "migration"
    assert ecs2k8s("export", "--from", str(SAMPLE), "-o", str(place), "-q").returncode == 0
    assert ecs2k8s("plan", str(place), "-q").returncode == 0
    return place


@dataclass
class Scene:
    """A directory with plans, the account and the cluster that they are about, and what people give a run."""

    place: Path
    stand: Stand
    twin: Twin
    tmp: Path

    def way(self) -> Way:
        context = Context(str(self.twin.kubeconfig()), None, Patience(attempts=2, pause=0, timeout=10))
        prepare = prepared(self.stand.hook)
        return Way(Login(regions=(REGION,)), None, context, prepare=prepare, clock=self.stand.clock)

    def given(self, unit: str, *, execute: bool = True, approvals: bool = True) -> Given:
        """All that can be waived is: the checks have tests of their own."""
        plan = plan_in(folder_of(Which(str(self.place), unit)))
        asked = {check for step in plan.steps for check in (*step.before, *step.checks)} - NEVER_WAIVED
        until = datetime.fromtimestamp(self.stand.clock.at + 86_400, UTC)
        waivers = (Waiver(check=each, reason="another test", owner="ann", expires=until) for each in sorted(asked))
        file = self.tmp / f"{unit}-waivers.json"
        file.write_bytes(msgspec.json.encode(Waivers(format=WAIVERS, waivers=tuple(waivers))))
        files = []
        for each in plan.approvals if approvals else ():
            files.append(str(self.tmp / f"{unit}-{each.phase}.json"))
            Path(files[-1]).write_bytes(
                msgspec.json.encode(approve(plan, each.phase, ANN, self.stand.clock.at, text="go"))
            )
        by_hand = tuple(step.id for step in plan.steps if step.guided and not step.moves)
        return Given(execute, tuple(files), str(file), by_hand)

    def run(self, unit: str, **given: bool) -> int:
        return cutover.run(Which(str(self.place), unit), self.given(unit, **given), self.way(), Talk())

    def resume(self, unit: str) -> int:
        return cutover.resume(Which(str(self.place), unit), self.given(unit), self.way(), Talk())

    def back(self, unit: str, what: str = "rollback") -> int:
        return cutover.go_back(Which(str(self.place), unit), what, "", Given(), self.way(), Talk())

    def changes(self) -> list[str]:
        return [each.call for each in self.stand.account.made if each.changed]

    def tasks(self) -> int:
        """That the worker is to have on ECS."""
        its = [each for each in self.stand.all("ecs.Service") if each["serviceName"] == "worker"]
        return int(its[0]["desiredCount"])

    def pods(self) -> int:
        live = self.twin.send("GET", "/apis/apps/v1/namespaces/shop/deployments/worker")
        return int(live["spec"]["replicas"])

    def suspended(self) -> bool:
        live = self.twin.send("GET", "/apis/batch/v1/namespaces/shop/cronjobs/shop-close-day")
        return bool(live["spec"]["suspend"])

    def rule(self) -> str:
        return str(next(each for each in self.stand.all("events.Rule") if each["Name"] == "shop-close-day")["State"])


@contextmanager
def scene_of(place: Path, tmp: Path) -> Iterator[Scene]:
    """With a copy of *place* below *tmp*."""
    copy = tmp / "migration"
    shutil.copytree(place, copy)
    its = stand(*load(json.loads((copy / "snapshot.json").read_bytes())).documents)
    its.clock.at = time.time()
    twin = Twin(tmp)
    try:
        yield Scene(copy, its, twin, tmp)
    finally:
        twin.close()
