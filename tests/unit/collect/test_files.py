"""What `--from` reads, and what it makes of it."""

from __future__ import annotations

import codecs
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecs2k8s.collect.files import read
from ecs2k8s.core.documents import Document, Snapshot, dump
from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.findings import Finding

ACCOUNT = "eu-west-1:111122223333"
WEB: dict[str, Any] = {"family": "web", "containerDefinitions": [{"name": "web", "image": "nginx:1"}]}
SERVICE = {"serviceName": "web", "taskDefinition": "web:3", "desiredCount": 2}
ARN = f"arn:aws:ecs:{ACCOUNT}:task-definition/web:3"


def write(path: Path, value: Any) -> str:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return str(path)


def given(tmp_path: Path, value: Any, name: str = "given.json") -> Snapshot:
    return read([write(tmp_path / name, value)])


def ids(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(document.shape, document.id) for document in snapshot.documents]


def slugs(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.slug for finding in findings]


KINDS: list[tuple[Any, list[tuple[str, str]]]] = [
    (WEB, [("ecs.TaskDefinition", "task-definition/web")]),
    ({**WEB, "revision": 3}, [("ecs.TaskDefinition", "task-definition/web:3")]),
    ({"taskDefinition": {**WEB, "taskDefinitionArn": ARN}}, [("ecs.TaskDefinition", ARN)]),
    (SERVICE, [("ecs.Service", "service/default/web")]),
    ({**SERVICE, "cluster": f"arn:aws:ecs:{ACCOUNT}:cluster/prod"}, [("ecs.Service", "service/prod/web")]),
    ({"services": [SERVICE], "failures": []}, [("ecs.Service", "service/default/web")]),
    ({"service": SERVICE}, [("ecs.Service", "service/default/web")]),
    ({"service": "web", "taskDefinition": "web:4", "desiredCount": 1}, [("ecs.Service", "service/default/web")]),
    ({"service": "arn:x:service/c/web", "desiredCount": 1}, [("ecs.Service", "arn:x:service/c/web")]),
    ({"clusters": [{"clusterName": "c"}]}, [("ecs.Cluster", "cluster/c")]),
    ({"cluster": {"clusterName": "c"}}, [("ecs.Cluster", "cluster/c")]),
    ({"capacityProviders": [{"name": "spot"}]}, [("ecs.CapacityProvider", "capacity-provider/spot")]),
    ({"tasks": [{"taskArn": "arn:t"}]}, [("ecs.Task", "arn:t")]),
    ({"TargetGroups": [{"TargetGroupArn": "arn:g"}]}, [("elbv2.TargetGroup", "arn:g")]),
    ({"LoadBalancers": [{"LoadBalancerArn": "arn:l"}]}, [("elbv2.LoadBalancer", "arn:l")]),
    ({"Listeners": [{"ListenerArn": "arn:l"}]}, [("elbv2.Listener", "arn:l")]),
    ({"Rules": [{"RuleArn": "arn:r"}]}, [("elbv2.Rule", "arn:r")]),
    (
        {"TargetGroupArn": "arn:g", "Attributes": [{"Key": "a", "Value": "b"}]},
        [("elbv2.TargetGroupAttributes", "arn:g")],
    ),
    ({"SecurityGroups": [{"GroupId": "sg-1"}]}, [("ec2.SecurityGroup", "security-group/sg-1")]),
    ({"Subnets": [{"SubnetId": "subnet-1", "SubnetArn": "arn:s"}]}, [("ec2.Subnet", "arn:s")]),
    ({"Role": {"Arn": "arn:r", "AssumeRolePolicyDocument": {"Statement": []}}}, [("iam.Role", "arn:r")]),
    (
        {"ScalableTargets": [{"ServiceNamespace": "ecs", "ResourceId": "service/c/w", "ScalableDimension": "d"}]},
        [("application-autoscaling.ScalableTarget", "scalable-target/ecs/service/c/w/d")],
    ),
    ({"ScalingPolicies": [{"PolicyARN": "arn:p"}]}, [("application-autoscaling.ScalingPolicy", "arn:p")]),
    (
        {"services": [SERVICE], "taskDefinition": WEB, "ResponseMetadata": {}},
        [("ecs.Service", "service/default/web"), ("ecs.TaskDefinition", "task-definition/web")],
    ),
    ([WEB["containerDefinitions"][0]], [("ecs.TaskDefinition", "task-definition/given")]),
    (
        [{"services": [SERVICE]}, {"services": [{**SERVICE, "serviceName": "api"}]}],
        [("ecs.Service", "service/default/api"), ("ecs.Service", "service/default/web")],
    ),
    ({"containerDefinitions": WEB["containerDefinitions"]}, [("ecs.TaskDefinition", "task-definition/given")]),
    (
        {"desiredCount": 1, "launchType": "FARGATE", "taskDefinition": "web"},
        [("ecs.Service", "service/default/given")],
    ),
]


