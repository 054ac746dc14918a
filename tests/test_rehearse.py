"""`ecs2k8s cutover rehearse` on a sample account that changes, an API server in memory, and controllers that follow."""

from __future__ import annotations

import dataclasses
import json
import re
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecs2k8s.cli import cutover
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.cutover_evidence import verify_evidence
from ecs2k8s.cli.cutover_folders import Which, folder_of, plan_in
from ecs2k8s.cli.cutover_status import status
from ecs2k8s.core.errors import BusyError, PlanError, StaleError, UsageError
from ecs2k8s.cutover.approvals import approve
from ecs2k8s.cutover.folder import consumed, current, plan_of
from ecs2k8s.cutover.planning.rehearsal import rehearsal
from tests.cutover_scene import ANN, KEYS, WORKER, Scene, exported, scene_of
from tests.rehearsed import Controllers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cli.cutover_given import Given
    from ecs2k8s.cutover.plan import Plan

WEB = "shop-frontend"
STAYS = ("/api/v1/namespaces/shop", "/leases/")  # what the rehearsal says that it leaves, and locks that are let go


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("exported"))


@pytest.fixture
def scene(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with scene_of(place, tmp_path) as its:
        Controllers(its).watch()
        yield its


def reviewed(scene: Scene, unit: str) -> Plan:
    return plan_in(folder_of(Which(str(scene.place), unit)))


def given(scene: Scene, unit: str, **more: bool) -> Given:
    steps = rehearsal(reviewed(scene, unit)).steps
    by_hand = tuple(step.id for step in steps if step.guided and not step.moves)
    return dataclasses.replace(scene.given(unit, **more), done=by_hand)


def rehearsed(scene: Scene, unit: str, **more: bool) -> int:
    return cutover.rehearse(Which(str(scene.place), unit), given(scene, unit, **more), scene.way(), Talk())


def account(scene: Scene) -> dict[str, Any]:
    """Every document that there is."""
    with scene.stand.account.open() as its:
        return {shape: deepcopy(found) for shape, found in its.estate.shapes.items() if found}


def cluster(scene: Scene) -> set[str]:
    return {path for path in scene.twin.objects.kept if not path.endswith(STAYS[0]) and STAYS[1] not in path}


def weights_sent(scene: Scene) -> list[int]:
    """Of the groups of EKS, in all calls that were answered."""
    found = []
    for made in scene.stand.account.made:
        text = json.dumps(made.parameters, default=str)
        for action in json.loads(text).get("DefaultActions", ()) if "Modify" in made.call else ():
            groups = action.get("ForwardConfig", {}).get("TargetGroups", ())
            found += [group["Weight"] for group in groups if f"/{WEB}-eks/" in group["TargetGroupArn"]]
    return found


def test_a_rehearsal_leaves_account_and_cluster_as_they_were_and_the_plan_for_its_run(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    before, objects = account(scene), cluster(scene)
    assert rehearsed(scene, WEB) == 0
    assert {"elbv2.CreateTargetGroup", "elbv2.CreateRule", "elbv2.RegisterTargets"} <= set(scene.changes())
    assert weights_sent(scene) == [0]
    assert account(scene) == before
    assert cluster(scene) == objects
    _tells_what_it_saw(scene, capsys.readouterr().out)
    (scene.place / "cutover" / "pause").touch()
    assert scene.run(WEB) == 5
    assert plan_of(current(scene.place / "cutover" / WEB) or Path()) == reviewed(scene, WEB)


def _tells_what_it_saw(scene: Scene, said: str) -> None:
    """In its last lines, and in a file that evidence makes again to the byte."""
    folder = current(scene.place / "cutover" / WEB) or Path()
    looks = re.search(r"weights were 0 throughout \((\d+) looks\)", said)
    assert looks
    assert int(looks[1]) > len(scene.changes())
    assert re.search(r"checks: \d+ passed.*; \d+ waived", said)
    assert "taken back: all of it\n" in said
    told = (folder / "rehearsal.md").read_text()
    assert looks[0] in plain_text(told)
    assert re.search(r"\| ready \| .* \| \d.* s \| verified \| .*L06 passed", told)
    assert verify_evidence(str(folder)) == 0


def plain_text(markdown: str) -> str:
    return markdown.replace("\\", "")


def test_of_a_worker_everything_is_rehearsed_but_the_handover(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    objects = cluster(scene)
    assert rehearsed(scene, WORKER) == 0
    assert (scene.tasks(), scene.changes(), cluster(scene)) == (2, [], objects)
    assert ("DELETE", "/apis/apps/v1/namespaces/shop/deployments/worker") in scene.twin.writes
    said = capsys.readouterr().err
    assert "Not rehearsed, since exactly one side works: Stop shop/worker on ECS" in said
    assert "Stay where this run makes them, since nothing else of theirs may go with them: namespace shop." in said
    assert "By hand, and seen by nobody but you: prepare (stays:" in said
    assert rehearsed(scene, WORKER) == 0
    assert cluster(scene) == objects
    _is_found_again_where_its_copy_was_edited(current(scene.place / "cutover" / WORKER) or Path())


def _is_found_again_where_its_copy_was_edited(folder: Path) -> None:
    plan = plan_of(folder)
    (folder / "plan.json").write_text("{}")
    assert consumed(folder, plan.ident) == plan


@pytest.mark.parametrize("what", [pytest.param("resume", marks=pytest.mark.long), "rollback"])
def test_a_rehearsal_that_stopped_is_ended_by_the_usual_commands(
    scene: Scene, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, objects = account(scene), cluster(scene)
    way = dataclasses.replace(scene.way(), clock=Stopping(scene))
    assert cutover.rehearse(Which(str(scene.place), WEB), given(scene, WEB), way, Talk()) == 5
    assert account(scene) != before
    which = Which(str(scene.place), WEB)
    assert status(which, as_json=True) == 5
    said = capsys.readouterr().out
    told = json.loads(said[said.index("{\n") :])
    assert (told["purpose"], told["mode"], told["state"]) == ("rehearse", "execute", "paused")
    with pytest.raises(BusyError, match="resume it, or roll it back first"):
        scene.run(WEB)
    (scene.place / "cutover" / "pause").unlink()
    code = cutover.resume(which, given(scene, WEB), scene.way(), Talk()) if what == "resume" else scene.back(WEB)
    assert code == (0 if what == "resume" else 6)
    assert (account(scene), cluster(scene)) == (before, objects)


@dataclasses.dataclass
class Stopping:
    """A clock at which somebody sets the flag as soon as pods are waited for."""

    scene: Scene

    def now(self) -> float:
        return self.scene.stand.clock.now()

    def monotonic(self) -> float:
        return self.scene.stand.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        if "elbv2.RegisterTargets" in self.scene.changes():
            (self.scene.place / "cutover" / "pause").touch()
        self.scene.stand.clock.sleep(seconds)


def test_a_plan_that_a_run_used_is_not_rehearsed(scene: Scene) -> None:
    (scene.place / "cutover" / "pause").touch()
    assert scene.run(WORKER) == 5
    (scene.place / "cutover" / "pause").unlink()
    assert scene.back(WORKER) == 6
    with pytest.raises(PlanError, match="consumed this plan: export and plan again"):
        rehearsed(scene, WORKER)


def test_without_a_terminal_a_rehearsal_needs_an_approval_of_the_plan_that_people_read(scene: Scene) -> None:
    with pytest.raises(UsageError, match="give --approve-file"):
        rehearsed(scene, WEB, approvals=False)
    plan = rehearsal(reviewed(scene, WEB))
    other = scene.tmp / "other.json"
    other.write_bytes(msgspec.json.encode(approve(plan, "P6", ANN, scene.stand.clock.at)))
    its = dataclasses.replace(given(scene, WEB), approvals=(str(other),))
    with pytest.raises(UsageError, match="and this is"):
        cutover.rehearse(Which(str(scene.place), WEB), its, scene.way(), Talk())
    assert scene.changes() == []


def test_a_plan_that_is_too_old_is_not_rehearsed(scene: Scene) -> None:
    scene.stand.clock.at += 3 * 86_400
    with pytest.raises(StaleError, match="export and plan again"):
        rehearsed(scene, WORKER)


def test_a_plan_that_somebody_edited_is_not_rehearsed(scene: Scene) -> None:
    its = given(scene, WORKER)
    file = folder_of(Which(str(scene.place), WORKER)) / "plan.json"
    file.write_text(file.read_text().replace("Freeze the deployments", "Skip the deployments"))
    with pytest.raises(PlanError, match="plan again"):
        cutover.rehearse(Which(str(scene.place), WORKER), its, scene.way(), Talk())
