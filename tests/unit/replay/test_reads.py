"""An account that nobody has changed is the account of the documents; over HTTP it is one for several processes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.collect.pace import Pacer
from ecs2k8s.replay.answers import account
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.remote_clock import RemoteClock
from ecs2k8s.replay.server import listening
from ecs2k8s.replay.stand_in import Fault
from tests.estates import ROOT, SAMPLES
from tests.replayed import ACCOUNT, REGION, read
from tests.standing import TRYING, of_sample, sample, stand

if TYPE_CHECKING:
    from pathlib import Path


LONG = [pytest.param(name, marks=pytest.mark.long) for name in SAMPLES if name != "ec2-legacy"]


@pytest.mark.parametrize("name", ["ec2-legacy", *LONG])
def test_an_account_that_nobody_changed_answers_an_export_as_its_documents_do(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)
    aws, documents = sample(name), account(of_sample(name), ACCOUNT)
    assert read(aws.hook, tmp_path).documents
    for request in aws.hook.calls:
        assert in_any_order(aws.policy(request, 0)) == in_any_order(documents(request, 0)), request
    assert aws.policy.writes() == []


def in_any_order(answer: Any) -> Any:
    """Lists at the top are sorted: AWS gives rules by their priority, documents lie by their ARN."""
    lists = {key: sorted(value, key=str) for key, value in answer.items() if isinstance(value, list)}
    return answer | lists


@pytest.mark.long
def test_a_write_is_seen_by_the_next_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)
    aws = sample("three-tier")
    aws.client("ecs").update_service(cluster="shop", service="worker", desiredCount=7)
    found = [each.data for each in read(aws.hook, tmp_path).documents if each.id.endswith("service/shop/worker")]
    assert [each["desiredCount"] for each in found if "desiredCount" in each] == [7]


WRITER = """
import sys, boto3
from botocore.config import Config
url, agent, call, group, at = sys.argv[1:]
once = Config(retries={"total_max_attempts": 1}, user_agent_extra=agent)
keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-key"}
elb = boto3.client("elbv2", region_name="eu-west-1", endpoint_url=url, config=once, **keys)
for turn in range(5):
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": f"10.20.16.{int(at) + turn}", "Port": 8000}])
"""


def client(url: str, service: str) -> Any:
    import boto3
    from botocore.config import Config

    once = Config(retries={"total_max_attempts": 1}, user_agent_extra=TRYING)
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-key"}
    return boto3.client(service, region_name=REGION, endpoint_url=url, config=once, **keys)


def test_several_processes_write_to_one_account() -> None:
    aws = sample("three-tier")
    group = aws.all("elbv2.TargetGroup")[0]["TargetGroupArn"]
    with listening(aws.hook) as url:
        command = [sys.executable, "-c", WRITER, url, TRYING, "elbv2", group]
        started = [subprocess.Popen([*command, str(at)], cwd=ROOT, stderr=subprocess.PIPE) for at in (100, 200)]
        assert [each.communicate()[1] for each in started] == [b"", b""]
        found = client(url, "elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    ids = {each["Target"]["Id"] for each in found}
    assert {f"10.20.16.{at + turn}" for at in (100, 200) for turn in range(5)} <= ids
    assert len(aws.policy.writes()) == 10


def test_calls_of_every_protocol_come_over_http() -> None:
    aws = sample("microservices")
    with listening(aws.hook) as url:
        role = aws.all("iam.Role")[0]
        pods = {"clusterName": "market", "namespace": "a", "serviceAccount": "b"}
        made = client(url, "eks").create_pod_identity_association(**pods, roleArn=role["Arn"])["association"]
        client(url, "eks").delete_pod_identity_association(clusterName="market", associationId=made["associationId"])
        schedule = client(url, "scheduler").get_schedule(Name="report-weekly")
        keys = ("Name", "ScheduleExpression", "Target", "FlexibleTimeWindow")
        client(url, "scheduler").update_schedule(**{key: schedule[key] for key in keys})
        client(url, "ecs").update_service(cluster="market", service="order", desiredCount=0)
        client(url, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="ecs2k8s")
    assert [each.call for each in aws.policy.writes()] == [
        "eks.CreatePodIdentityAssociation",
        "eks.DeletePodIdentityAssociation",
        "scheduler.UpdateSchedule",
        "ecs.UpdateService",
    ]


def test_a_change_of_records_comes_over_http() -> None:
    aws = sample("three-tier")
    record = {"Name": "a.shop.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    with listening(aws.hook) as url:
        route53 = client(url, "route53")
        sent = route53.change_resource_record_sets(HostedZoneId="Z0123456789EXAMPLESHOP", ChangeBatch=batch)
        assert route53.get_change(Id=sent["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "PENDING"


def test_no_answer_is_no_answer_over_http_either() -> None:
    from botocore.exceptions import ConnectionClosedError

    aws = sample("three-tier")
    aws.policy.faults.append(Fault("ecs.UpdateService", "silent", when="after"))
    with listening(aws.hook) as url, pytest.raises(ConnectionClosedError):
        client(url, "ecs").update_service(cluster="shop", service="worker", desiredCount=7)
    assert [each.outcome for each in aws.policy.writes()] == ["silent"]


def test_what_is_not_modelled_is_said_over_http() -> None:
    from botocore.exceptions import ClientError

    with listening(sample("three-tier").hook) as url, pytest.raises(ClientError, match="deploymentConfiguration"):
        client(url, "ecs").update_service(cluster="shop", service="worker", deploymentConfiguration={})


def test_another_process_sleeps_by_the_clock_of_the_account() -> None:
    aws = stand()
    begun = aws.clock.now()
    with listening(aws.hook, aws.clock) as url:
        clock = RemoteClock(url)
        clock.sleep(3600)
        assert (clock.now(), clock.monotonic(), aws.clock.now()) == (begun + 3600,) * 3
    with listening(Hook((aws.policy,))) as url, pytest.raises(OSError, match="404"):
        RemoteClock(url).now()
