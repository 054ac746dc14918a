"""What other programs read: every JSON that is written has a schema of ours, and is valid by it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import typer

from ecs2k8s.cli import app, coverage, diff, diff_translate, explain, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.compare.changes import Action, Change, Diff, Leaf, Masked, Risk, Row, Status
from ecs2k8s.core.paths import leaves
from ecs2k8s.report.machine_forms import FORMS
from ecs2k8s.report.schema_pages import schema_of
from tests.estates import ROOT, SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

# Documents of AWS and of Grafana, whose forms are not ours.
FOREIGN = re.compile(r"aws/[^/]+/(old|new)\.json|report/findings\.sarif|observability/.*\.json")


@cache
def schema(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema_of(name))


def hold(name: str, value: Any) -> None:
    found = [
        f"{'.'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in schema(name).iter_errors(value)
    ]
    assert found[:5] == []


def exported(capsys: pytest.CaptureFixture[str], out: Path, *sources: Path) -> dict[str, Any]:
    request = export.Request(output=str(out), sources=tuple(map(str, sources)), as_json=True)
    export.run(request, Talk(0))
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def every_file_holds(out: Path) -> set[str]:
    """The forms that were seen in the files of a migration directory."""
    by_file = {form.where: name for name, form in FORMS.items() if form.is_file}
    seen = set()
    for file in sorted(out.rglob("*.json*")):
        path = str(file.relative_to(out))
        if not FOREIGN.fullmatch(path):
            assert path in by_file, f"{path} has no schema: add its form to report/machine_forms.py"
            hold(by_file[path], json.loads(file.read_bytes()))
            seen.add(by_file[path])
    return seen


@pytest.mark.parametrize("name", SAMPLES)
def test_every_json_of_a_sample_is_valid(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hold("export", exported(capsys, tmp_path / "out", ROOT / "samples" / name))
    assert every_file_holds(tmp_path / "out") >= {"snapshot", "ledger", "findings"}
    coverage.run(str(tmp_path / "out"), as_json=True)
    hold("coverage", json.loads(capsys.readouterr().out))
    diff.routing(str(tmp_path / "out"), as_json=True)
    hold("routing", json.loads(capsys.readouterr().out))
    diff_translate.run(str(tmp_path / "out"), View(DiffFormat.json, everything=True), None)
    hold("diff", json.loads(capsys.readouterr().out))


def test_costs_are_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.unit.assess.test_cost import FARGATE, answer, product

    prices = [product("AmazonECS", name, price) for name, price in FARGATE.items()]
    (tmp_path / "prices.json").write_text(json.dumps(answer(prices)))
    exported(capsys, tmp_path / "out", ROOT / "samples" / "three-tier", tmp_path / "prices.json")
    assert "cost" in every_file_holds(tmp_path / "out")


def test_several_accounts_are_valid(tmp_path: Path) -> None:
    from ecs2k8s.core.target import convert
    from ecs2k8s.pipeline import translate
    from ecs2k8s.report.accounts import accounts_json
    from tests.estates import estate

    snapshot, target = estate("routing")
    translation = translate(snapshot, target)
    hold("accounts", json.loads(accounts_json([(tmp_path, translation)], ["nothing"], ["denied"])))
    done = export.Done(tmp_path, convert({}), translation, snapshot)
    hold(
        "exports",
        json.loads(json.dumps(export._summaries(export.Exported((done, done), ("a",), ("b",), several=True)))),
    )


def test_a_split_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ecs2k8s.cli import split
    from ecs2k8s.core.documents import dump
    from tests.estates import estate

    (tmp_path / "in.json").write_bytes(dump(estate("split/paths.yaml")[0]))
    exported(capsys, tmp_path / "out", tmp_path / "in.json")
    split.run(str(tmp_path / "out"), "prod/shop", Talk(0), write=False, as_json=True)
    hold("split", json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("what", [None, "containerDefinitions[].ulimits", "Deployment.spec.replicas", "field-manual"])
def test_what_is_explained_is_valid(what: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    explain.run(what, as_json=True)
    found = json.loads(capsys.readouterr().out)
    hold("explain", found)
    assert found["fields"] or found["findings"]
    assert bool(found["added"]) == (what is None or "Deployment" in what)


VALUES: list[Any] = [None, True, 3, 0.5, "text", [], {}, Masked(same=True), Masked(same=False)]


def test_a_diff_is_valid_whatever_its_values_are() -> None:
    rows = [
        Row(f"spec.a[{at}]", status, risk, Leaf(value, "a.yaml:3"), None if at % 2 else Leaf(value))
        for at, value in enumerate(VALUES)
        for status in Status
        for risk in Risk
    ]
    changes = tuple(Change("Service/a/b", action, tuple(rows), "a/b", ("not validated",)) for action in Action)
    for name in ("translate", "drift", "cluster", "plan"):
        hold("diff", json.loads(json.dumps(Diff(name, "left", "right", changes, ("x",), ("y",)).plain())))


@pytest.mark.parametrize("name", FORMS)
def test_a_schema_is_one_and_closed_where_the_form_is_ours(name: str) -> None:
    made = schema_of(name)
    jsonschema_rs.meta.validate(made)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for kind, definition in made["$defs"].items():
        if definition.get("type") == "object":
            assert definition["additionalProperties"] is False, kind
            assert definition["description"], kind


@pytest.mark.parametrize("name", FORMS)
def test_a_schema_refuses_what_it_does_not_know(name: str, tmp_path: Path) -> None:
    """Of each form the smallest change that no reader expects; so that no schema takes everything."""
    assert not schema(name).is_valid({"format": "ecs2k8s/other/v1"})
    assert not schema(name).is_valid([{"slug": "x"}])
    assert not schema(name).is_valid("text")


def test_every_command_that_prints_json_has_a_form() -> None:
    """The option --format of every command is walked; `policy` prints IAM policies and has none."""
    printed = " ".join(form.where for form in FORMS.values() if not form.is_file)
    found = list(commands(typer.main.get_command(app), ()))
    assert len(found) >= 4
    for words in found:
        assert words[-1] in printed.replace(",", " ").split(), f"{' '.join(words)} --format json has no schema"


def commands(command: Any, words: tuple[str, ...]) -> Any:
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*words, name))
    if any("--format" in getattr(parameter, "opts", ()) for parameter in command.params):
        yield words


def test_no_file_holds_nan_or_unsorted_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(capsys, tmp_path / "out", ROOT / "samples" / "routing")
    for file in (tmp_path / "out").rglob("*.json"):

        def refused(text: str, file: Path = file) -> None:
            raise AssertionError(f"{file}: {text}")

        value = json.loads(file.read_bytes(), parse_constant=refused)
        if FOREIGN.fullmatch(str(file.relative_to(tmp_path / "out"))):
            continue
        paths = [path for path, _ in leaves(value)]
        assert paths == [path for path, _ in leaves(json.loads(json.dumps(value, sort_keys=True)))]
