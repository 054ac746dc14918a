"""`ecs2k8s diff translate` on directories as people leave them: edited, half removed, interrupted, in each format."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ecs2k8s.cli import diff_translate, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.core.errors import OutputError, SnapshotError
from tests.estates import ROOT, SAMPLES
from tests.test_cli import DEFINITION, ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Callable

    Export = Callable[[str], Path]

IMAGE = "spec.template.spec.containers[name=backend].image"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The three-tier sample in a format, exported once."""
    made: dict[str, Path] = {}

    def of(form: str) -> Path:
        if form not in made:
            made[form] = tmp_path_factory.mktemp(form) / "out"
            sample = str(ROOT / "samples" / "three-tier")
            exported(sample, made[form], f"format={form}")
        return made[form]

    return of


def exported(source: str | Path, place: Path, *sets: str) -> None:
    request = export.Request(output=str(place), sources=(str(source),), sets=sets)
    assert export.run(request, Talk(level=0)) == 0


@pytest.fixture
def place(exports: Export, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exports("kustomize"), tmp_path / "out"))


def view(form: DiffFormat = DiffFormat.json, **more: Any) -> View:
    options = {"everything": False, "show_values": False, "detailed_exitcode": False, "diff_exit_code": None}
    return View.of(form, more.pop("file", None), **(options | more))


