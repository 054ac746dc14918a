"""Recorded datapoints in the report: a table and a plot, or why nothing can be said."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecs2k8s.collect.recognise import Found, recognise
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.scaling import scaling_files, scaling_lines
from tests.case_files import snapshot

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
CPU = "service/prod/web CPUUtilization"
SERVICE: dict[str, Any] = {
    "cpu": "512",
    "memory": "1024",
    "containerDefinitions": [{"name": "web", "portMappings": [{"containerPort": 80}]}],
    "service": {"desiredCount": 2},
    "scaling": {"policies": [{"cpu": 60}], "actions": [{"Schedule": "rate(1 day)"}]},
}


def data(label: str, values: list[float], seconds: int = 60) -> dict[str, Any]:
    stamps = [(START + timedelta(seconds=seconds * number)).isoformat() for number in range(len(values))]
    return {"Id": "m1", "Label": label, "Timestamps": stamps, "Values": values, "StatusCode": "Complete"}


def report(*series: dict[str, Any], service: dict[str, Any] = SERVICE) -> tuple[str, dict[str, str]]:
    documents = snapshot(service).documents
    for number, each in enumerate(series):
        shape = "cloudwatch.MetricData" if "Id" in each else "cloudwatch.MetricStatistics"
        documents = (*documents, Document(shape, f"{number}", each))
    made = translate(Snapshot(documents), convert({}))
    return "\n".join(scaling_lines(made, convert({}))), scaling_files(made, convert({}))


def test_answers_of_both_operations_are_known_by_what_they_hold() -> None:
    (one,) = recognise({"MetricDataResults": [data(CPU, [1.0])], "Messages": []})
    (other,) = recognise({"Label": "CPUUtilization", "Datapoints": [{"Average": 1.0}]})
    assert isinstance(one, Found)
    assert isinstance(other, Found)
    assert (one.shape, other.shape) == ("cloudwatch.MetricData", "cloudwatch.MetricStatistics")


def test_a_table_and_a_plot_say_what_both_would_have_done() -> None:
    text, files = report(data(CPU, [40.0] * 5 + [150.0] * 10))
    assert "| 2026-11-20 10:05 | 2 | 5 |" in text
    assert "| 2026-11-20 10:07 | 5 | 5 |" in text
    assert "2 tasks are taken to have borne the load" in text
    assert "scheduled actions are left out" in text
    ((name, plot),) = files.items()
    assert name == "report/scaling/prod-web.svg"
    root = ET.fromstring(plot)
    words = [element.text for element in root if element.tag.endswith(("title", "desc"))]
    assert words == ["Scaling of prod/web, replayed", "ECS: 2 to 5 tasks, ends with 5. EKS: 2 to 5 pods, ends with 5."]
    assert "stroke-dasharray" in plot


def test_the_recorded_count_says_how_much_load_there_was() -> None:
    counts = data("service/prod/web RunningTaskCount", [8.0] * 15)
    text, _ = report(data(CPU, [60.0] * 15), counts)
    assert "times service/prod/web RunningTaskCount" in text
    assert "| 2026-11-20 10:00 | 8 | 8 |" in text


def test_statistics_and_a_bare_label_are_enough_for_one_service() -> None:
    points = [{"Timestamp": stamp, "Average": 150.0} for stamp in data(CPU, [1.0] * 10)["Timestamps"]]
    text, files = report({"Label": "CPUUtilization", "Datapoints": points})
    assert "| 2026-11-20 10:02 | 5 | 5 |" in text
    assert list(files) == ["report/scaling/prod-web.svg"]


@pytest.mark.parametrize(
    ("series", "policies", "why"),
    [
        (data(CPU, [50.0] * 30, 3600), [{"cpu": 60}], "every 3600 seconds is too rare"),
        (data(CPU, [50.0] * 3), [{"cpu": 60}], "3 datapoints that all metrics have are too few"),
        (data(CPU, [50.0]), [{"cpu": 60}], "every so many seconds"),
        (data(CPU, [50.0] * 30), [{"cpu": 60}, {"memory": 60}], "no datapoints of MemoryUtilization"),
        (data(CPU, [50.0] * 30), [{"cpu": 60}, {"PolicyType": "PredictiveScaling"}], "what policy-1 computes"),
    ],
)
def test_where_the_data_does_not_suffice_it_says_so(series: dict[str, Any], policies: list[Any], why: str) -> None:
    text, files = report(series, service=SERVICE | {"scaling": {"policies": policies}})
    assert "**inconclusive**: " in text
    assert why in text
    assert files == {}


def test_datapoints_of_nothing_are_named() -> None:
    text, files = report(data("service/prod/other CPUUtilization", [1.0] * 9))
    assert "- `service/prod/other CPUUtilization`" in text
    assert files == {}


def test_without_datapoints_there_is_nothing_to_say() -> None:
    assert report() == ("", {})


@pytest.mark.parametrize("value", [1e308, -1e308, 0.0])
@pytest.mark.parametrize("wanted", [1e-320, 1e-108, 60.0, 1e308])
def test_numbers_at_the_ends_of_what_aws_takes_end_no_replay(value: float, wanted: float) -> None:
    service = SERVICE | {"scaling": {"policies": [{"cpu": wanted}]}}
    text, _ = report(data(CPU, [40.0] * 5 + [value] * 20), service=service)
    assert "prod/web" in text
