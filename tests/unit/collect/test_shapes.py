"""Values against botocore's service models."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.shapes import validate
from ecs2k8s.core.paths import show


def problems(value: Any, shape: str) -> list[str]:
    return [str(problem) for problem in validate(value, shape)[1]]


@pytest.mark.parametrize("shape", kinds())
def test_each_shape_is_known_to_botocore(shape: str) -> None:
    assert validate({}, shape) == ({}, [], [])
    assert problems([], shape) == ["expected an object, found a list"]


@pytest.mark.parametrize(
    ("value", "taken"), [("0", 0), ("-1", -1), ("0256", 256), (2**31 - 1, 2**31 - 1), ("2147483647", 2**31 - 1)]
)
def test_a_whole_number_is_taken(value: Any, taken: int) -> None:
    assert validate({"desiredCount": value}, "ecs.Service")[:2] == ({"desiredCount": taken}, [])


@pytest.mark.parametrize(
    "value", [2**31, -(2**31) - 1, "2147483648", 1.0, True, "1e3", " 1", "", "\u0661", [], {}, "9" * 50]
)
def test_anything_else_is_no_whole_number(value: Any) -> None:
    assert len(problems({"desiredCount": value}, "ecs.Service")) == 1


def test_text_where_text_belongs_is_never_shown() -> None:
    container = {"name": "a", "environment": [{"name": "PIN", "value": 987654}], "secrets": "hunter2"}
    said = problems({"containerDefinitions": [container]}, "ecs.TaskDefinition")
    assert said == [
        "containerDefinitions[0].environment[0].value: expected a string, found a number: quote it",
        "containerDefinitions[0].secrets: expected a list, found a string",
    ]


@pytest.mark.parametrize(
    "text", ["${cpu}", "{{ cpu }}", "<CPU>", "$$$CPU$$$", "@@CPU@@", "%CPU%", "$CPU", "<%= cpu %>", "__CPU__"]
)
def test_a_placeholder_is_called_one(text: str) -> None:
    (said,) = problems({"desiredCount": text}, "ecs.Service")
    assert said.endswith("which looks like a template: render it first")


def test_the_input_of_create_and_update_service_is_known() -> None:
    value = {
        "cluster": "c",
        "service": "w",
        "role": "r",
        "forceNewDeployment": "true",
        "volumeConfigurations": [{"name": 1}],
    }
    _, wrong, coerced = validate(value, "ecs.Service")
    assert [str(problem) for problem in wrong] == [
        "volumeConfigurations[0].name: expected a string, found a number: quote it"
    ]
    assert [show(each.path) for each in coerced] == ["forceNewDeployment"]


def test_free_documents_hold_anything() -> None:
    hook = {"hookDetails": [1, {"a": None}]}
    value = {"deploymentConfiguration": {"lifecycleHooks": [hook]}}
    assert validate(value, "ecs.Service") == (value, [], [])


@pytest.mark.parametrize("value", [1700000000, 1700000000.5, "2024-01-01T00:00:00+00:00"])
def test_a_time_is_a_number_or_text(value: Any) -> None:
    assert problems({"createdAt": value}, "ecs.Service") == []


def test_a_time_is_nothing_else() -> None:
    assert problems({"createdAt": True}, "ecs.Service") == ["createdAt: expected a time, found a boolean"]


def test_a_decimal_in_quotes_is_a_number() -> None:
    value = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": "62.5"}}
    taken = validate(value, "application-autoscaling.ScalingPolicy")[0]
    assert taken == {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 62.5}}


def test_the_value_given_is_not_changed() -> None:
    value = {"desiredCount": "2", "x": {"a": [1]}}
    taken = validate(value, "ecs.Service")[0]
    taken["x"]["a"].append(2)
    assert value == {"desiredCount": "2", "x": {"a": [1]}}