def asked(
    place: Path, capsys: pytest.CaptureFixture[str], workload: str | None = None, **more: Any
) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = diff_translate.run(str(place), view(**more), workload)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def rows(found: dict[str, Any], *statuses: str) -> list[tuple[str, str, Any, Any]]:
    """Object, path and both values of the rows of some statuses that no rule explains."""
    return [
        (change["subject"], row["path"], *((row[side] or {}).get("value") for side in ("before", "after")))
        for change in found["changes"]
        for row in change["rows"]
        if row["status"] in statuses and not row["rule"]
    ]


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("form", ["kustomize", "helm", "plain"])
def test_what_nobody_edited_has_no_difference_in_any_format(
    form: str, exports: Export, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = asked(exports(form), capsys, detailed_exitcode=True)
    assert rows(found, "changed", "added", "removed", "unknown") == []
    assert (code, found["unexplained"], found["undecided"]) == (2, 0, [])  # what is dropped is a difference
    after = [row["after"]["origin"] for change in found["changes"] for row in change["rows"] if row["after"]]
    assert all(not origin or Path(origin.rpartition(":")[0]).is_file() for origin in after)


@pytest.mark.parametrize(
    ("form", "file", "old", "new"),
    [
        ("kustomize", "manifests/shop/backend/deployment.yaml", "replicas: 2", "replicas: 7"),
        ("plain", "manifests/3-objects/shop/backend/deployment.yaml", "replicas: 2", "replicas: 7"),
        ("helm", "manifests/values.yaml", "replicas: 2", "replicas: 7"),
    ],
)
def test_an_edited_value_is_one_row_with_its_line_and_the_field_that_it_came_from(
    form: str, file: str, old: str, new: str, exports: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Path(shutil.copytree(exports(form), tmp_path / "out"))
    replaced(place / file, old, new)
    code, found = asked(place, capsys)
    assert (code, rows(found, "changed", "added", "removed")) == (
        0,
        [("Deployment/shop/backend", "spec.replicas", 2, 7)],
    )
    change = next(change for change in found["changes"] if change["subject"] == "Deployment/shop/backend")
    row = next(row for row in change["rows"] if row["path"] == "spec.replicas")
    assert row["because"] == "Edited by hand."
    assert row["before"]["origin"].startswith(
        "as exported, from arn:aws:ecs:eu-west-1:111122223333:service/shop/backend"
    )
    name, _, number = row["after"]["origin"].rpartition(":")
    assert "replicas" in Path(name).read_text("utf-8").split("\n")[int(number) - 1]
    assert asked(place, capsys, detailed_exitcode=True)[0] == 2


def test_of_an_edit_it_is_said_what_it_is_and_whether_it_is_shown(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = place / "manifests" / "shop" / "backend" / "deployment.yaml"
    text = file.read_text("utf-8")
    image = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"][0]["image"]
    file.write_text(text.replace(f"image: {image}", f"image: {image.partition('@')[0]}:next"), "utf-8")
    _, found = asked(place, capsys)
    rows_ = [row for change in found["changes"] for row in change["rows"] if row["status"] == "changed"]
    assert {row["path"] for row in rows_} >= {IMAGE}
    for row in rows_:
        assert ("not shown" in row["because"].lower()) is bool(row["before"].get("masked"))
        assert row["because"].startswith("Edited by hand. ")


def test_lines_that_were_added_and_removed_by_hand_are_told_apart(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = place / "manifests" / "shop" / "backend" / "deployment.yaml"
    replaced(file, "  minReadySeconds:", "  revisionHistoryLimit: 3\n  minReadySeconds:") if (
        "  minReadySeconds:" in file.read_text()
    ) else replaced(file, "  replicas: 2\n", "  replicas: 2\n  revisionHistoryLimit: 3\n")
    replaced(file, "  progressDeadlineSeconds: 600\n", "")
    _, found = asked(place, capsys)
    assert rows(found, "changed", "added", "removed") == [
        ("Deployment/shop/backend", "spec.progressDeadlineSeconds", 600, None),
        ("Deployment/shop/backend", "spec.revisionHistoryLimit", None, 3),
    ]


def test_a_value_that_is_written_otherwise_is_no_edit(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replaced(place / "manifests" / "shop" / "backend" / "deployment.yaml", "cpu: 1000m", "cpu: 1 # the same")
    _, found = asked(place, capsys)
    assert rows(found, "changed", "added", "removed") == []


def test_a_file_that_was_removed_and_one_that_was_added_are_shown(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place / "manifests" / "shop" / "backend"
    mine = (folder / "serviceaccount.yaml").read_text("utf-8").replace("name: backend", "name: mine")
    (folder / "serviceaccount.yaml").unlink()
    (folder / "mine.yaml").write_text(mine, "utf-8")
    (folder / "other.json").write_text(json.dumps(yaml.safe_load(mine.replace("name: mine", "name: other"))), "utf-8")
    _, found = asked(place, capsys)
    actions = {change["subject"]: (change["action"], change["said"]) for change in found["changes"]}
    assert actions["ServiceAccount/shop/backend"] == ("delete", ["Its file was removed by hand."])
    assert actions["ServiceAccount/shop/mine"] == ("create", [f"{folder / 'mine.yaml'}: Added by hand."])
    assert actions["ServiceAccount/shop/other"] == ("create", [f"{folder / 'other.json'}: Added by hand."])


def test_an_object_of_another_export_is_not_said_to_be_edited(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replaced(place / "target.yaml", "kubernetes_version: ", "harden: true\nkubernetes_version: ") if (
        "\nharden" not in (place / "target.yaml").read_text()
    ) else replaced(place / "target.yaml", "harden: false", "harden: true")
    _, found = asked(place, capsys)
    said = {row["because"] for change in found["changes"] for row in change["rows"] if row["status"] == "removed"} | {
        text for change in found["changes"] for text in change["said"]
    }
    assert any(text.startswith("The last export wrote it so") for text in said)
    assert "Edited by hand." not in said


def test_what_only_kustomize_or_helm_can_tell_is_undecided(
    place: Path, exports: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced(place / "manifests" / "kustomization.yaml", "kind: Kustomization", "kind: Kustomization\nnamePrefix: a-")
    code, found = asked(place, capsys)
    assert (code, len(found["undecided"])) == (5, 1)
    assert "kustomization.yaml" in found["undecided"][0]
    chart = Path(shutil.copytree(exports("helm"), tmp_path / "chart"))
    file = chart / "manifests" / "templates" / "shop" / "backend" / "deployment.yaml"
    file.write_text(file.read_text("utf-8") + "{{ if .Values.more }}{{ end }}\n", "utf-8")
    code, found = asked(chart, capsys)
    assert (code, len(found["undecided"])) == (5, 1)
    assert "only Helm can tell" in found["undecided"][0]


def test_one_workload_has_its_objects_and_documents(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("backend", "shop/backend", "arn:aws:ecs:eu-west-1:111122223333:service/shop/backend"):
        code, found = asked(place, capsys, name)
        assert code == 0
        assert {change["workload"] for change in found["changes"]} == {"shop/backend"}
        assert {change["shape"] for change in found["changes"]} >= {"", "ecs.Service", "ecs.TaskDefinition"}
    with pytest.raises(OutputError, match="names no workload"):
        asked(place, capsys, "nobody")


def test_a_field_that_no_table_knows_fails(tmp_path: Path) -> None:
    source = tmp_path / "td.json"
    source.write_text(json.dumps(DEFINITION | {"brandNew": {"setting": 7}}))
    exported(source, tmp_path / "out")
    done = ecs2k8s("diff", "translate", str(tmp_path / "out"))
    assert done.returncode == 3
    assert b"! unknown (warning), because: AWS does not document this field" in done.stdout
    assert b"brandNew.setting" in done.stdout
    assert done.stdout.split(b"\n")[0].endswith(b"1 unexplained (D1)")


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_compared_in_every_form(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "out"
    exported(ROOT / "samples" / name, place)
    capsys.readouterr()
    codes = {form: diff_translate.run(str(place), view(form), None) for form in DiffFormat}
    shown = capsys.readouterr().out
    errors = "BLOCKER" in shown
    assert set(codes.values()) == {3 if errors else 0}
    assert errors is (name in {"ec2-legacy", "microservices"})


def test_no_value_of_a_secret_is_in_any_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret, edited = "hunter2-of-a-kind", "another-of-a-kind"
    container = {"name": "c", "image": "c:1"}
    environment = [{"name": "DB_PASSWORD", "value": secret}, {"name": "COLOUR", "value": "mauve"}]
    source = tmp_path / "td.json"
    source.write_text(json.dumps(DEFINITION | {"containerDefinitions": [container | {"environment": environment}]}))
    place = tmp_path / "out"
    exported(source, place)
    capsys.readouterr()
    replaced(place / "manifests" / "default" / "web" / "deployment.yaml", secret, edited)
    for form in DiffFormat:
        diff_translate.run(str(place), view(form, everything=True), None)
    shown = capsys.readouterr().out
    assert "DB_PASSWORD" in shown
    assert not [value for value in (secret, edited, "mauve") if value in shown]


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"spec: [", "line 2 column 1: did not find expected node content"),
        (b"kind: A", "is no Kubernetes object"),
        (b"? [a]\n: b", "a key that is no plain word"),
        (b"a: 1\na: 2", "key 'a' stands twice"),
        (b"\x00", "characters that YAML forbids"),
        (b"a: \xff", "is no text of UTF-8: byte 4"),
        (BOMB.encode(), "holds more than 1,000,000 values"),
        (b"a: &a [*a]", "line 1: holds itself"),
        (b"a: " + b"[" * 3000 + b"]" * 3000, "is nested too deeply"),
    ],
)
def test_what_holds_no_object_is_named(text: bytes, said: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "manifests" / "shop" / "backend" / "deployment.yaml"
    file.write_bytes(text)
    with pytest.raises(OutputError) as raised:
        asked(place, capsys)
    assert str(raised.value).startswith(f"{file}: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_object_that_stands_twice_in_a_file_is_shown(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "manifests" / "shop" / "backend" / "serviceaccount.yaml"
    text = file.read_text("utf-8")
    file.write_text(f"{text}---\n{text.replace('role/shop-backend', 'role/admin')}", "utf-8")
    _, found = asked(place, capsys)
    again = [change for change in found["changes"] if any("more than once" in said for said in change["said"])]
    assert [change["subject"] for change in again] == ["ServiceAccount/shop/backend"]
    assert "arn:aws:iam::111122223333:role/admin" in [row["after"]["value"] for row in again[0]["rows"]]


def test_a_link_in_place_of_a_file_is_undecided_and_not_said_to_be_removed(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place / "manifests" / "shop" / "backend"
    made, other = folder / "serviceaccount.yaml", folder / "service.yaml"
    made.rename(tmp_path / "elsewhere.yaml")
    made.symlink_to(tmp_path / "elsewhere.yaml")
    (folder / "more").symlink_to(tmp_path)
    other.unlink()
    other.mkdir()
    code, found = asked(place, capsys)
    assert code == 5
    assert [text.partition(": ")[::2] for text in found["undecided"]] == [
        (str(folder / "more"), "is a link, which is not followed; what it leads to is not compared"),
        (str(other), "is no file; what an export wrote there is not compared"),
        (str(made), "is a link, which is not followed; what it leads to is not compared"),
    ]
    assert rows(found, "removed") == []


@pytest.mark.parametrize("value", [".nan", ".inf", "2020-01-01", "!!binary aGk=", "1e400", "!!set {a, b}", "{5: x}"])
def test_a_value_of_any_type_of_yaml_is_shown(value: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replaced(place / "manifests" / "shop" / "backend" / "deployment.yaml", "replicas: 2", f"replicas: {value}")
    code, found = asked(place, capsys)
    assert (
        code,
        {(name, path.partition("[")[0].partition(".5")[0]) for name, path, *_ in rows(found, "changed", "added")},
    ) == (
        0,
        {("Deployment/shop/backend", "spec.replicas")},
    )


def test_what_cannot_be_read_is_one_line_and_exit_1(place: Path) -> None:
    file = place / "manifests" / "shop" / "backend" / "deployment.yaml"
    file.write_text("spec: [", "utf-8")
    done = ecs2k8s("diff", "translate", str(place))
    assert (done.returncode, done.stdout) == (1, b"")
    assert str(file).encode() in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_directory_that_is_none_or_not_finished_says_so(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OutputError, match="no such directory"):
        asked(tmp_path / "none", capsys)
    (place / "report" / "ledger.json").rename(place / "report" / "ledger.json.next")
    with pytest.raises(OutputError, match="interrupted export, run it again"):
        asked(place, capsys)
    (place / "report" / "ledger.json.next").rename(place / "report" / "ledger.json")
    (place / "snapshot.json").write_text("{}")
    with pytest.raises(SnapshotError, match="snapshot"):
        asked(place, capsys)


def test_options_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    done = ecs2k8s("diff", "translate", str(tmp_path / "none"), "--diff-exit-code", "3")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"ecs2k8s: --diff-exit-code 3: ")


def test_a_file_gets_what_stdout_would_get(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "diff.html"
    capsys.readouterr()
    diff_translate.run(str(place), view(DiffFormat.html, file=str(file)), None)
    assert capsys.readouterr().out == ""
    diff_translate.run(str(place), view(DiffFormat.html), None)
    assert capsys.readouterr().out == file.read_text("utf-8")


def test_docs_show_what_is_printed(exports: Export, capsys: pytest.CaptureFixture[str], update: bool) -> None:
    place, page = exports("kustomize"), ROOT / "docs" / "diffs.md"
    capsys.readouterr()
    diff_translate.run(str(place), view(DiffFormat.text), None)
    lines = capsys.readouterr().out.replace(str(place), "migration").split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith("  ~ mapped (note), because: Distributed over"))
    text = page.read_text("utf-8")
    made = re.sub(r"(?m)^    migration: .*\(D1\)$", f"    {lines[0]}", text)
    example = "\n".join(f"  {line}" for line in lines[start : start + 6])
    made = re.sub(r"(?m)^    ~ mapped \(note\), because: Distributed(?:.*\n){6}", lambda _: f"{example}\n", made)
    if update:
        page.write_text(made, "utf-8")
    assert page.read_text("utf-8") == made, "run `make update`"
