"""`ecs2k8s diff plan` as a whole: files, directories, exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli import diff_plan, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.core.errors import PlanError, UsageError
from tests.estates import ROOT
from tests.plans import plan
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = View(DiffFormat.json, differences_exit=2)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("plans") / "out"
    assert export.run(export.Request(str(place), (str(ROOT / "samples" / "three-tier"),)), Talk(0)) == 0
    (place / "cutover" / "shop-frontend").mkdir(parents=True)
    (place / "cutover" / "shop-frontend" / "plan.json").write_text(json.dumps(plan()))
    return place


@pytest.fixture
def other(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "other"))


def compared(before: Path, after: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = diff_plan.run(str(before), str(after), JSON)
    return code, json.loads(capsys.readouterr().out)


def edit(file: Path, change: Callable[[Any], Any]) -> None:
    found = json.loads(file.read_text())
    change(found)
    file.write_text(json.dumps(found))


def test_the_same_plans_are_0(exported: Path, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = compared(exported, other, capsys)
    assert (code, found["changes"]) == (0, [])


def test_plans_of_directories_are_matched_by_unit(
    exported: Path, other: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(other / "cutover" / "waves.json", lambda found: found["waves"][0]["units"][0].update(owners=["web"]))
    edit(other / "cutover" / "shop-frontend" / "plan.json", lambda found: found.update(design="B"))
    new = other / "cutover" / "shop-backend"
    new.mkdir()
    (new / "plan.json").write_text(json.dumps(plan()))
    code, found = compared(exported, other, capsys)
    assert code == 2
    assert [(change["subject"], change["action"]) for change in found["changes"]] == [
        ("cutover/waves.json", "update"),
        ("cutover/shop-backend/plan.json", "create"),
        ("cutover/shop-frontend/plan.json", "update"),
    ]


def test_two_files_are_compared(exported: Path, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path("cutover") / "shop-frontend" / "plan.json"
    edit(other / file, lambda found: found.update(expiry="never"))
    code, found = compared(exported / file, other / file, capsys)
    assert (code, [row["path"] for change in found["changes"] for row in change["rows"]]) == (2, ["expiry"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": "ecs2k8s/plan/v9"}', r"format 'ecs2k8s/plan/v9' is none of ecs2k8s/waves/v1, ecs2k8s/plan/v1"),
        ('{"steps": []}', "has no `format`"),
        ("[]", "is no plan"),
        ("{", "truncated"),
        ('{"format": NaN}', "malformed"),
        ("[" * 100_000, "x"),
    ],
)
def test_what_is_no_plan_is_said_in_one_line(text: str, said: str, other: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.json"
    file.write_text(text)
    with pytest.raises(PlanError) as raised:
        diff_plan.run(str(file), str(other / "cutover" / "waves.json"), JSON)
    assert str(raised.value).startswith(f"{file}: ")
    assert "\n" not in str(raised.value)
    if said != "x":
        assert raised.match(said)


def test_plans_of_two_formats_a_file_and_a_directory_and_nothing_are_refused(other: Path, tmp_path: Path) -> None:
    waves, unit = other / "cutover" / "waves.json", other / "cutover" / "shop-frontend" / "plan.json"
    with pytest.raises(PlanError, match="name two of one format"):
        diff_plan.run(str(waves), str(unit), JSON)
    with pytest.raises(UsageError, match="two plan files, or two migration directories"):
        diff_plan.run(str(other), str(unit), JSON)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PlanError, match="holds no plan"):
        diff_plan.run(str(tmp_path / "empty"), str(other), JSON)


def test_the_command_has_its_exit_codes(other: Path, exported: Path) -> None:
    edit(other / "cutover" / "waves.json", lambda found: found["waves"][0]["units"][0].update(owners=["web"]))
    done = ecs2k8s("diff", "plan", str(exported), str(other), "--detailed-exitcode")
    assert done.returncode == 2, done.stderr
    assert b"owners" in done.stdout
    done = ecs2k8s("diff", "plan", "/nowhere", str(other / "cutover" / "waves.json"))
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
