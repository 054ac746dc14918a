"""`ecs2k8s cutover` as it is typed, on a sample account that changes and an API server in memory."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecs2k8s.cli import cutover
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.cutover_evidence import verify_evidence
from ecs2k8s.cli.cutover_folders import Which, folder_of, plan_in, run_in
from ecs2k8s.cli.cutover_given import Given
from ecs2k8s.cli.cutover_status import status
from ecs2k8s.collect.login import LoginError
from ecs2k8s.core.errors import BusyError, PlanError, StaleError, UsageError
from ecs2k8s.cutover.approvals import WAIVERS_FILE, approve
from ecs2k8s.cutover.cluster.lease import LeaseLock
from ecs2k8s.cutover.locks import shared
from ecs2k8s.cutover.plan import Step
from tests.cutover_scene import ANN, KEYS, SCHEDULE, WORKER, Scene, exported, scene_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.replay.state import FakeClock

ONE_SIDE = {"ecs.UpdateService", "application-autoscaling.RegisterScalableTarget"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("exported"))


@pytest.fixture
def scene(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with scene_of(place, tmp_path) as its:
        yield its


def test_a_worker_moves_and_exactly_one_side_has_it(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.run(WORKER) == 0
    assert (scene.tasks(), scene.pods()) == (0, 2)
    assert set(scene.changes()) == ONE_SIDE
    assert status(Which(str(scene.place), WORKER), as_json=True) == 0
    said = capsys.readouterr().out
    told = json.loads(said[said.index("{\n") :])
    assert re.search(r"^\d+ waivers used: \w+, ", said, re.MULTILINE)
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


def test_a_way_back_minds_no_waivers_that_cannot_be_read(scene: Scene) -> None:
    scene.run(WORKER)
    (run_in(Which(str(scene.place), WORKER)) / WAIVERS_FILE).write_text("{")
    assert scene.back(WORKER) == 6


def test_who_cannot_log_in_is_told_what_leads_back(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: object) -> None:
        raise LoginError("the session has expired")

    scene.run(WORKER)
    capsys.readouterr()
    way = dataclasses.replace(scene.way(), prepare=fails)
    assert cutover.go_back(Which(str(scene.place), WORKER), "rollback", "", Given(), way, Talk()) == 7
    said = capsys.readouterr().out
    assert "by hand, in this order" in said
    assert said.index("patch deployment/worker") < said.index("ecs update-service")


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


@pytest.mark.parametrize("given", [{"waivers": "/nowhere"}, {"approvals": ("/nowhere",)}, {"done": ("nothing",)}])
def test_what_does_not_fit_begins_no_run_and_uses_up_no_plan(scene: Scene, given: dict[str, Any]) -> None:
    which, wrong = Which(str(scene.place), WORKER), dataclasses.replace(scene.given(WORKER), **given)
    with pytest.raises((UsageError, PlanError)):
        cutover.run(which, wrong, scene.way(), Talk())
    with pytest.raises(PlanError, match="no run was begun"):
        status(which, as_json=False)


def test_nobodys_word_ends_a_step_that_is_seen(scene: Scene) -> None:
    given = dataclasses.replace(scene.given(WORKER), done=("off.shop.worker",))
    with pytest.raises(UsageError, match=r"--done off\.shop\.worker: nobody's word ends that step"):
        cutover.run(Which(str(scene.place), WORKER), given, scene.way(), Talk())


def test_waivers_hold_for_the_whole_run_and_stand_in_its_evidence(scene: Scene) -> None:
    (scene.place / "cutover" / "pause").touch()
    assert scene.run(WORKER) == 5
    (scene.place / "cutover" / "pause").unlink()
    without = dataclasses.replace(scene.given(WORKER), waivers=None)
    assert cutover.resume(Which(str(scene.place), WORKER), without, scene.way(), Talk()) == 0
    folder = next((scene.place / "cutover" / WORKER / "runs").iterdir())
    assert "by ann until" in (folder / "timeline.md").read_text()


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
    assert verify_evidence(str(folder)) == 0
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"verified", b"verifieD", 1))
    assert verify_evidence(str(folder)) == 3


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
