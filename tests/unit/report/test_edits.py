"""What is said of edits shows no secret: on the terminal, in report.md and in edits.json."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ecs2k8s.compare.differ import rows
from ecs2k8s.render.dump import dump
from ecs2k8s.render.merge import merge_file
from ecs2k8s.report.edits import EDITS, edits_files, line
from ecs2k8s.report.sections import Section, text

REPORT = "report/report.md"
CANARY = "sunny-canary-7"
POD = "spec.template.spec.containers"


def alone(section: Section) -> dict[str, str]:
    return {REPORT: text(["# Report", ""], [section])}


def pod(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "web", **container}]}
    return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}}


def settings(value: str, name: str = "PLAIN") -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {name: value, "other": "x"}}


# What people wrote, by what hides it; `%s` is the canary in what they wrote, and something else in what is generated.
HIDDEN: dict[str, Any] = {
    "a variable": pod(env=[{"name": "PLAIN", "value": "%s"}]),
    "an argument behind its flag": pod(args=["serve", "--password", "%s"]),
    "a word of a command": pod(command=["sh", "-c", "psql postgres://u:%s@db/x"]),
    "a Secret": {"kind": "Secret", "metadata": {"name": "x"}, "data": {"a": "%s"}, "stringData": {"b": "%s"}},
    "a setting with the name of one": settings("%s", "DB_PASSWORD"),
    "a setting with the form of one": settings("url = postgres://u:%s@db/x"),
    "a label": {"kind": "Service", "metadata": {"name": "x", "labels": {"api-token": "%s"}}},
    "a probe's header": pod(livenessProbe={"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": "%s"}]}}),
}
NO_OBJECTS: dict[str, tuple[str, Any]] = {
    "a value of a chart": (
        "manifests/values.yaml",
        {"workloads": {"shop": {"web": {"containers": {"web": {"env": {"PLAIN": "%s"}}}}}}},
    ),
    "a variable of a workflow": ("delivery/x.yaml", {"on": "push", "jobs": {"x": {"env": {"PLAIN": "%s"}}}}),
    "a parameter of a template": ("aws/template.yaml", {"Resources": {"X": {"MasterPassword": "%s"}}}),
    "a list that is written anew": ("aws/x.json", {"a": [{"Name": "PASSWORD", "Value": "%s"}]}),
}
SHOWN: dict[str, Any] = {
    "an image": pod(image="shop/token:%s"),
    "a number of pods": {"kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": "%s"}},
    "a setting": settings("%s"),
    "an argument": pod(args=["serve", "--name", "%s"]),
}


def put(value: Any, text: str) -> Any:
    return json.loads(json.dumps(value).replace("%s", text))


def said(path: str, value: Any, before: str, now: str) -> str:
    """All that is said where *value* was generated with *before* in it, then with *now*, and people wrote the canary."""
    sides = [put(value, text) for text in (before, CANARY, now)]
    then, edited, made = (json.dumps(each) if path.endswith(".json") else dump(each) for each in sides)
    merged = merge_file(path, then, edited.encode(), made)
    assert any(edit.is_conflict for edit in merged.edits) is (before != now)
    files = edits_files(merged.edits, alone)
    return "\n".join((*map(line, merged.edits), files[EDITS].decode(), files[REPORT].decode()))


@pytest.mark.parametrize("now", ["then-1", "now-1"])
@pytest.mark.parametrize("name", HIDDEN)
def test_what_no_diff_shows_is_not_said_of_an_edit(name: str, now: str) -> None:
    found = said("manifests/x.yaml", HIDDEN[name], "then-1", now)
    assert not [text for text in (CANARY, "then-1", "now-1") if text in found]
    sides = [put(HIDDEN[name], text) for text in ("then-1", CANARY)]
    assert CANARY not in repr(rows(sides[0], sides[1], HIDDEN[name]["kind"]))


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_nor_is_what_is_secret_in_other_files(name: str) -> None:
    path, value = NO_OBJECTS[name]
    assert yaml.safe_load(dump(value))
    assert CANARY not in said(path, value, "then-1", "now-1")


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_diff_shows_is_said(name: str) -> None:
    found = said("manifests/x.yaml", SHOWN[name], "then-1", "now-1")
    assert all(text in found for text in (CANARY, "then-1", "now-1"))
    sides = [put(SHOWN[name], text) for text in ("then-1", CANARY)]
    assert CANARY in repr(rows(sides[0], sides[1], SHOWN[name]["kind"]))


def test_a_whole_item_shows_all_but_the_secrets_in_it() -> None:
    then = dump(pod())
    merged = merge_file("x.yaml", then, dump(pod(env=[{"name": "A", "value": CANARY}])).encode(), then)
    files = edits_files(merged.edits, alone)
    (edit,) = json.loads(files[EDITS])["kept"]
    assert (edit["path"], edit["edited"]) == (f"{POD}[web].env", {"value": [{"name": "A", "value": "••••••"}]})


def test_the_order_of_variables_is_shown() -> None:
    def of(*names: str) -> str:
        return dump(pod(env=[{"name": name, "value": CANARY} for name in names]))

    merged = merge_file("x.yaml", of("A", "B"), of("B", "A").encode(), of("A", "B"))
    (edit,) = json.loads(edits_files(merged.edits, alone)[EDITS])["kept"]
    assert (edit["path"], edit["edited"]) == (f"{POD}[web].env (order)", {"value": ["B", "A"]})


def test_a_comment_that_is_quoted_shows_no_secret() -> None:
    then = "kind: Pod\nspec:\n  a: 1\n  args:\n  - a\n"
    edited = then.replace("  - a\n", f"  # token=hunter2-{CANARY}\n  - a\n")
    merged = merge_file("x.yaml", then, edited.encode(), then.replace("  args:\n  - a\n", ""))
    assert "# token=" in line(merged.edits[0])
    assert CANARY not in line(merged.edits[0]) + str(edits_files(merged.edits, alone))
