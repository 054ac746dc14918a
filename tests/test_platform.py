"""Each row of the platform facts has something that shows it: tests/platform.yaml names cases, tests and findings."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.core.findings import catalogue

TESTS = Path(__file__).parent
CASES = TESTS / "cases"
ROWS: list[dict[str, Any]] = yaml.load((TESTS / "platform.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")


@cache
def said_by_cases() -> frozenset[str]:
    """The slugs that some case asks for."""
    found: set[str] = set()
    for path in CASES.rglob("*.yaml"):
        said = ([*yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader), {}, {}][:3][2]) or {}
        found |= {*said.get("says", ()), *said.get("at", ()), *said.get("texts", ())}
    return frozenset(found)


@cache
def named_by_tests() -> frozenset[str]:
    """The slugs that stand in a test outside of the cases."""
    texts = [path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path.name != Path(__file__).name]
    constants = (node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return frozenset(node.value for node in constants if isinstance(node.value, str) and WORD.fullmatch(node.value))


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS.parent / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def missing(shown: str | dict[str, str]) -> str:
    """Why *shown* shows nothing; empty where it does."""
    if isinstance(shown, dict):
        slug = shown.get("finding", "")
        if slug not in catalogue():
            return f"{slug} is no finding"
        return "" if slug in said_by_cases() | named_by_tests() else f"no case or test says {slug}"
    if "::" in shown:
        path, _, name = shown.partition("::")
        known = (TESTS.parent / path).is_file() and name in functions(path)
        return "" if known else f"{shown} is no test"
    return "" if (CASES / shown).is_file() else f"{shown} is no case"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['section']} {row['what']}")
def test_a_row_is_shown_by_what_there_is(row: dict[str, Any]) -> None:
    assert row.keys() - {"section", "what"} in ({"shown_by"}, {"lacks"})
    assert row.get("lacks", "x")
    assert [why for shown in row.get("shown_by", ()) if (why := missing(shown))] == []
    assert row.get("shown_by") != []


def test_every_section_has_rows_and_none_is_there_twice() -> None:
    assert {int(row["section"].split(".")[0].split()[0]) for row in ROWS} == set(range(3, 13))
    names = [(row["section"], row["what"]) for row in ROWS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "shown", [{"finding": "no-such-finding"}, "tests/test_cases.py::test_nothing", "identity/none.yaml"]
)
def test_what_is_not_there_is_found(shown: Any) -> None:
    assert missing(shown)
