"""Alarms stay in CloudWatch: as resources that cfn-lint takes, and as commands that a shell takes whatever they hold."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import objects, translate
from ecs2k8s.render.aws import template
from tests.case_files import load
from tests.estates import ROOT, estate
from tests.linted import linted

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.core.aws_steps import AwsStep

GROUP = "targetgroup/shop-backend/73e2d6bc24d8a067"
HOSTILE = ["$(id)", "'; id; '", '"`id`"', "file:///etc/passwd", "a\nb", "x,y=z", "é", "the new target group", "n" * 300]
NEW = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/shop-backend-eks/0000000000000001"
SHELL = f"""aws() {{ if [ "$1" = elbv2 ]; then echo {NEW}; else printf '%s\\0' "$@" > "$OUT"; fi; }}
"""


def alarm(text: str) -> Document:
    data = {
        "AlarmName": text,
        "AlarmDescription": text,
        "AlarmActions": [text],
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "UnHealthyHostCount",
        "Dimensions": [{"Name": "TargetGroup", "Value": GROUP}, {"Name": "LoadBalancer", "Value": text}],
        "ExtendedStatistic": "p99",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "breaching",
        "Unit": "Count",
    }
    return Document("cloudwatch.MetricAlarm", f"alarm of {text}", data)


def steps(documents: list[Document], **target: Any) -> list[AwsStep]:
    given, _ = estate("three-tier")
    done = translate(Snapshot((*given.documents, *documents)), Target(**target))
    return [step for step in done.steps if step.title.startswith("Alarm ")]


def run(command: str, place: Path) -> list[str]:
    """The words that the last call of `aws cloudwatch` gets."""
    out = place / "words"
    subprocess.run(["sh", "-c", SHELL + command], check=True, env={"OUT": str(out), "PATH": "/bin:/usr/bin"})
    return out.read_text(encoding="utf-8").split("\0")[:-1]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_command_says_what_the_alarm_said(text: str, tmp_path: Path) -> None:
    (step,) = [step for step in steps([alarm(text)]) if step.subject == f"alarm of {text}"]
    words = run(step.command, tmp_path)
    assert words[:3] == ["cloudwatch", "put-metric-alarm", "--cli-input-json"]
    said = json.loads(words[3])
    kept = {key: value for key, value in alarm(text).data.items() if key not in ("AlarmName", "Dimensions")}
    name = said["AlarmName"]
    assert said == kept | {"AlarmName": name}
    assert name == f"{text}-eks" or (len(text) > 251 and len(name) == 255 and name.startswith("nnn"))
    assert json.loads(words[words.index("--dimensions") + 1]) == [
        {"Name": "LoadBalancer", "Value": text},
        {"Name": "TargetGroup", "Value": NEW.rpartition(":")[2]},
    ]
    back = run(step.back, tmp_path)
    assert json.loads(back[-1]) == {"AlarmNames": [name]}


@pytest.mark.parametrize("target", [{"monitoring": "none"}, {"shift": "weighted-dns"}])
def test_there_is_no_command_where_there_is_no_new_target_group(target: dict[str, str]) -> None:
    assert steps([alarm("x")], **target) == []


def test_cfn_lint_takes_the_alarms(tmp_path: Path) -> None:
    case = load(ROOT / "tests/cases/observability/alarms-on-insights.yaml")
    made = objects(case.snapshot, case.target)
    assert [each.properties["AlarmName"] for each in made.resources] == ["web-cpu-high-eks", "web-running-eks"]
    busy, running = (each.properties for each in made.resources)
    assert [(item["Id"], item.get("Expression")) for item in busy["Metrics"]] == [
        ("e1", "100 * m1 / m2"),
        ("m1", None),
        ("m2", None),
    ]
    assert busy["ActionsEnabled"] is False
    assert {item["Name"]: item["Value"] for item in running["Dimensions"]} == {
        "ClusterName": "shop",
        "Namespace": "prod",
        "PodName": "web",
    }
    assert linted({"alarms": template(made.resources)}, tmp_path) == ""
