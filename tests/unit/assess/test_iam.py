"""The evaluator of policies against a table of decisions that were read in AWS's documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.assess.iam import Request, decide

TABLE = yaml.load((Path(__file__).parent / "iam_decisions.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.mark.parametrize("row", TABLE["decisions"], ids=lambda row: f"{row[0]}-{row[1].split()[-1]}-{row[4]}")
def test_decision(row: list[Any]) -> None:
    name, who, action, context, decision = row
    kind, _, principal = who.partition(" ")
    document = {"Version": "2012-10-17", "Statement": TABLE["statements"][name]}
    assert decide(document, Request((kind, principal), action, context)) == decision


def test_every_document_of_the_table_is_asked_about_and_one_statement_needs_no_list() -> None:
    assert {row[0] for row in TABLE["decisions"]} == set(TABLE["statements"])
    alone = {"Statement": TABLE["statements"]["ecs"][0]}
    assert decide(alone, Request(("Service", "ecs-tasks.amazonaws.com"), "sts:AssumeRole")) == "allowed"


@pytest.mark.parametrize(
    "odd", [{}, {"Statement": "x"}, {"Statement": [{"Effect": "Allow", "Principal": 3, "Action": 4, "Condition": []}]}]
)
def test_odd_documents_allow_nothing(odd: dict[str, Any]) -> None:
    assert decide(odd, Request(("AWS", "x"), "sts:AssumeRole")) == "denied"
