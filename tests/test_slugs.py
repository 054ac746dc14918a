"""Code, tables and catalogue agree on the slugs, and every text can be filled in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ecs2k8s.core.fields import tables
from ecs2k8s.core.findings import catalogue

PACKAGE = Path(__file__).parent.parent / "ecs2k8s"
SAYING = {
    "note",
    "leave_out",
    "Refusal",
    "disregard",
    "of",
    "Finding",
    "_ignore",
    "_note_policy",
    "_disregard_key",
    "_bad",
}
KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


def said_in_code() -> set[str]:
    """Every kebab-case constant in a call, a conditional or a tuple beside one that says findings."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEBAB.fullmatch(node.value):
                found.add(node.value)
    return found


def called_with() -> set[str]:
    """The constants that stand directly in a call which says a finding."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in SAYING:
                    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                    inner = [constant for argument in arguments for constant in ast.walk(argument)]
                    values = [c.value for c in inner if isinstance(c, ast.Constant) and isinstance(c.value, str)]
                    found |= {value for value in values if KEBAB.fullmatch(value)}
    return found


def test_every_slug_that_code_says_is_in_the_catalogue() -> None:
    known = catalogue().keys() | {"traffic-port", "awslogs-region", "awslogs-group"}
    assert sorted(called_with() - known) == []


def test_every_slug_of_the_catalogue_is_said_somewhere() -> None:
    assert sorted(catalogue().keys() - said_in_code()) == []


def test_every_slug_that_a_row_names_is_in_the_catalogue() -> None:
    named = {slug for table in tables().values() for row in table.rows.values() for slug in row.notes}
    assert sorted(named - catalogue().keys()) == []


def test_titles_are_short_and_texts_are_sentences() -> None:
    for slug, entry in catalogue().items():
        assert KEBAB.fullmatch(slug), slug
        assert len(entry.title) <= 60, slug
        assert entry.severity == "note" or entry.action or entry.ledger_only, slug