@pytest.mark.parametrize(("value", "expected"), KINDS)
def test_a_document_is_told_by_its_keys(value: Any, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    snapshot = given(tmp_path, value)
    assert ids(snapshot) == expected
    assert snapshot.failures == ()


@pytest.mark.parametrize(("value", "expected"), KINDS)
def test_yaml_gives_what_json_gives(value: Any, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    text = yaml.safe_dump(value, sort_keys=False)
    assert given(tmp_path, text) == given(tmp_path, value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_each_unicode_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    value = {**WEB, "taskRoleArn": "café 🚢"}
    path = tmp_path / "given.json"
    path.write_bytes(json.dumps(value, ensure_ascii=False).encode(encoding))
    assert read([str(path)]).documents[0].data == value


def test_utf_16_of_powershell_may_hold_yaml(tmp_path: Path) -> None:
    path = tmp_path / "given.yaml"
    path.write_bytes(codecs.BOM_UTF16_LE + yaml.safe_dump(WEB).replace("\n", "\r\n").encode("utf-16-le"))
    assert read([str(path)]).documents[0].data == WEB


def test_tags_beside_a_task_definition_become_its_own(tmp_path: Path) -> None:
    tags = [{"key": "team", "value": "a"}]
    assert given(tmp_path, {"taskDefinition": WEB, "tags": tags}).documents[0].data == {**WEB, "tags": tags}


def test_unknown_keys_and_nulls_stay(tmp_path: Path) -> None:
    value = {**WEB, "cpu": None, "newThing": {"a": [1, None, 2.5]}}
    snapshot = given(tmp_path, value)
    assert snapshot.documents[0].data == value
    assert snapshot.notes == ()


def test_digits_and_flags_in_quotes_are_taken_with_a_note(tmp_path: Path) -> None:
    container = {"name": "web", "cpu": "256", "essential": "true"}
    snapshot = given(tmp_path, {"family": "web", "cpu": 512, "memory": "1GB", "containerDefinitions": [container]})
    assert snapshot.documents[0].data == {
        "family": "web",
        "cpu": "512",
        "memory": "1GB",
        "containerDefinitions": [{"name": "web", "cpu": 256, "essential": True}],
    }
    subject = "task-definition/web"
    assert snapshot.notes == (
        Finding.of("value-coerced", subject, "containerDefinitions[0].cpu", type="an integer"),
        Finding.of("value-coerced", subject, "containerDefinitions[0].essential", type="a boolean"),
        Finding.of("value-coerced", subject, "cpu", type="a string"),
    )


def test_what_has_no_name_is_named_after_the_file(tmp_path: Path) -> None:
    container = "- {name: a}\n"
    snapshot = given(
        tmp_path, f"containerDefinitions:\n{container}---\ncontainerDefinitions:\n{container}", "my.web.yaml"
    )
    assert ids(snapshot) == [
        ("ecs.TaskDefinition", "task-definition/my.web"),
        ("ecs.TaskDefinition", "task-definition/my.web-2"),
    ]
    assert snapshot.documents[0].data["family"] == "my.web"
    file = str(tmp_path / "my.web.yaml")
    assert snapshot.notes[0] == Finding.of(
        "named-after-file", "task-definition/my.web", "family", file=file, name="my.web"
    )


def test_a_service_of_an_update_keeps_its_name_where_it_was_written(tmp_path: Path) -> None:
    update = {"service": "web", "cluster": "prod", "forceNewDeployment": True}
    snapshot = given(tmp_path, update)
    assert snapshot.documents == (Document("ecs.Service", "service/prod/web", update),)
    assert snapshot.notes == ()


def test_standard_input_is_read(tmp_path: Path) -> None:
    del tmp_path
    snapshot = read(["-"], lambda: json.dumps(WEB["containerDefinitions"]).encode())
    assert ids(snapshot) == [("ecs.TaskDefinition", "task-definition/stdin")]


def test_several_answers_behind_one_another_are_read(tmp_path: Path) -> None:
    text = json.dumps({"services": [SERVICE]}) + "\n" + json.dumps({"taskDefinition": WEB})
    assert len(given(tmp_path, text).documents) == 2


def test_the_documents_beside_a_rejected_one_go_on(tmp_path: Path) -> None:
    snapshot = given(tmp_path, {"services": [SERVICE, {**SERVICE, "desiredCount": "two"}, "web", None]})
    assert ids(snapshot) == [("ecs.Service", "service/default/web")]
    assert [finding.path for finding in snapshot.failures] == ["services[1].desiredCount", "services[2]", "services[3]"]


def test_what_aws_could_not_say_is_a_failure(tmp_path: Path) -> None:
    failure = {"arn": f"arn:aws:ecs:{ACCOUNT}:service/c/x", "reason": "MISSING"}
    snapshot = given(tmp_path, {"services": [SERVICE], "failures": [failure]})
    assert snapshot.failures == (Finding.of("aws-failure", failure["arn"], "failures[0]", reason="MISSING", detail=""),)


def test_a_page_that_has_more_behind_it_is_said(tmp_path: Path) -> None:
    snapshot = given(tmp_path, {"TargetGroups": [{"TargetGroupArn": "arn:g"}], "NextMarker": "x"})
    assert snapshot.notes == (Finding.of("more-pages", str(tmp_path / "given.json"), "NextMarker"),)


def test_a_key_beside_an_answer_is_said(tmp_path: Path) -> None:
    snapshot = given(tmp_path, {"services": [SERVICE], "comment": "mine"})
    assert slugs(snapshot.notes) == ["key-ignored"]


def test_a_snapshot_is_read_back_as_it_was(tmp_path: Path) -> None:
    first = read(
        [write(tmp_path / "a.json", {**WEB, "cpu": 256}), write(tmp_path / "b.json", {"services": [SERVICE, 5]})]
    )
    path = tmp_path / "snapshot.json"
    path.write_bytes(dump(first))
    assert read([str(path)]) == first


def test_a_snapshot_keeps_the_oldest_time(tmp_path: Path) -> None:
    times = ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", ""]
    for index, taken in enumerate(times):
        snapshot = Snapshot((Document("ecs.Cluster", f"cluster/{index}", {"clusterName": str(index)}),), taken=taken)
        (tmp_path / f"{index}.json").write_bytes(dump(snapshot))
    assert read([str(tmp_path)]).taken == "2026-01-01T00:00:00Z"


def test_equal_documents_are_one(tmp_path: Path) -> None:
    snapshot = read([write(tmp_path / "a.json", WEB), write(tmp_path / "b.json", {"taskDefinition": WEB})])
    assert (len(snapshot.documents), snapshot.failures) == (1, ())


def test_of_two_versions_the_fuller_one_stays_and_it_is_said(tmp_path: Path) -> None:
    snapshot = read([write(tmp_path / "a.json", {**WEB, "cpu": "256"}), write(tmp_path / "b.json", WEB)])
    assert snapshot.documents[0].data == {**WEB, "cpu": "256"}
    shape = "ecs.TaskDefinition"
    assert snapshot.failures == (Finding.of("duplicate-document", "task-definition/web", shape=shape, count="2"),)


def test_the_snapshot_does_not_depend_on_names_and_order_of_files(tmp_path: Path) -> None:
    values = [*(value for value, expected in KINDS if "given" not in expected[0][1]), {**WEB, "cpu": "256"}]
    seen = set()
    for seed in range(5):
        random.Random(seed).shuffle(values)
        folder = tmp_path / str(seed)
        folder.mkdir()
        for index, value in enumerate(values):
            write(folder / f"{index}.json", value)
        seen.add(dump(read([str(folder)])))
    assert len(seen) == 1


def test_the_same_file_name_in_two_folders_is_said(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "td.json", [{"name": folder, "image": "x"}])
    assert slugs(read([str(tmp_path)]).failures) == ["duplicate-document"]


def test_names_that_point_elsewhere_are_data(tmp_path: Path) -> None:
    snapshot = given(tmp_path, {**WEB, "family": "../../etc/passwd"})
    assert ids(snapshot) == [("ecs.TaskDefinition", "task-definition/../../etc/passwd")]


def test_a_file_name_of_any_bytes_is_shown(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\n.json"
    Path(os.fsdecode(path)).write_text(json.dumps(WEB["containerDefinitions"]), encoding="utf-8")
    snapshot = read([str(tmp_path)])
    assert ids(snapshot) == [("ecs.TaskDefinition", "task-definition/\\udcff\\n")]
    dump(snapshot)


def test_nothing_usable_names_the_first_reasons(tmp_path: Path) -> None:
    for name in "abcde":
        write(tmp_path / f"{name}.json", "{")
    with pytest.raises(SnapshotError, match=r"a\.json: line 2 column 1: .*b\.json.*c\.json: [^;]*; and 2 more$"):
        read([str(tmp_path)])


def test_yaml_means_what_the_aws_cli_means_by_it(tmp_path: Path) -> None:
    text = (
        "family: on\nx-base: &base {cpu: 5, memory: 64}\ncontainerDefinitions:\n"
        "- {<<: *base, name: a, cpu: 7, command: [yes, '0644', \"1\", 1:30, y, 0.1.2, !!str 5]}\n"
    )
    container = {"name": "a", "cpu": 7, "memory": 64, "command": ["yes", "0644", "1", "1:30", "y", "0.1.2", "5"]}
    assert given(tmp_path, text).documents[0].data == {
        "family": "on",
        "x-base": {"cpu": 5, "memory": 64},
        "containerDefinitions": [container],
    }


def test_a_date_is_a_time_where_aws_has_a_time(tmp_path: Path) -> None:
    text = "family: a\nregisteredAt: 2024-01-01T00:00:00Z\nx: 2024-01-01\ncontainerDefinitions: [{name: a}]\n"
    data = given(tmp_path, text).documents[0].data
    assert (data["registeredAt"], data["x"]) == ("2024-01-01T00:00:00.000000+00:00", "2024-01-01")
    assert {type(data["registeredAt"]), type(data["x"])} == {str}


def test_redact_masks_what_looks_secret_before_it_reaches_the_snapshot(tmp_path: Path) -> None:
    options = {"splunk-token": "0123-abcd", "awslogs-group": "g"}
    container = {
        "name": "a",
        "environment": [{"name": "A_TOKEN", "value": "plain-1"}, {"name": "LEVEL", "value": "info"}],
        "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:x"}],
        "logConfiguration": {"logDriver": "splunk", "options": options},
    }
    override = {"containerOverrides": [{"name": "a", "environment": [{"name": "A_PASSWORD", "value": "plain-2"}]}]}
    path = write(
        tmp_path / "a.json",
        {
            "taskDefinition": {"family": "f", "containerDefinitions": [container]},
            "tasks": [{"taskArn": "arn:t", "overrides": override}],
        },
    )
    snapshot = read([path], redact=True)
    text = dump(snapshot).decode()
    assert not [secret for secret in ("plain-1", "plain-2", "0123-abcd") if secret in text]
    masked = snapshot.of("ecs.TaskDefinition")[0].data["containerDefinitions"][0]
    assert masked["environment"] == [
        {"name": "A_TOKEN", "value": "ecs2k8s:redacted"},
        {"name": "LEVEL", "value": "info"},
    ]
    assert masked["logConfiguration"]["options"] == {"splunk-token": "ecs2k8s:redacted", "awslogs-group": "g"}
    assert masked["secrets"] == container["secrets"]
