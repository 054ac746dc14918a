"""`ecs2k8s plan` as a whole: the same bytes always, checklists to read, and one clear error for what is in the way."""

from __future__ import annotations

import json
import random
import shlex
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt
from msgspec import structs

from ecs2k8s.cli import diff_plan, export, plan
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.core.errors import BusyError, OutputError, PlanError, SnapshotError, UsageError
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.cutover import folder
from ecs2k8s.cutover.checklist import checklist
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.plan import Plan, Step, dump, load
from ecs2k8s.cutover.planning.schedule import named
from ecs2k8s.cutover.planning.step_texts import texts
from tests.estates import ROOT, SAMPLES, estate
from tests.journals import RUN, StillClock
from tests.planned import ground, ground_of, made, planned, units
from tests.test_cli import ecs2k8s

GOLDEN = ROOT / "tests" / "golden" / "plans"
WHOLE = ("shop-backend", "shop-worker")  # of whose plans the whole is kept, and not the checklist alone
ALL = [(name, unit) for name in SAMPLES for unit in units(ground(name)) if isinstance(made(ground(name), unit), Plan)]
QUIET = Talk(0)


@pytest.mark.parametrize(("name", "unit"), ALL)
def test_the_checklist_is_the_one_that_was_reviewed(name: str, unit: str, update: bool) -> None:
    its = planned(ground(name), unit)
    expected = {GOLDEN / name / f"{unit}.md": checklist(its).replace(its.short, "0123456789ab")}
    expected |= {GOLDEN / name / f"{unit}.json": dump(structs.replace(its, seal="")).decode()} if unit in WHOLE else {}
    for file, text in expected.items():
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        assert file.read_text() == text, f"{file} (see it, then --update)"


@pytest.mark.parametrize(("name", "unit"), ALL)
def test_a_plan_that_is_read_is_the_plan_that_was_written(name: str, unit: str) -> None:
    its = planned(ground(name), unit)
    assert load(dump(its), "plan.json") == its


def test_plans_are_the_same_bytes_whatever_the_order_of_the_documents() -> None:
    snapshot, target = estate("routing")
    documents = list(snapshot.documents)
    random.Random(7).shuffle(documents)
    turned = [replace(document, data=dict(reversed(document.data.items()))) for document in documents]
    other = ground_of(turned, target, snapshot)
    for unit in units(other):
        assert dump(planned(other, unit)) == dump(planned(ground("routing"), unit))


@pytest.mark.parametrize(("name", "unit"), ALL)
def test_every_command_is_words_of_a_shell_and_every_check_is_known(name: str, unit: str) -> None:
    steps = planned(ground(name), unit).steps
    for text in {text for step in steps for text in (*commands(step), *step.commands, *step.undo)}:
        assert shlex.split(text)
    assert {check for step in steps for check in (*step.before, *step.checks)} <= known().keys()


def commands(step: Step) -> list[str]:
    return [move.command for move in (*step.moves, *step.back)]


@cache
def known() -> dict[str, Any]:
    return dict(load_yaml("checks.yaml"))


def test_every_row_of_the_steps_is_used() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "ecs2k8s/cutover/planning").glob("*.py"))
    assert [row for row in texts() if f'"{row}"' not in source] == []


def test_no_value_of_an_environment_is_in_a_plan() -> None:
    for name, unit in ALL:
        data = dump(planned(ground(name), unit)).decode()
        values = {
            str(variable["value"])
            for document in estate(name)[0].of("ecs.TaskDefinition")
            for container in document.data["containerDefinitions"]
            for variable in container.get("environment", [])
        }
        assert not [value for value in values if len(value) > 12 and value in data]


def test_foreign_text_is_no_markup_in_a_checklist() -> None:
    its = planned(ground("three-tier"), "shop-backend")
    evil = "<script>alert(1)</script> [x](javascript:1) \u202e| `"
    step = msgspec.structs.replace(its.steps[0], title=evil, owner=evil, commands=(evil,))
    text = checklist(msgspec.structs.replace(its, notes=(evil,), steps=(step,)))
    assert "\u202e" not in text
    tokens = [each for token in MarkdownIt("commonmark").parse(text) for each in (token, *(token.children or ()))]
    assert {token.type for token in tokens} & {"html_block", "html_inline", "link_open"} == set()
    code = [token.content for token in tokens if token.type == "code_block"]
    assert any("<script>" in each for each in code)


def test_the_commands_of_a_checklist_are_code() -> None:
    its = planned(ground("three-tier"), "shop-backend")
    code = {line for token in MarkdownIt("commonmark").parse(checklist(its)) if token.type == "code_block"
            for line in token.content.splitlines()}  # fmt: skip
    for step in its.steps:
        for text in (*commands(step), *step.commands, *step.undo):
            assert set(text.splitlines()) <= code


# The command


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("planned") / "out"
    assert export.run(export.Request(str(place), (str(ROOT / "samples" / "three-tier"),)), QUIET) == 0
    return place


@pytest.fixture
def place(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "out"))


def run(place: Path, **more: Any) -> int:
    return plan.run(plan.Request(str(place), **more), QUIET)


def files(place: Path) -> dict[str, bytes]:
    found = (file for file in sorted((place / "cutover").rglob("*")) if file.is_file() and file.name != "waves.json")
    return {str(file.relative_to(place)): file.read_bytes() for file in found}


