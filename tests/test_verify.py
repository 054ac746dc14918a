"""`ecs2k8s verify`: verdicts, exit codes and forms, on directories as people have them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from ecs2k8s.cli import app, export, plan, verify
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.options import VerifyFormat
from ecs2k8s.cli.verify_live import Living, living
from ecs2k8s.cli.verify_probes import Probing
from ecs2k8s.collect.login import Login
from ecs2k8s.core.errors import OutputError, UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.cutover.probes.cases import FORMAT
from ecs2k8s.cutover.probes.running import Pace
from ecs2k8s.cutover.verdicts import Result
from ecs2k8s.cutover.verify_forms import junit
from tests.answering import serving
from tests.estates import ROOT
from tests.replayed import REGION, prepared
from tests.standing import of_sample, stand
from tests.test_machine_forms import hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.core.documents import Document
    from tests.standing import Stand

QUIET = Talk(0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("verify") / "shop"
    export.run(export.Request(str(place), (str(ROOT / "samples" / "three-tier"),)), QUIET)
    return place


@pytest.fixture
def shop(exported: Path, tmp_path: Path) -> Path:
    """A directory that a test may edit."""
    import shutil

    return Path(shutil.copytree(exported, tmp_path / "shop"))


def found(place: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, dict[str, Any]]:
    code = verify.run(verify.Request(str(place), form=VerifyFormat.json, **options), QUIET)
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, value


def verdict(value: dict[str, Any], ident: str, subject: str) -> str:
    found = [each for each in value["results"] if (each["id"], each["subject"]) == (ident, subject)]
    return str(found[0]["verdict"])


def test_verdicts_are_json_by_its_schema_and_the_file_is_the_same(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, value = found(exported, capsys)
    hold("verify", value)
    assert value == json.loads((exported / "report" / "verify.json").read_bytes())
    assert code == ExitCode.FAILED  # a scheduled task by tag
    assert value["totals"]["pass"] > value["totals"]["fail"] > 0
    assert {"S31", "L06", "T13"} <= set(value["not_asked"])


def test_a_unit_is_looked_at_alone(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, value = found(exported, capsys, unit="shop/worker")
    assert {each["subject"] for each in value["results"]} == {"shop/worker", "shared"}
    with pytest.raises(UsageError, match="--unit nothing: is none of "):
        verify.run(verify.Request(str(exported), "nothing"), QUIET)


def edit(place: Path, file: str, change: Callable[[str], str]) -> None:
    path = place / file
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before


def test_an_edit_of_the_grace_period_is_judged(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = "manifests/shop/frontend/deployment.yaml"
    edit(
        shop,
        file,
        lambda text: re.sub(r"terminationGracePeriodSeconds: \d{2,}", "terminationGracePeriodSeconds: 5", text),
    )
    _, value = found(shop, capsys)
    assert verdict(value, "S14", "shop/frontend") == "fail"
    assert verdict(value, "S14", "shop/backend") == "pass"
    assert verdict(value, "S30", "shared") == "pass"  # what the export wrote is what it would write


def test_another_choice_than_the_export_had_fails_determinism(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(shop, "target.yaml", lambda text: re.sub(r"(?m)^#? ?harden:.*$", "harden: true", text))
    _, value = found(shop, capsys)
    assert verdict(value, "S30", "shared") == "fail"


def test_junit_shows_nothing_green_that_is_not_known(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verify.run(verify.Request(str(exported), form=VerifyFormat.junit), QUIET)
    root = ET.fromstring(capsys.readouterr().out)
    value = json.loads((exported / "report" / "verify.json").read_bytes())
    cases = {(each.get("classname"), str(each.get("name"))[:3]): each for each in root.iter("testcase")}
    for result in value["results"]:
        tags = [child.tag for child in cases[result["subject"], result["id"]]]
        expected = {"pass": [], "fail": ["failure"], "inconclusive": ["error"], "not_applicable": ["skipped"]}
        assert tags == expected[result["verdict"]]
    assert all(cases["not asked", ident][0].tag == "skipped" for ident in value["not_asked"])
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite)


def test_foreign_text_is_no_markup_and_no_control_in_junit() -> None:
    bad = 'a"<b>&\x1b[31m\x00\ufffe\u202e]]>'
    root = ET.fromstring(junit([Result("S01", bad, "fail", bad, lines=(bad,))], []))
    case = next(root.iter("testcase"))
    assert "\x1b" not in ET.tostring(root, "unicode")
    assert str(case.get("classname")).startswith('a"<b>&\\u001b[31m')
    assert not case.findall(".//b")


VERDICTS = [
    (["pass"], ExitCode.CLEAN),
    (["pass", "inconclusive"], ExitCode.PARTIAL),
    (["error"], ExitCode.PARTIAL),
    (["inconclusive", "fail"], ExitCode.FAILED),
    (["waived", "not_applicable"], ExitCode.CLEAN),
]


@pytest.mark.parametrize(("verdicts", "code"), VERDICTS)
def test_the_exit_code_is_that_of_the_worst_blocker(verdicts: list[Any], code: int) -> None:
    assert verify.exit_code([Result("S01", "x", each) for each in verdicts]) == code


def test_a_warning_decides_no_exit_code() -> None:
    assert verify.exit_code([Result("S12", "x", "fail"), Result("S36", "x", "inconclusive")]) == ExitCode.CLEAN


def test_a_waiver_says_who_and_why_and_what_it_was(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "waivers.json"
    waiver = {"check": "S02", "subject": "shop/shop-close-day", "reason": "pinned in CI", "owner": "ann"}
    its = {"format": "ecs2k8s/waivers/v1", "waivers": [waiver | {"expires": "2999-01-01T00:00:00Z"}]}
    file.write_text(json.dumps(its))
    code, value = found(exported, capsys, waivers=str(file))
    hold("verify", value)
    result = next(each for each in value["results"] if each["id"] == "S02" and each["verdict"] == "waived")
    assert result["text"].startswith("waived by ann until 2999-01-01: pinned in CI. It was fail: ")
    assert (code, value["totals"]["waived"]) == (ExitCode.PARTIAL, 1)


def test_probes_are_sent_and_what_ecs_does_by_itself_is_proposed(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as (ecs, eks, _):
        cases = [{"path": f"/{name}"} for name in ("same", "time-stamp", "value-changed")]
        its = {
            "format": FORMAT,
            "base": "http://shop.test",
            "cases": cases,
            "ecs": {"connect": ecs},
            "eks": {"connect": eks},
        }
        (tmp_path / "probes.json").write_text(json.dumps(its))
        rules = tmp_path / "rules.yaml"
        probing = Probing(str(tmp_path / "probes.json"), learn=str(rules), pace=Pace(6, 1_000), seed=1)
        _, value = found(exported, capsys, probing=probing, unit="shop/backend")
    hold("verify", value)
    parity = next(each for each in value["results"] if each["id"] == "L09")
    assert (parity["subject"], parity["verdict"], len(parity["lines"])) == ("shop/backend", "fail", 1)
    assert parity["lines"][0].startswith(
        "GET /value-changed: json.price: number on ECS, whole number on EKS, in 6 of 6"
    )
    assert verdict(value, "L12", "shop/backend") == "inconclusive"
    assert "json.at" in rules.read_text()
    with pytest.raises(UsageError, match="is there already"):
        verify.run(verify.Request(str(exported), probing=probing), QUIET)


def test_options_of_probes_without_cases_are_refused(exported: Path) -> None:
    with pytest.raises(UsageError, match="--probes"):
        verify.run(verify.Request(str(exported), probing=Probing(learn="rules.yaml")), QUIET)


@pytest.fixture(scope="module")
def planned(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Document]]:
    """With a plan of the frontend, and the account that it was made of, with a cluster to move to."""
    import shutil

    place = Path(shutil.copytree(exported, tmp_path_factory.mktemp("planned") / "shop"))
    plan.run(plan.Request(str(place), unit="shop-frontend"), QUIET)
    return place, list(of_sample("three-tier"))


def lived(
    planned: tuple[Path, list[Document]], capsys: pytest.CaptureFixture[str], change: Any = None
) -> dict[str, str]:
    """The verdicts on the plan of the frontend, by check, of P0 and P6."""
    place, documents = planned
    its = stand(*documents)
    if change:
        change(its)
    reached = Living(("P0", "P6"), Login(regions=(REGION,)), kubeconfig=None)
    request = verify.Request(str(place), "shop-frontend", VerifyFormat.json, living=reached)
    verify.run(request, QUIET, prepared(its.hook))
    value = json.loads(capsys.readouterr().out)
    hold("verify", value)
    return {each["id"]: each["verdict"] for each in value["results"] if each["subject"] == "shop-frontend"}


@pytest.fixture
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


@pytest.mark.usefixtures("no_cluster")
def test_live_checks_ask_the_account_through_real_clients(
    planned: tuple[Path, list[Document]], capsys: pytest.CaptureFixture[str]
) -> None:
    found = lived(planned, capsys)
    assert found["S32"] == "pass"
    assert found["S31"] == "pass"
    assert found["L08"] == "pass"
    assert found["T13"] == "fail"  # nothing is pinned yet
    assert found["L06"] == "error"  # the group of EKS is not made yet
    assert {found[ident] for ident in ("S38", "L02", "T08")} == {"inconclusive"}  # no cluster
    assert {found[ident] for ident in ("T01", "T02", "T04", "T05", "T06")} <= {"error", "inconclusive"}


@pytest.mark.usefixtures("no_cluster")
def test_somebody_elses_change_is_seen_live(
    planned: tuple[Path, list[Document]], capsys: pytest.CaptureFixture[str]
) -> None:
    def change(its: Stand) -> None:
        client = its.client("elbv2")
        plan_file = json.loads((planned[0] / "cutover" / "shop-frontend" / "plan.json").read_bytes())
        place = next(
            each["thing"]["id"]
            for each in plan_file["fingerprints"]
            if each["thing"]["kind"] in {"elbv2.rule", "elbv2.listener"}
        )
        action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
        if ":listener-rule/" in place:
            client.modify_rule(RuleArn=place, Actions=[action])
        else:
            client.modify_listener(ListenerArn=place, DefaultActions=[action])

    found = lived(planned, capsys, change)
    assert (found["S31"], found["L08"], found["T20"]) == ("fail", "fail", "fail")


def test_live_needs_a_plan(exported: Path) -> None:
    with pytest.raises(UsageError, match="has no plan to ask about"):
        verify.run(verify.Request(str(exported), living=Living(("P0",))), QUIET)


def test_options_for_aws_without_live_are_refused() -> None:
    with pytest.raises(UsageError, match="are for --live"):
        living(live=False, phases=["P6"], login=Login())
    assert living(live=True, phases=[], login=Login()).phases == ("P0", "P1")
    assert living(live=True, phases=["P6", "P3"], login=Login()).phases == ("P3", "P6")


def test_what_is_no_migration_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is no migration directory"):
        verify.run(verify.Request(str(tmp_path)), QUIET)


def test_people_read_what_to_do(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verify.run(verify.Request(str(exported)), QUIET)
    text = capsys.readouterr().out
    assert "S02 shop/shop-close-day: The image that runs is the image that will run: fail" in text
    assert "  do: Export while tasks run" in text
    assert re.search(r"^\d+ verdicts: \d+ pass, ", text, re.MULTILINE)


def test_the_command_is_in_the_help() -> None:
    assert "verify" in {command.name for command in app.registered_commands}
