"""New and changed objects of AWS become files and commands, and cfn-lint takes the template."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from ecs2k8s.core.aws_objects import AwsChange, AwsResource, logical_id
from ecs2k8s.core.documents import Snapshot
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.render.aws import TEMPLATE, aws_objects
from ecs2k8s.report.aws_steps import aws_files
from tests.linted import linted

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.assess.translation import Translation

QUEUE = AwsResource(logical_id("queue", "a-b"), "AWS::SQS::Queue", {"DelaySeconds": 3})
ALARM = AwsResource(
    logical_id("alarm"),
    "AWS::CloudWatch::Alarm",
    {
        "ComparisonOperator": "LessThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1e-07,
        "Namespace": "x",
        "MetricName": "on",
        "Period": 60,
        "Statistic": "Sum",
    },
)
CHANGE = AwsChange(
    "trust-web",
    "arn:aws:iam::111122223333:role/web",
    "A *title*",
    "Why\u202e.",
    {"a": [1]},
    {"a": [1, "\u202e"]},
    "aws x \\\n  y",
    "aws z",
)


@pytest.fixture(scope="module")
def empty() -> Translation:
    return translate(Snapshot(()), Target())


def test_there_is_no_template_without_new_objects(empty: Translation) -> None:
    assert aws_objects(empty, Target()) == {}
    readme = aws_files(empty, Target())["aws/README.md"]
    assert "## New objects" not in readme
    assert "## Documents that change" not in readme


def test_cfn_lint_takes_the_template_and_reads_its_values_back(empty: Translation, tmp_path: Path) -> None:
    text = aws_objects(replace(empty, resources=(ALARM, QUEUE)), Target())[TEMPLATE]
    found = yaml.safe_load(text)["Resources"]
    assert found == {each.logical_id: {"Type": each.type, "Properties": each.properties} for each in (ALARM, QUEUE)}
    wrong = aws_objects(replace(empty, resources=(replace(QUEUE, properties={"Delay": 3}),)), Target())[TEMPLATE]
    assert linted({"right": text}, tmp_path) == ""
    assert "'Delay' was unexpected" in linted({"wrong": wrong}, tmp_path)
    readme = aws_files(replace(empty, resources=(ALARM, QUEUE)), Target())["aws/README.md"]
    assert "- 1 of `AWS::SQS::Queue`" in readme


def test_a_change_is_both_documents_a_diff_and_commands(empty: Translation) -> None:
    changed = replace(empty, changes=(CHANGE,))
    files = aws_objects(changed, Target())
    assert {name: json.loads(text) for name, text in files.items() if name.endswith("json")} == {
        "aws/trust-web/old.json": CHANGE.old,
        "aws/trust-web/new.json": CHANGE.new,
    }
    assert files["aws/trust-web/diff"].splitlines()[:2] == ["--- old.json", "+++ new.json"]
    assert '+    "\\u202e"\n' in files["aws/trust-web/diff"]
    readme = aws_files(changed, Target())["aws/README.md"]
    assert (
        "### A \\*title\\*\n\nAbout `arn:aws:iam::111122223333:role/web`, in `trust-web/`.\n\nWhy\\\\u202e.\n\n"
        in readme
    )
    assert "    aws x \\\n      y\n\nWay back:\n\n    aws z\n" in readme


def test_logical_ids_are_kept_apart() -> None:
    names = [("a-b", "c"), ("a", "b-c"), ("ab", "c"), ("A-b", "c"), ("a", "b", "c")]
    assert len({logical_id(*each) for each in names}) == len(names)
    assert logical_id("shop", "é" * 300, "x" * 300).isalnum()
    assert len(logical_id("x" * 300)) < 255
