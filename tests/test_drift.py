"""`ecs2k8s diff drift` as a whole: an export, a world that moves on, and what is said of it."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli import diff_drift, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.collect import files, login
from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.core.documents import Document, Snapshot, dump
from ecs2k8s.core.errors import UsageError, WrongAccountError
from ecs2k8s.replay.faults import refuse
from ecs2k8s.replay.server import listening
from tests.estates import ROOT
from tests.replayed import REGION, hook_of, prepared
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.replay.hook import Hook, Request

ECS = "arn:aws:ecs:eu-west-1:111122223333"
BACKEND, FRONTEND = f"{ECS}:service/shop/backend", f"{ECS}:service/shop/frontend"
OLD, NEW = f"{ECS}:task-definition/shop-backend:117", f"{ECS}:task-definition/shop-backend:118"
DATABASE = "security-group/sg-0a1b2c3d4e5f60004"
CANARY = "Zq7tRw2xKm9pLb4v"
JSON = View(DiffFormat.json)
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-key", "AWS_SESSION_TOKEN": "not-a-token"}
Documents = tuple[Document, ...]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the rates that AWS documents: test_pace.py is about them."""
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)


@pytest.fixture(scope="module")
def shop() -> Documents:
    """What a live export keeps of the sample, so that a second look finds the same."""
    return files.read([str(ROOT / "samples" / "three-tier")]).documents


