"""`ecs2k8s cutover` as it is typed, on a sample account that changes and an API server in memory."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from ecs2k8s.cli import cutover
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.cutover_folders import Which, folder_of, plan_in
from ecs2k8s.cli.cutover_status import status
from ecs2k8s.cli.cutover_world import Way
from ecs2k8s.collect.login import Login
from ecs2k8s.compare.cluster import Patience
from ecs2k8s.core.documents import load
from ecs2k8s.core.errors import BusyError, PlanError, StaleError, UsageError
from ecs2k8s.cutover.approvals import NEVER_WAIVED, WAIVERS, Waiver, Waivers, approve
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.cluster.lease import LeaseLock
from ecs2k8s.cutover.locks import shared
from ecs2k8s.cutover.plan import Step
from tests.cluster_twin import Twin
from tests.connected import quickly
from tests.replayed import ACCOUNT, REGION, prepared
from tests.standing import Stand, stand
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.replay.state import FakeClock

SAMPLE = Path(__file__).parents[1] / "samples" / "three-tier"
ANN = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann"
WORKER, SCHEDULE = "shop-worker", "shop-shop-close-day"
ONE_SIDE = {"ecs.UpdateService", "application-autoscaling.RegisterScalableTarget"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("exported") / "migration"
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
        prepare = quickly(prepared(self.stand.hook))
        return Way(Login(regions=(REGION,)), None, context, prepare=prepare, clock=self.stand.clock)

    def given(self, unit: str, *, execute: bool = True, approvals: bool = True) -> cutover.Given:
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
        return cutover.Given(execute, tuple(files), str(file), by_hand)

    def run(self, unit: str, **given: bool) -> int:
        return cutover.run(Which(str(self.place), unit), self.given(unit, **given), self.way(), Talk())

    def resume(self, unit: str) -> int:
        return cutover.resume(Which(str(self.place), unit), self.given(unit), self.way(), Talk())

    def back(self, unit: str, what: str = "rollback") -> int:
        return cutover.go_back(Which(str(self.place), unit), what, "", cutover.Given(), self.way(), Talk())

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


@pytest.fixture
def scene(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "none")):
        monkeypatch.setenv(name, value)
    place = tmp_path / "migration"
    shutil.copytree(exported, place)
    its = stand(*load(json.loads((place / "snapshot.json").read_bytes())).documents)
    its.clock.at = time.time()
    twin = Twin(tmp_path)
    yield Scene(place, its, twin, tmp_path)
    twin.close()


def test_a_worker_moves_and_exactly_one_side_has_it(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.run(WORKER) == 0
    assert (scene.tasks(), scene.pods()) == (0, 2)
    assert set(scene.changes()) == ONE_SIDE
    assert status(Which(str(scene.place), WORKER), as_json=True) == 0
    told = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert (told["state"], {each["state"] for each in told["steps"]}) == ("completed", {"verified"})


def test_a_schedule_moves(scene: Scene) -> None:
    assert scene.run(SCHEDULE) == 0
    assert (scene.rule(), scene.suspended()) == ("DISABLED", False)


@pytest.mark.parametrize("what", ["rollback", "abort"])
def test_work_goes_back_to_where_it_was(scene: Scene, what: str) -> None:
    scene.run(WORKER)
    assert scene.back(WORKER, what) == 6
    assert (scene.tasks(), scene.pods()) == (2, 0)


def test_a_way_back_needs_nothing_of_the_export(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.run(WORKER)
    (scene.place / "ecs2k8s.lock").unlink(missing_ok=True)
    for file in scene.place.glob("*.json"):
        file.unlink()
    assert scene.back(WORKER) == 6
    assert (scene.tasks(), scene.pods()) == (2, 0)
    assert "goes back without the export" in capsys.readouterr().err


def test_an_edited_plan_sends_nothing(scene: Scene) -> None:
    file = folder_of(Which(str(scene.place), WORKER)) / "plan.json"
    file.write_text(file.read_text().replace("ecs.UpdateService", "ecs.DeleteService"))
    with pytest.raises(PlanError, match="is not the request that leads"):
        scene.run(WORKER)
    assert scene.changes() == []


def test_a_schedule_goes_back(scene: Scene) -> None:
    scene.run(SCHEDULE)
    assert scene.back(SCHEDULE) == 6
    assert (scene.rule(), scene.suspended()) == ("ENABLED", True)


def test_a_run_waits_for_an_approval_and_goes_on_when_it_is_there(scene: Scene) -> None:
    with pytest.raises(UsageError, match="give --approve-file"):
        scene.run(WORKER, approvals=False)
    only = scene.given(WORKER)
    waiting = dataclasses.replace(only)
    plan = plan_in(scene.place / "cutover" / WORKER)
    Path(only.approvals[0]).write_bytes(
        msgspec.json.encode(approve(plan, "P8", ANN, scene.stand.clock.at, text="other"))
    )
    assert cutover.run(Which(str(scene.place), WORKER), waiting, scene.way(), Talk()) == 5
    assert scene.tasks() == 2
    assert scene.resume(WORKER) == 0


def test_what_nobody_can_see_waits_for_the_word_of_a_person(scene: Scene) -> None:
    given = dataclasses.replace(scene.given(WORKER), done=())
    which = Which(str(scene.place), WORKER)
    assert cutover.run(which, given, scene.way(), Talk()) == 5
    assert not scene.changes()
    assert scene.resume(WORKER) == 0


def test_a_plan_is_consumed_by_one_run(scene: Scene) -> None:
    scene.run(WORKER)
    with pytest.raises(PlanError, match="consumed this plan"):
        scene.run(WORKER)


def test_a_plan_that_is_too_old_is_not_begun(scene: Scene) -> None:
    scene.stand.clock.at += 3 * 86_400
    with pytest.raises(StaleError, match="export and plan again"):
        scene.run(WORKER)


def test_an_account_that_changed_since_the_export_is_left_alone(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.stand.client("ecs").update_service(cluster="shop", service="worker", desiredCount=5)
    before = scene.changes()
    assert scene.run(WORKER) == 4
    assert scene.changes() == before
    assert "desiredCount  2     2              5" in capsys.readouterr().out


def test_a_guided_run_sends_nothing_to_aws_and_prints_each_command(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    way = dataclasses.replace(scene.way(), clock=Pausing(scene.stand.clock, scene.place / "cutover" / "pause"))
    which, given = Which(str(scene.place), WORKER), scene.given(WORKER, execute=False)
    assert cutover.run(which, given, way, Talk()) == 5
    assert not scene.changes()
    assert not scene.twin.writes
    assert "kubectl apply --server-side" in capsys.readouterr().out


def test_the_way_back_is_offered_as_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    step = Step("on", "work.handover", "P5", "Start it on EKS", "seen", "Scale the pods to 0 first.")
    cutover.Lines(Talk()).offer(step, "kubectl …", back=True)
    said = capsys.readouterr()
    assert said.err.startswith("on: back: Scale the pods to 0 first. Type this, and wait:")
    assert said.out == "kubectl …\n"


@dataclass
class Pausing:
    """A clock at which somebody sets the flag as soon as the run waits for the first time."""

    clock: FakeClock
    flag: Path

    def now(self) -> float:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.flag.touch()
        self.clock.sleep(seconds)


def test_the_flag_of_a_person_pauses_every_run_of_the_directory(scene: Scene) -> None:
    (scene.place / "cutover" / "pause").touch()
    assert scene.run(WORKER) == 5
    assert not scene.changes()
    (scene.place / "cutover" / "pause").unlink()
    assert scene.resume(WORKER) == 0


def test_evidence_is_verified_offline_and_shows_a_changed_byte(scene: Scene) -> None:
    scene.run(WORKER)
    folder = next((scene.place / "cutover" / WORKER / "runs").iterdir())
    assert cutover.verify_evidence(str(folder)) == 0
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"verified", b"verifieD", 1))
    assert cutover.verify_evidence(str(folder)) == 3


def test_two_runs_never_move_one_object_at_a_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Lease of another run stands in the way. How long it is waited for: tests/unit/cli/test_cutover_world.py."""
    monkeypatch.setattr(shared, "PATIENCE", 0)
    plan = plan_in(scene.place / "cutover" / WORKER)
    store = scene.way().context.locks()
    assert plan.traffic
    held = LeaseLock(store, scene.stand.clock, plan.traffic[0], "other", "their-lock")
    assert held.acquire() is None
    with pytest.raises(BusyError, match="their-lock"):
        scene.run(WORKER)
    assert not scene.changes()
