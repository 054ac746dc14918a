"""What the report says that the cluster must have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.needs import needs
from tests.case_files import load, snapshot

CASES = Path(__file__).parents[2] / "cases"


@pytest.mark.parametrize(
    ("identity", "page"),
    [("irsa", "iam-roles-for-service-accounts-minimum-sdk"), ("pod-identity", "pod-id-minimum-sdk")],
)
def test_the_age_of_sdks(identity: str, page: str) -> None:
    given: dict[str, Any] = {"taskRoleArn": "arn:aws:iam::111122223333:role/web", "service": {}}
    target = convert({"identity": identity})
    assert any(page in line for line in needs(translate(snapshot(given), target).bundle, target))


def test_no_sdk_is_asked_for_where_no_pod_has_a_role() -> None:
    target = convert({})
    assert not any("SDK" in line for line in needs(translate(snapshot({"service": {}}), target).bundle, target))


def test_the_permissions_of_keda() -> None:
    case = load(CASES / "scaling" / "worked-scaled-object.yaml")
    lines = needs(translate(case.snapshot, case.target).bundle, case.target)
    assert any("cloudwatch:GetMetricData" in line and "sqs:GetQueueAttributes" in line for line in lines)