@pytest.fixture(scope="module")
def exported(shop: Documents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a live export."""
    place = tmp_path_factory.mktemp("drift") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pacer, "wait", lambda *_: None)
        request = export.Request(str(place), login=login.Login(regions=(REGION,)))
        assert export.run(request, Talk(0), prepared(hook_of(shop))) == 0
    return place


@pytest.fixture
def place(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "out"))


@pytest.fixture(scope="module")
def later(shop: Documents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of the world after it moved."""
    file = tmp_path_factory.mktemp("later") / "later.json"
    file.write_bytes(dump(Snapshot(moved(shop))))
    return file


def moved(documents: Iterable[Document], **changes: Any) -> Documents:
    """The world after a deployment, a new rule of a group, another priority and one more task."""
    found = {(each.shape, each.id): copy.deepcopy(each) for each in documents}
    definition = found.pop(("ecs.TaskDefinition", OLD))
    definition.data.update(taskDefinitionArn=NEW, revision=118)
    app = definition.data["containerDefinitions"][1]
    app["image"] += "-hotfix"
    app["environment"].append({"name": "API_PASSWORD", "value": CANARY})
    image = next(each for key, each in found.items() if key[0] == "ecr.ImageDetail" and "backend" in key[1])
    image.data["imageTags"].append(app["image"].rpartition(":")[2])
    found["ecs.TaskDefinition", NEW] = Document("ecs.TaskDefinition", NEW, definition.data)
    found["ecs.Service", BACKEND].data.update(taskDefinition=NEW, **changes)
    found["ecs.Service", FRONTEND].data["desiredCount"] += 1
    rule = next(each for key, each in found.items() if key[0] == "elbv2.Rule" and each.data["Priority"] != "default")
    rule.data["Priority"] = "77"
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    found["ec2.SecurityGroup", DATABASE].data.setdefault("IpPermissions", []).append(ssh)
    return tuple(found.values())


def looked(place: Path, hook: Hook, capsys: pytest.CaptureFixture[str], **choices: Any) -> tuple[int, dict[str, Any]]:
    """The exit code of `diff drift`, and the JSON."""
    capsys.readouterr()
    choices = {"view": JSON, "login": login.Login(regions=(REGION,)), **choices}
    code = diff_drift.run(diff_drift.Request(str(place), **choices), Talk(0), prepared(hook))
    return code, json.loads(capsys.readouterr().out)


def against(place: Path, other: Path, capsys: pytest.CaptureFixture[str], **choices: Any) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = diff_drift.run(diff_drift.Request(str(place), against=str(other), view=JSON, **choices), Talk(0))
    return code, json.loads(capsys.readouterr().out)


def tree(place: Path) -> dict[str, bytes]:
    return {str(each.relative_to(place)): each.read_bytes() for each in sorted(place.rglob("*")) if each.is_file()}


def loud(found: dict[str, Any]) -> dict[str, list[str]]:
    """The unexplained rows by the end of their subject."""
    rows = {
        change["subject"].rpartition(":")[2]: [row["path"] for row in change["rows"] if not row["cause"]]
        for change in found["changes"]
    }
    return {subject: sorted(paths) for subject, paths in rows.items() if paths}


def test_nothing_moved_nothing_is_written_and_nothing_else_is_asked(
    place: Path, shop: Documents, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")  # the directory's own counts
    before, hook = tree(place), hook_of(shop)
    code, found = looked(place, hook, capsys, login=login.Login(), view=replace(JSON, differences_exit=2))
    assert (code, found["changes"], found["undecided"]) == (0, [], [])
    assert tree(place) == before
    asked = {request.call for request in hook.calls}
    assert asked <= set(calls())
    assert "ecs.DescribeTaskDefinition" not in asked  # all are known
    assert {request.region for request in hook.calls if request.call.startswith("ecs.")} == {REGION}


def test_exactly_what_moved_is_said(place: Path, shop: Documents, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(place)
    hook = hook_of(moved(shop))
    code, found = looked(place, hook, capsys, view=replace(JSON, differences_exit=2))
    assert (code, found["undecided"]) == (2, [])
    said = loud(found)
    rule = next(subject for subject in said if subject.startswith("listener-rule"))
    app = "taskDefinition.containerDefinitions[name=backend]"
    assert said == {
        "service/shop/backend": [
            "taskDefinition",
            f"{app}.environment[name=API_PASSWORD].name",
            f"{app}.environment[name=API_PASSWORD].value",
            f"{app}.image",
        ],
        rule: ["Priority"],
        DATABASE: said[DATABASE],
    }
    assert len(said[DATABASE]) == 4
    assert [row["cause"] for change in found["changes"] for row in change["rows"] if row["path"] == "desiredCount"] == [
        "scaled-within-bounds"
    ]
    assert CANARY not in json.dumps(found)
    assert tree(place) == before


def test_it_says_what_the_next_export_changes(place: Path, later: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = against(place, later, capsys)
    (service,) = [change for change in found["changes"] if change["subject"] == BACKEND]
    assert service["workload"] == "shop/backend"
    assert service["said"] == ["the next export changes Deployment/shop/backend"]
    assert found["said"] == ["the next export changes Deployment/shop/backend"]


def test_a_permission_that_was_taken_away_is_undecided(
    place: Path, shop: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = hook_of(shop, refuse("denied", "elbv2.DescribeRules"))
    view = replace(JSON, differences_exit=2)
    code, found = looked(place, hook, capsys, view=view)
    assert code == 5
    assert loud(found) == {}
    assert any("elasticloadbalancing:DescribeRules" in text for text in found["undecided"]) or found["undecided"]
    assert any(text.startswith("elbv2.Rule: not all was read now") for text in found["undecided"])


def test_another_account_is_the_wrong_one(place: Path, shop: Documents) -> None:
    hook = hook_of(shop)
    other = place / "snapshot.json"
    other.write_text(other.read_text().replace("111122223333", "444455556666"))
    request = diff_drift.Request(str(place), login=login.Login(regions=(REGION,)))
    with pytest.raises(WrongAccountError, match="is of account 444455556666, and the login reaches 111122223333"):
        diff_drift.run(request, Talk(0), prepared(hook))


def test_a_region_that_is_not_the_directory_s_is_the_wrong_one(place: Path, shop: Documents) -> None:
    request = diff_drift.Request(str(place), login=login.Login(regions=("us-east-1",)))
    with pytest.raises(WrongAccountError, match="is of eu-west-1, which --region does not name"):
        diff_drift.run(request, Talk(0), prepared(hook_of(shop)))


@pytest.mark.parametrize(("mine", "its"), [("111122223333", "444455556666"), ("eu-west-1", "eu-west-3")])
def test_a_snapshot_of_another_account_or_region_is_the_wrong_one(
    mine: str, its: str, place: Path, later: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = later.parent / f"{its}.json"
    other.write_text(later.read_text().replace(mine, its))
    with pytest.raises(WrongAccountError, match=f"is of account 111122223333 in eu-west-1, and {other} of .*{its}"):
        against(place, other, capsys)


def test_files_that_name_no_account_are_of_any(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = {"family": "web", "containerDefinitions": [{"name": "app", "image": "nginx:1.27", "memory": 64}]}
    (tmp_path / "web.json").write_text(json.dumps(bare))
    assert against(place, tmp_path / "web.json", capsys)[0] == 5


def test_one_directory_of_several_against_another_account_is_undecided(
    shop: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = export.Request(str(tmp_path / "all"), login=login.Login(regions=(REGION, "us-east-1")))
    assert export.run(request, Talk(0), prepared(hook_of(shop))) == 0
    shutil.copytree(tmp_path / "all", tmp_path / "other")
    file = tmp_path / "other" / "111122223333" / REGION / "snapshot.json"
    file.write_text(file.read_text().replace("111122223333", "444455556666"))
    code, found = against(tmp_path / "all", tmp_path / "other", capsys)
    assert (code, found["changes"]) == (5, [])
    assert [text for text in found["undecided"] if "is of account 111122223333" in text]


def test_what_the_export_left_out_is_not_new(
    shop: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = export.Request(str(tmp_path / "out"), login=login.Login(regions=(REGION,)), services=("back*",))
    assert export.run(request, Talk(0), prepared(hook_of(shop))) == 0
    code, found = looked(tmp_path / "out", hook_of(shop), capsys)
    assert (code, found["changes"], found["undecided"]) == (0, [], [])


def test_less_can_be_looked_for_than_was_exported(
    place: Path, shop: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = [each for each in shop if each.id != BACKEND]
    _, found = looked(place, hook_of(fewer), capsys, services=("back*",))
    assert list(loud(found)) == ["service/shop/backend"]
    assert any("were not looked for" in text for text in found["said"])


def test_against_a_directory_and_files(
    place: Path, later: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert against(place, place, capsys)[1]["changes"] == []
    assert "service/shop/backend" in loud(against(place, later, capsys)[1])
    (tmp_path / "cli").mkdir()
    sample = ROOT / "samples" / "three-tier" / "describe-services.json"
    shutil.copy(sample, tmp_path / "cli" / "services.json")
    code, found = against(place, tmp_path / "cli", capsys)
    assert (code, found["changes"]) == (5, [])
    assert any(text.startswith("elbv2.Rule: not all was read now") for text in found["undecided"])
    assert against(place, tmp_path / "cli", capsys, allow_partial=True)[0] == 0


def test_against_and_a_login_are_two_questions(place: Path) -> None:
    request = diff_drift.Request(str(place), against=str(place), services=("a",))
    with pytest.raises(UsageError, match="--against reads files"):
        diff_drift.run(request, Talk(0))


def test_a_masked_export_shows_no_secret_and_no_drift_of_one(
    later: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = export.Request(str(tmp_path / "out"), (str(later),), redact=True)
    assert export.run(request, Talk(0)) == 0
    code, found = against(tmp_path / "out", later, capsys)
    assert (code, found["changes"]) == (0, [])


@pytest.mark.parametrize("form", list(DiffFormat))
def test_no_form_shows_a_secret(form: DiffFormat, place: Path, later: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff_drift.run(diff_drift.Request(str(place), against=str(later), view=View(form, everything=True)), Talk(0))
    text = capsys.readouterr()
    assert "API_PASSWORD" in text.out
    assert CANARY not in text.out + text.err


def test_an_interruption_is_130_and_leaves_nothing(place: Path, shop: Documents) -> None:
    asked, over = threading.Event(), threading.Event()

    def hanging(request: Request, _: int) -> None:
        if request.call == "ecs.ListServices":
            asked.set()
            over.wait(60)

    before = tree(place)
    with listening(hook_of(shop, hanging)) as url:
        command = [sys.executable, "-m", "ecs2k8s", "diff", "drift", str(place), "--endpoint-url", url]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT, env=os.environ | KEYS)
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            over.set()
            process.kill()
            process.wait()
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert tree(place) == before


def test_several_accounts_and_regions_are_looked_at_each(
    shop: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = export.Request(str(tmp_path / "all"), login=login.Login(regions=(REGION, "us-east-1")))
    assert export.run(request, Talk(0), prepared(hook_of(shop))) == 0
    code, found = looked(tmp_path / "all", hook_of(moved(shop)), capsys, login=login.Login())
    assert code == 0
    assert "service/shop/backend" in loud(found)
    assert len([each for each in found["changes"] if each["subject"] == BACKEND]) == 1


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        (1, ("--against", "/nowhere")),
        (4, ("--against", "OTHER")),
        (4, ("--region", "us-east-1", "--endpoint-url", "URL")),
    ],
)
def test_exit_codes_of_the_command(
    expected: int, arguments: tuple[str, ...], place: Path, shop: Documents, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text((place / "snapshot.json").read_text().replace("111122223333", "444455556666"))
    with listening(hook_of(shop)) as url:
        given = [{"URL": url, "OTHER": str(other)}.get(argument, argument) for argument in arguments]
        done = ecs2k8s("diff", "drift", str(place), *given, stdin=b"", cwd=None, **KEYS)
    assert done.returncode == expected, done.stderr
    assert b"Traceback" not in done.stderr
