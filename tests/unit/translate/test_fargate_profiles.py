"""Fargate profiles as CloudFormation takes them."""

from __future__ import annotations

from pathlib import Path

from ecs2k8s.pipeline import translate
from ecs2k8s.render.aws import template
from tests.case_files import load
from tests.linted import linted

CASE = Path(__file__).parents[2] / "cases" / "capacity" / "fargate-profiles.yaml"


def test_a_profile_for_each_namespace_that_has_none(tmp_path: Path) -> None:
    case = load(CASE)
    role, profile = sorted(translate(case.snapshot, case.target).resources, key=lambda each: each.type, reverse=True)
    assert profile.properties == {
        "ClusterName": "shop",
        "FargateProfileName": "ecs2k8s-1",
        "PodExecutionRoleArn": {"Fn::GetAtt": [role.logical_id, "Arn"]},
        "Subnets": ["subnet-0a1b2c3d4e5f6000a"],
        "Selectors": [{"Namespace": "prod"}],
    }
    assert role.properties["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"]
    assert linted({"fargate": template((role, profile))}, tmp_path) == ""
