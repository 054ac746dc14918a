"""report.json of a run: a function of plan, journal and papers, which says of each claim where it is from."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.redacted import REDACTED
from ecs2k8s.cutover.approvals import approve, keep_approval
from ecs2k8s.cutover.evidence.bundle import bundle, verify
from ecs2k8s.cutover.evidence.checked import last
from ecs2k8s.cutover.evidence.papers import Papers
from ecs2k8s.cutover.evidence.report import report
from ecs2k8s.cutover.folder import plan_of
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.read import read
from ecs2k8s.cutover.plan import dump
from ecs2k8s.cutover.verdicts import Result
from tests.cutover_world import RULE, Quick
from tests.hostile import HOSTILE
from tests.journals import StillClock
from tests.test_machine_forms import hold
from tests.told_runs import ANN, KINDS, completed, drilled, hostile, not_back, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Made = Callable[[str], Path]

FORMS = {"result.json": "check-results", "query.json": "check-queries", "rollback-drill.json": "rollback-drill"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_json_of_a_run_has_a_schema(made: Made, kind: str) -> None:
    holds(made(kind))


def test_every_json_of_a_run_of_hostile_text_has_a_schema(tmp_path: Path) -> None:
    hostile(tmp_path / "run", HOSTILE)
    holds(tmp_path / "run")


def holds(folder: Path) -> None:
    hold("cutover-report", json.loads((folder / "report.json").read_bytes()))
    for file in (*folder.rglob("checks/*/*.json"), *folder.glob("rollback-drill.json")):
        hold(FORMS[file.name], json.loads(file.read_bytes()))
    for file in (*folder.glob("before/*"), *folder.glob("after/*")):
        hold("run-object", json.loads(file.read_bytes()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_that_the_report_names_lies_in_the_folder(made: Made, kind: str) -> None:
    folder = made(kind)
    named = {
        value for key, value in leaves(json.loads((folder / "report.json").read_bytes())) if key in NAMING and value
    }
    assert {path for path in named if not (folder / path).is_file()} == set()
    lying = {
        str(file.relative_to(folder)) for top in ("before", "after", "checks") for file in folder.rglob(f"{top}/**/*")
    }
    assert {path for path in lying if path.endswith(("result.json", "before.json")) or "/elb" in path} <= named


NAMING = ("file", "before", "after")


def leaves(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        for name, child in value.items():
            yield from leaves(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, key)
    else:
        yield key, value


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_made_of_plan_and_journal_is_made_again_to_the_byte_elsewhere(
    made: Made, tmp_path: Path, kind: str
) -> None:
    folder = made(kind)
    there = tmp_path / "there"
    there.mkdir()
    for name in ("plan.json", "journal.jsonl", "env.json"):
        shutil.copy(folder / name, there / name)
    bundle(there)
    files = {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert {file.relative_to(there): file.read_bytes() for file in there.rglob("*") if file.is_file()} == files
    assert verify(there).problems == ()


def test_a_run_says_which_share_eks_had_from_when_on(made: Made) -> None:
    its = told(made("triggered"))
    assert [(each["told"], each["way"]) for each in its["weights"]] == [
        *(("0 %", "forth"), ("1 %", "forth"), ("0 %", "forth"), ("1 %", "forth"), ("25 %", "forth"), ("0 %", "back")),
    ]
    assert all(read(made("triggered")).lines[each["line"] - 1].ev == "verified" for each in its["weights"])


def test_a_way_back_says_why_and_how_long_and_by_how_many_calls(made: Made) -> None:
    its = told(made("triggered"))
    (back,) = its["ways_back"]
    assert (back["what"], back["reason"], back["outcome"], back["calls"]) == (
        "rollback",
        "T02: T02 says fail",
        "rolled_back",
        1,
    )
    assert (back["seconds"], back["seen_back_after"]) == (60.0, 0.0), "one call, then the hold of a minute"
    assert its["stops"][-1]["what"] == "rollback"
    assert its["by_hand"] == []


def test_a_way_back_that_failed_says_what_to_type(made: Made) -> None:
    its = told(made("not_back"))
    assert (its["state"], its["ways_back"][-1]["outcome"]) == ("rollback_failed", "rollback_failed")
    (command,) = its["by_hand"]
    assert command.startswith("aws elbv2 modify-rule")
    assert its["calls"][-1]["outcome"] == "refused"


def test_the_drill_has_its_time_and_its_call(made: Made) -> None:
    its = told(made("completed"))["drill"]
    assert (its["there"], its["back"], its["done"], its["calls"]) == (["1 %"], ["0 %"], True, 1)


def test_a_conflict_has_its_three_columns(made: Made) -> None:
    its = told(made("conflict"))
    (met,) = its["conflicts"]
    assert met["id"] == RULE.id
    assert met["leaves"][-1] == {"path": "Priority", "plan": '"10"', "verified": '"10"', "now": '"77"'}
    after = next(each for each in its["objects"] if each["id"] == RULE.id)["after"]
    assert json.loads((made("conflict") / after).read_bytes())["state"]["Priority"] == "77"


def test_calls_have_their_operation_and_request(made: Made) -> None:
    calls = told(made("completed"))["calls"]
    assert [each["operation"] for each in calls] == ["elbv2.CreateTargetGroup", *["elbv2.ModifyRule"] * 6]
    assert {each["outcome"] for each in calls} == {"answered"}
    assert [each["request_id"] for each in calls] == [f"request-{number}" for number in range(1, 8)]
    assert all(each["as_planned"] for each in calls)


def test_what_a_person_typed_is_no_call_of_ours(made: Made) -> None:
    assert {each["outcome"] for each in told(made("guided"))["calls"]} == {"by a person"}


def test_a_worker_moves_without_weights(made: Made) -> None:
    its = told(made("worker"))
    assert (its["weights"], its["drill"], its["state"]) == ([], None, "completed")
    assert {each["kind"] for each in its["objects"]} >= {"ecs.service", "kubernetes.scale"}


def test_a_waived_check_is_waived_in_every_form(tmp_path: Path) -> None:
    """Also where it was judged before the waiver was given, and not where the waiver was over."""
    completed(tmp_path)
    with Journal.open(tmp_path, StillClock(), disk=Quick()) as journal:
        for ident in ("T03", "T07"):
            journal.append(
                say.Verdict(step="drill", check=Result(id=ident, subject="shop/web", verdict="error", text="x"))
            )
        for ident, until in (("T03", "2026-11-27T10:00:00Z"), ("T07", "2026-11-25T10:00:00Z")):
            said = {"subject": "", "reason": "CHG-1", "owner": "ann", "expires": until}
            journal.append(say.Waiver(check=ident, **said))
            journal.append(say.Waiver(check=ident, **said))
    bundle(tmp_path)
    its = {each["id"]: (each["verdict"], each["judged"]) for each in told(tmp_path)["checks"]}
    assert (its["T03"], its["T07"]) == (("waived", "error"), ("error", "error"))
    assert [each["check"] for each in told(tmp_path)["waivers"]] == ["T03", "T07"]
    assert "T03 waived" in (tmp_path / "timeline.md").read_text()
    assert "waived by ann until 2026-11-27T10:00:00Z: CHG-1. It was error: x" in (tmp_path / "junit.xml").read_text()
    assert json.loads((tmp_path / "checks/T03/result.json").read_bytes())["results"][-1]["waived_by"] == "ann"


def test_an_invariant_is_waived_by_nothing_that_stands_in_a_journal(tmp_path: Path) -> None:
    completed(tmp_path)
    with Journal.open(tmp_path, StillClock(), disk=Quick()) as journal:
        journal.append(say.Verdict(step="drill", check=Result(id="T13", subject="shop/web", verdict="fail")))
        journal.append(say.Waiver(check="T13", subject="", reason="x", owner="x", expires="2099-11-27T10:00:00Z"))
    assert last(read(tmp_path).lines)[-1].verdict == "fail"


def test_an_approval_is_tied_to_its_file_and_a_phase_that_nobody_opened_is_named(tmp_path: Path) -> None:
    completed(tmp_path)
    plan = plan_of(tmp_path)
    kept = keep_approval(tmp_path, approve(plan, "P6", ANN, 1_795_687_200, text="CHG-1"))
    with Journal.open(tmp_path, StillClock(), disk=Quick()) as journal:
        journal.append(say.Approval(phase="P6", who=ANN, when="2026-11-26T10:00:00Z", text="CHG-1"))
    its = told(tmp_path)["approvals"]
    assert [(each["phase"], each["who"], each["file"]) for each in its] == [
        ("P6", ANN, f"approvals/{kept.name}"),
        ("P8", "", ""),
    ]


def test_papers_that_opened_and_waived_nothing_are_listed_also_where_nobody_can_read_them(tmp_path: Path) -> None:
    completed(tmp_path)
    (tmp_path / "approvals").mkdir()
    (tmp_path / "approvals" / "P6 x.json").write_text("{")
    (tmp_path / "waivers.json").write_text("{")
    bundle(tmp_path)
    its = told(tmp_path)
    assert (its["approvals_unused"], its["waivers_given"], its["waivers"]) == (["approvals/P6 x.json"], None, [])
    assert '<a href="./approvals/P6%20x.json">' in (tmp_path / "report.html").read_text()
    assert verify(tmp_path).problems == ()


@pytest.mark.parametrize("time", [1e300, -1e300, 253_402_300_799.0, 1e12])
def test_a_clock_that_is_far_off_is_told_in_words(tmp_path: Path, time: float) -> None:
    completed(tmp_path)
    with Journal.open(tmp_path, StillClock(time), disk=Quick()) as journal:
        journal.append(say.Note(text="x"))
    bundle(tmp_path)
    assert verify(tmp_path).problems == ()


def test_secrets_are_masked_also_where_only_the_plan_has_them(tmp_path: Path) -> None:
    its = drilled()
    secret = "hG7kQ2pLx9Zt4Wb8Vn3M"
    text = dump(its).decode().replace("aws elbv2 modify-rule", f"API_TOKEN={secret} aws elbv2 modify-rule")
    tmp_path.joinpath("run").mkdir()
    not_back(tmp_path / "run")
    lines = read(tmp_path / "run").lines
    (tmp_path / "plan.json").write_text(text)
    found = report(plan_of(tmp_path), lines, Papers())
    assert secret not in json.dumps(found)
    assert REDACTED in found["by_hand"][0]


def test_samples_hold_nothing_that_a_table_computes(tmp_path: Path) -> None:
    completed(tmp_path)
    values: tuple[Any, ...] = ("=1+1", "@x", "-2", -2.5, " +1", {"a": 1}, None, "a\nb")
    with Journal.open(tmp_path, StillClock(), disk=Quick()) as journal:
        for value in values:
            journal.append(say.Verdict(step="drill", check=Result(id="T03", subject="s", verdict="pass", value=value)))
    bundle(tmp_path)
    rows = (tmp_path / "checks/T03/samples.csv").read_text().splitlines()[1:]
    assert [row.split(",")[5] for row in rows] == ["'=1+1", "'@x", "'-2", "-2.5", "' +1", '"{""a"": 1}"', "", "a\\nb"]


def test_a_name_chooses_no_path(tmp_path: Path) -> None:
    hostile(tmp_path / "run", "../../x/" + HOSTILE)
    found = {file.relative_to(tmp_path).parts[0] for file in tmp_path.rglob("*")}
    assert found == {"run"}
    (before,) = (tmp_path / "run/before").iterdir()
    assert before.name.startswith("elbv2.rule-")
