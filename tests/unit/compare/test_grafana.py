"""The project's own check of dashboards finds what is wrong with one, and nothing is wrong with ours."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ecs2k8s.compare.grafana import problems
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import objects
from tests.case_files import snapshot
from tests.estates import SAMPLES, estate


def boards(given: Any, **target: Any) -> list[dict[str, Any]]:
    made = objects(given, convert({"monitoring": "prometheus"} | target)).bundle.tree("monitoring")
    maps = [placed.manifest for placed in made if placed.manifest["kind"] == "ConfigMap"]
    return [json.loads(text) for config in maps for text in config["data"].values()]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_dashboards_of_a_sample_have_no_problems(name: str) -> None:
    found = boards(estate(name)[0])
    assert found
    assert len({board["uid"] for board in found}) == len(found)
    assert [problem for board in found for problem in problems(board)] == []


def test_a_job_has_no_dashboard() -> None:
    given = snapshot({"containerDefinitions": [{"name": "c", "memory": 512}], "tasks": [{"group": "family:web"}]})
    assert boards(given) == []


def good() -> dict[str, Any]:
    (board,) = boards(snapshot({"containerDefinitions": [{"name": "c", "memory": 512}], "service": {}}))
    return copy.deepcopy(board)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("panels",), [], "no panels"),
        (("uid",), "x" * 41, "the uid is too long"),
        (("templating", "list"), [], "a datasource that no variable has"),
        (("panels", 0, "id"), 2, "panels share the id 2"),
        (("panels", 0, "title"), "", "no title"),
        (("panels", 0, "targets", 0, "expr"), "", "a target has no expr"),
        (("panels", 2, "targets", 0, "refId"), "B", "targets share the id B"),
        (("panels", 0, "gridPos", "x"), 20, "outside the grid"),
        (("panels", 0, "gridPos", "x"), -1, "no place on the grid"),
        (("panels", 0, "gridPos", "x"), 6, "panels 1 and 2 overlap"),
    ],
)
def test_what_is_wrong_is_found(path: tuple[Any, ...], value: Any, said: str) -> None:
    board = good()
    inner: Any = board
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert said in "\n".join(problems(board))