def test_it_writes_a_plan_and_a_checklist_for_each_unit_and_the_same_bytes_again(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan.run(plan.Request(str(place)), Talk()) == 0
    first = files(place)
    assert len(first) == 8
    assert "shop-backend" in capsys.readouterr().out
    done = ecs2k8s("plan", str(place), "-q", PYTHONHASHSEED="77", LC_ALL="C", TZ="Asia/Tokyo")
    assert (done.returncode, files(place)) == (0, first)
    written = load(first["cutover/shop-backend/plan.json"], "plan.json")
    assert (written.taken, written.expires) != ("", "")
    assert checklist(written).encode() == first["cutover/shop-backend/CHECKLIST.md"]


def test_one_unit_or_one_wave_is_planned(place: Path) -> None:
    assert run(place, unit="shop-backend") == 0
    assert files(place).keys() == {"cutover/shop-backend/plan.json", "cutover/shop-backend/CHECKLIST.md"}
    assert run(place, wave=2) == 0
    assert "cutover/shop-frontend/plan.json" in files(place)
    with pytest.raises(UsageError, match=r"--unit nope: there is none; .*shop-backend \(3\)"):
        run(place, unit="nope")


def test_a_refused_unit_has_no_file_and_the_others_have_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "out"
    export.run(export.Request(str(place), (str(ROOT / "samples" / "microservices"),)), QUIET)
    capsys.readouterr()
    assert run(place, as_json=True) == 3
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert {each["unit"] for each in found["refused"]} == {"market-payment", "market-report"}
    assert {each["unit"] for each in found["plans"]} >= {"market-auth", "market-notification"}
    assert not (place / "cutover" / "market-payment").exists()
    assert "market-payment: no plan: ECS writes the weights" in said.err


def test_two_schedules_are_two_plans_whose_difference_is_told(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(place, unit="shop-backend")
    before = shutil.copy(place / "cutover/shop-backend/plan.json", tmp_path / "before.json")
    run(place, unit="shop-backend", schedule="fast")
    capsys.readouterr()
    view = View(DiffFormat.json, differences_exit=2)
    assert diff_plan.run(str(before), str(place / "cutover/shop-backend/plan.json"), view) == 2
    (changed,) = json.loads(capsys.readouterr().out)["changes"]
    risks = {row["path"]: row["risk"] for row in changed["rows"]}
    assert risks["schedule"] == "traffic"
    assert risks["steps[id=bake-5].wait.requests"] == "traffic"
    assert risks["steps[id=bake-5].minutes"] == "metadata"
    assert [stage.share for stage in named("fast").stages] == [5, 25, 50, 100]


def test_an_edited_file_is_applied_as_it_lies_and_a_binding_must_not_be(place: Path) -> None:
    run(place, unit="shop-backend")
    before = load(files(place)["cutover/shop-backend/plan.json"], "plan.json")
    file = place / "manifests/shop/backend/deployment.yaml"
    file.write_text(file.read_text().replace("replicas: 2", "replicas: 3", 1))
    assert run(place, unit="shop-backend") == 0
    after = load(files(place)["cutover/shop-backend/plan.json"], "plan.json")
    assert before.step("workloads").moves[0].wanted != after.step("workloads").moves[0].wanted
    assert any("Edited since the export: 1 files" in note for note in after.notes)
    binding = place / "traffic/target-group-binding/shop/shop-backend.yaml"
    binding.write_text(binding.read_text().replace("shop-backend-eks", "shop-backend"))
    assert run(place, unit="shop-backend") == 3


def without_a_file(place: Path) -> None:
    (place / "manifests/shop/backend/service.yaml").unlink()


def with_another_target(place: Path) -> None:
    (place / "target.yaml").write_text("secrets: csi-driver\n")


def without_ledger(place: Path) -> None:
    (place / "report/ledger.json").unlink()


def with_a_broken_snapshot(place: Path) -> None:
    (place / "snapshot.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (without_a_file, OutputError, "interrupted export, run it again"),
        (with_another_target, OutputError, "an export would write it otherwise now"),
        (without_ledger, OutputError, "interrupted export, run it again"),
        (with_a_broken_snapshot, SnapshotError, "snapshot.json"),
    ],
)
def test_a_directory_that_does_not_fit_is_one_clear_error(place: Path, spoil: Any, error: Any, said: str) -> None:
    spoil(place)
    with pytest.raises(error, match=said):
        run(place)


def test_a_directory_that_is_none_and_a_schedule_that_is_none_are_told(place: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such directory"):
        run(tmp_path / "nothing")
    with pytest.raises(PlanError, match="--schedule slow"):
        run(place, schedule="slow")
    with pytest.raises(UsageError, match="one purpose"):
        plan.purpose_of(decommission=True, remove=True)


def test_a_plan_that_a_run_carries_out_is_not_replaced_by_another_one(place: Path) -> None:
    run(place, unit="shop-backend")
    unit = place / "cutover" / "shop-backend"
    its = load((unit / "plan.json").read_bytes(), "plan.json")
    Journal.create(folder.begin(unit, its, RUN), its, RUN, StillClock(), mode="guided", who="ann").close()
    assert run(place, unit="shop-backend") == 0
    with pytest.raises(BusyError, match=f"run {RUN} carries it out"):
        run(place, unit="shop-backend", schedule="fast")
    assert load((unit / "plan.json").read_bytes(), "plan.json") == its


def test_plans_of_the_end_and_of_the_removal_lie_beside_the_plan(place: Path) -> None:
    assert run(place, unit="shop-backend", purpose="remove") == 0
    assert run(place, unit="shop-backend", purpose="decommission") == 3
    assert files(place).keys() == {
        "cutover/shop-backend/removal/plan.json",
        "cutover/shop-backend/removal/CHECKLIST.md",
    }
