"""A known cause explains what its row says, and hides nothing that a reviewer must see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecs2k8s.compare.causes import catalogue, counts, explained
from ecs2k8s.compare.changes import Action, Change, Diff, Leaf, Masked, Name, Risk, Row, Status
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.risks import blockers, blocking

ARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web"
Case = tuple[Name, str, Any, Any, set[str]]  # a diff, a shape, two sides, and the paths that are explained

CASES: dict[str, Case] = {
    "a_new_revision_of_the_same_content": (
        "drift",
        "ecs.TaskDefinition",
        {"taskDefinitionArn": f"{ARN}:1", "revision": 1, "registeredAt": "2025-01-01T00:00:00Z", "cpu": "256"},
        {"taskDefinitionArn": f"{ARN}:2", "revision": 2, "registeredAt": "2025-02-01T00:00:00Z", "cpu": ".25 vCPU"},
        {"taskDefinitionArn", "revision", "registeredAt"},
    ),
    "a_capability_that_ecs_derives": (
        "drift",
        "ecs.TaskDefinition",
        {"requiresAttributes": [{"name": "ecs.capability.task-eni"}], "cpu": "256"},
        {"requiresAttributes": [{"name": "com.amazonaws.ecs.capability.privileged-container"}, {"name": "mine"}]},
        {
            "requiresAttributes[name=ecs.capability.task-eni].name",
            "requiresAttributes[name=com.amazonaws.ecs.capability.privileged-container].name",
        },
    ),
    "a_statement_with_another_name": (
        "drift",
        "iam.RolePolicy",
        {"PolicyDocument": {"Statement": {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}},
        {"PolicyDocument": {"Statement": [{"Sid": "R2", "Effect": "Allow", "Action": ["S3:get*"], "Resource": "*"}]}},
        {"PolicyDocument.Statement[#0].Sid"},
    ),
    "a_tag_that_cloudformation_set": (
        "drift",
        "ec2.SecurityGroup",
        {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "one"}, {"Key": "team", "Value": "a"}]},
        {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "two"}, {"Key": "team", "Value": "b"}]},
        {"Tags[Key=aws:cloudformation:stack-name].Value"},
    ),
    "the_version_of_an_object": (
        "cluster",
        "Deployment",
        {"metadata": {"name": "web", "resourceVersion": "1"}},
        {"metadata": {"name": "web", "resourceVersion": "2", "uid": "a-b", "labels": {"a": "b"}}},
        {"metadata.resourceVersion", "metadata.uid"},
    ),
    "the_revision_that_a_deployment_counts": (
        "cluster",
        "Deployment",
        {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}},
        {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2", "team": "a"}}},
        {'metadata.annotations["deployment.kubernetes.io/revision"]'},
    ),
    "pods_that_were_restarted": (
        "cluster",
        "Deployment",
        {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}},
        {
            "spec": {
                "template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2025-01-01T00:00:00Z"}}}
            }
        },
        {'spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]'},
    ),
    "an_object_that_argo_cd_tracks": (
        "cluster",
        "Service",
        {"spec": {"ports": [{"port": 80}]}},
        {
            "metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "shop:/Service:shop/web"}},
            "spec": {"ports": [{"port": 80}]},
        },
        {'metadata.annotations["argocd.argoproj.io/tracking-id"]'},
    ),
}


def diff(name: Name, shape: str, found: tuple[Row, ...]) -> Diff:
    change = Change(f"{shape}/a/b", Action.UPDATE, found, shape=shape if "." in shape else "")
    return Diff(name, "left", "right", (change,))


def test_every_cause_names_a_case_that_shows_it() -> None:
    found = {cause.test for cause in catalogue().values() if not cause.by}
    assert found == CASES.keys()


@pytest.mark.parametrize("ident", [ident for ident, cause in catalogue().items() if cause.by])
def test_a_cause_that_code_tells_names_a_test_and_a_module_that_exist(ident: str) -> None:
    cause, root = catalogue()[ident], Path(__file__).parents[3]
    tests = (path.read_text("utf-8") for path in (root / "tests").rglob("test_*.py"))
    assert any(f"def {cause.test}(" in text for text in tests)
    package = root / "ecs2k8s" / Path(*cause.by.split("."))
    assert any(f'"{ident}"' in path.read_text("utf-8") for path in package.parent.glob(f"{package.name}*.py"))


@pytest.mark.parametrize("ident", [ident for ident, cause in catalogue().items() if not cause.by])
def test_a_cause_explains_its_rows_and_no_other(ident: str) -> None:
    cause = catalogue()[ident]
    name, shape, before, after, paths = CASES[cause.test]
    made = explained(diff(name, shape, rows(before, after, shape)))
    assert {row.path for row in made.rows if row.cause == ident} == paths
    assert all(row.because == cause.text for row in made.rows if row.cause == ident)
    assert counts(made)[ident] == len(paths)
    assert made.explained >= len(paths)


@pytest.mark.parametrize("ident", [ident for ident, cause in catalogue().items() if not cause.by])
def test_a_cause_holds_in_its_diffs_only(ident: str) -> None:
    cause = catalogue()[ident]
    _, shape, before, after, _ = CASES[cause.test]
    made = explained(diff("translate", shape, rows(before, after, shape)))
    assert not any(row.cause for row in made.rows)


@pytest.mark.parametrize("value", ["x" * 3 + "\n!", None, Masked(same=False), ["1"]])
def test_both_values_must_match(value: Any) -> None:
    row = Row("revision", Status.CHANGED, Risk.METADATA, Leaf(1), Leaf(value))
    assert not explained(diff("drift", "ecs.TaskDefinition", (row,))).rows[0].cause
    turned = replace(row, before=row.after, after=row.before)
    assert not explained(diff("drift", "ecs.TaskDefinition", (turned,))).rows[0].cause


@pytest.mark.parametrize("about", sorted(blockers().classes))
def test_no_cause_hides_a_change_of_a_class_that_blocks(about: Risk) -> None:
    row = Row("metadata.uid", Status.CHANGED, about, Leaf("1"), Leaf("2"), cause="server-bookkeeping")
    assert not explained(diff("cluster", "Deployment", (row,))).rows[0].cause
    assert not explained(diff("cluster", "Deployment", (replace(row, cause=""),))).rows[0].cause


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("Deployment", "spec.template.spec.containers[name=web].ports[containerPort=80,protocol=TCP].containerPort"),
        ("HTTPRoute", "spec.rules[0].backendRefs[name=a].weight"),
        ("ec2.SecurityGroup", "IpPermissions[IpProtocol=tcp].IpRanges[CidrIp=0.0.0.0/0].CidrIp"),
        ("elbv2.Rule", "Actions[0].ForwardConfig.TargetGroups[TargetGroupArn=a].Weight"),
        ("ecs.Service", "networkConfiguration.awsvpcConfiguration.securityGroups"),
        ("ecs.Service", "taskDefinition.containerDefinitions[name=web].portMappings[containerPort=80].hostPort"),
    ],
)
def test_no_cause_hides_a_change_of_ports_weights_and_security_groups(shape: str, path: str) -> None:
    row = Row(path, Status.CHANGED, Risk.TRAFFIC, Leaf(1), Leaf(2), cause="revision-number")
    assert not explained(diff("drift", shape, (row,))).rows[0].cause


def test_no_pattern_of_a_cause_lies_where_causes_may_not_hide() -> None:
    placed = [
        (shape, place) for cause in catalogue().values() for shape, places in cause.places.items() for place in places
    ]
    assert placed
    assert not [where for where in placed if blocking().covering(where[0], tuple(where[1].split(".")))]


def test_a_place_in_somebody_elses_words_is_left_alone() -> None:
    row = Row(".spec[?]", Status.CHANGED, Risk.METADATA, Leaf(1), Leaf(2))
    assert explained(diff("cluster", "Deployment", (row,))).rows == [row]


def test_a_conflict_is_never_explained() -> None:
    mark = 'metadata.annotations["deployment.kubernetes.io/revision"]'
    rows_ = [Row(mark, status, Risk.METADATA, Leaf("1"), Leaf("2")) for status in (Status.CHANGED, Status.CONFLICT)]
    diff = Diff("cluster", "", "", (Change("Deployment/shop/web", Action.UPDATE, tuple(rows_)),))
    assert [row.cause for row in explained(diff).rows] == ["controller-mark", ""]
