"""Secrets in the clear that rules and schedules hand to tasks are reported by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecs2k8s.collect.plain_secrets import plain_secrets
from ecs2k8s.core.documents import Document
from ecs2k8s.core.redacted import REDACTED

OVERRIDES = {
    "containerOverrides": [
        {"name": "job", "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "full"}]}
    ]
}
UNIVERSAL = {"Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "API_TOKEN", "Value": "hunter2"}]}]}}


def said(shape: str, data: dict[str, Any]) -> list[tuple[str, str]]:
    found = list(plain_secrets(Document(shape, "x", data)))
    assert "hunter2" not in str(found)
    return [(finding.path, dict(finding.args)["name"]) for finding in found]


def test_overrides_of_rules_and_schedules() -> None:
    targets = {"Targets": [{"Id": "1"}, {"Id": "2", "Input": json.dumps(OVERRIDES)}]}
    assert said("events.RuleTargets", targets) == [("Targets[1].Input", "DB_PASSWORD")]
    assert said("scheduler.Schedule", {"Target": {"Input": json.dumps(UNIVERSAL)}}) == [("Target.Input", "API_TOKEN")]


def test_a_masked_value_is_still_said() -> None:
    masked = json.dumps(OVERRIDES).replace("hunter2", REDACTED)
    assert said("events.RuleTargets", {"Targets": [{"Input": masked}]}) == [("Targets[0].Input", "DB_PASSWORD")]


@pytest.mark.parametrize("text", ["", "plain", "{", "{}", '{"a": [1, null]}'])
def test_other_inputs_say_nothing(text: str) -> None:
    assert said("events.RuleTargets", {"Targets": [{"Input": text}]}) == []


def test_other_documents_are_told_elsewhere() -> None:
    assert said("ecs.TaskDefinition", OVERRIDES) == []
