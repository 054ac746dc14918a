"""What a plan says of services, schedules, roles, groups and names is what AWS says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things import KINDS
from ecs2k8s.cutover.things.autoscaling_target import target_id
from ecs2k8s.cutover.things.ec2_rule import _id_of, rule_id
from ecs2k8s.cutover.things.ecs_service import scaled
from ecs2k8s.cutover.things.eks_association import association_id
from ecs2k8s.cutover.things.events_rule import rule_target_id
from ecs2k8s.cutover.things.kind import NotInSnapshotError
from ecs2k8s.cutover.things.route53_records import records_id
from tests.estates import SAMPLES, estate
from tests.things_asked import asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.documents import Document

SERVICE = "arn:aws:ecs:eu-west-1:1:service/shop/web"
RULE = "arn:aws:events:eu-west-1:1:rule/nightly"
SCHEDULE = "arn:aws:scheduler:eu-west-1:1:schedule/default/nightly"
ROLE = "arn:aws:iam::1:role/path/web"


def things(documents: list[Document]) -> Iterator[tuple[str, str]]:
    """Kind and id of all that a plan could name."""
    for each in documents:
        data = each.data
        match each.shape:
            case "application-autoscaling.ScalableTarget":
                yield "autoscaling.target", target_id(data["ResourceId"])
            case "ec2.SecurityGroupRule":
                yield "ec2.security-group-rule", _id_of(data)
            case "ecs.Service":
                yield "ecs.service", each.id
                yield "ecs.service-deployment", each.id
            case "events.Rule":
                yield "events.rule", each.id
                found = [
                    it.data for it in documents if it.shape == "events.RuleTargets" and it.data["Rule"] == data["Name"]
                ]
                yield from (
                    ("events.targets", rule_target_id(each.id, target["Id"]))
                    for it in found
                    for target in it["Targets"]
                )
            case "scheduler.Schedule":
                yield "scheduler.schedule", each.id
            case "iam.Role":
                yield "iam.trust", each.id
            case "route53.RecordSets":
                yield from (
                    ("route53.record-sets", records_id(data["HostedZoneId"], record["Name"]))
                    for record in data["ResourceRecordSets"]
                )


@pytest.mark.parametrize("name", SAMPLES)
def test_the_snapshot_and_the_account_say_the_same_of_what_did_not_change(name: str) -> None:
    snapshot, _ = estate(name)
    ask, documents = asking(snapshot.documents), {(each.shape, each.id): each.data for each in snapshot.documents}
    asked = set(things(list(snapshot.documents)))
    assert len(asked) > 5
    for kind, ident in sorted(asked):
        then = KINDS[kind].then(documents, ident)
        assert then, (kind, ident)
        assert KINDS[kind].now(ask, ident) == then, (kind, ident)


def test_the_samples_have_all_that_can_be_read_from_a_snapshot() -> None:
    seen = {kind for name in SAMPLES for kind, _ in things(list(estate(name)[0].documents))}
    others = {kind for kind in KINDS if not kind.startswith(("elbv2.", "kubernetes."))}
    assert others - seen == {"servicediscovery.instances", "eks.pod-identity-association"}


@pytest.mark.parametrize(
    ("kind", "ident"),
    [
        ("autoscaling.target", target_id("service/shop/web")),
        ("ec2.security-group-rule", "sg-1/ingress/tcp/80/80/sg-2"),
        ("ecs.service", SERVICE),
        ("ecs.service-deployment", SERVICE),
        ("eks.pod-identity-association", "eks/shop/web"),
        ("events.rule", RULE),
        ("events.targets", f"{RULE}#web"),
        ("iam.trust", ROLE),
        ("route53.record-sets", "Z1/shop.example.com."),
        ("scheduler.schedule", SCHEDULE),
    ],
)
def test_what_the_snapshot_does_not_have_is_no_state(kind: str, ident: str) -> None:
    with pytest.raises(NotInSnapshotError, match="the snapshot has"):
        KINDS[kind].then({}, ident)


def test_that_there_is_none_is_said_only_where_it_was_looked_for() -> None:
    documents: dict[tuple[str, str], dict[str, Any]] = {
        ("ecs.Service", SERVICE): {},
        ("ec2.SecurityGroup", "sg-1"): {"GroupId": "sg-1"},
        ("eks.PodIdentityAssociations", "eks"): {
            "clusterName": "eks",
            "associations": [{"namespace": "shop", "serviceAccount": "api"}],
        },
        ("events.RuleTargets", "x"): {"Rule": "nightly", "Targets": []},
    }
    assert KINDS["autoscaling.target"].then(documents, target_id("service/shop/web")) is None
    assert KINDS["ec2.security-group-rule"].then(documents, "sg-1/ingress/tcp/80/80/sg-2") is None
    assert KINDS["eks.pod-identity-association"].then(documents, association_id("eks", "shop", "web")) is None
    assert KINDS["events.targets"].then(documents, f"{RULE}#web") is None
    with pytest.raises(NotInSnapshotError, match="already"):
        KINDS["eks.pod-identity-association"].then(documents, association_id("eks", "shop", "api"))


PINNED = {
    "MinCapacity": 4,
    "MaxCapacity": 9,
    "SuspendedState": {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    },
}
RUNNING = {"desiredCount": 3, "taskDefinition": "web:1", "deployments": ["ecs-svc/1"], "taskSets": []}
TARGET = {"Id": "web", "Arn": "arn:aws:ecs:eu-west-1:1:cluster/shop", "RoleArn": "arn:aws:iam::1:role/events"}
BODY = {
    "State": "ENABLED",
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "a", "RoleArn": "b"},
}
TRUSTED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
OURS = {"Description": "", "Tags": {"ecs2k8s": "cutover"}}
SIMPLE = {
    "Name": "a.",
    "Type": "A",
    "AliasTarget": {"HostedZoneId": "Z", "DNSName": "b.", "EvaluateTargetHealth": True},
}
IDENTITY = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
NAMES = {"clusterName": "eks", "namespace": "shop", "serviceAccount": "web"}

REQUESTS: list[tuple[str, str, Any, Any, str, dict[str, Any]]] = [
    ("autoscaling.target", target_id("service/shop/web"), {**PINNED, "MinCapacity": 1}, PINNED, "application-autoscaling.RegisterScalableTarget", IDENTITY | PINNED),
    ("autoscaling.target", target_id("service/shop/web"), PINNED, None, "application-autoscaling.DeregisterScalableTarget", IDENTITY),
    ("ecs.service", SERVICE, RUNNING, scaled(RUNNING, 0), "ecs.UpdateService", {"cluster": "shop", "service": SERVICE, "desiredCount": 0}),
    ("ecs.service", SERVICE, scaled(RUNNING, 0), RUNNING, "ecs.UpdateService", {"cluster": "shop", "service": SERVICE, "desiredCount": 3}),
    ("ecs.service", SERVICE, scaled(RUNNING, 0), None, "ecs.DeleteService", {"cluster": "shop", "service": SERVICE}),
    ("events.rule", RULE, {"State": "ENABLED"}, {"State": "DISABLED"}, "events.DisableRule", {"Name": "nightly", "EventBusName": "default"}),
    ("events.rule", RULE.replace("/nightly", "/own/nightly"), {"State": "DISABLED"}, {"State": "ENABLED"}, "events.EnableRule", {"Name": "nightly", "EventBusName": "own"}),
    ("events.targets", f"{RULE}#web", TARGET, None, "events.RemoveTargets", {"Rule": "nightly", "EventBusName": "default", "Ids": ["web"]}),
    ("events.targets", f"{RULE}#web", None, TARGET, "events.PutTargets", {"Rule": "nightly", "EventBusName": "default", "Targets": [TARGET]}),
    ("scheduler.schedule", SCHEDULE, BODY, BODY | {"State": "DISABLED"}, "scheduler.UpdateSchedule", {"GroupName": "default", "Name": "nightly", **BODY, "State": "DISABLED"}),
    ("iam.trust", ROLE, {}, TRUSTED, "iam.UpdateAssumeRolePolicy", {"RoleName": "web", "PolicyDocument": json.dumps(TRUSTED, separators=(",", ":"))}),
    (
        "ec2.security-group-rule",
        rule_id("sg-1", "ingress", "tcp", (80, 90), "sg-2"),
        None,
        OURS | {"Description": "from the ALB"},
        "ec2.AuthorizeSecurityGroupIngress",
        {
            "GroupId": "sg-1",
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 90, "UserIdGroupPairs": [{"GroupId": "sg-2", "Description": "from the ALB"}]}],
            "TagSpecifications": [{"ResourceType": "security-group-rule", "Tags": [{"Key": "ecs2k8s", "Value": "cutover"}]}],
        },
    ),
    ("ec2.security-group-rule", "sg-1/egress/-1/-1/-1/10.0.0.0/16", OURS, None, "ec2.RevokeSecurityGroupEgress", {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]}),
    ("ec2.security-group-rule", "sg-1/ingress/tcp/1/2/2001:db8::/32", OURS, None, "ec2.RevokeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}]}),
    ("eks.pod-identity-association", "eks/shop/web", None, {"roleArn": ROLE, "tags": {"ecs2k8s": "cutover"}}, "eks.CreatePodIdentityAssociation", {**NAMES, "roleArn": ROLE, "tags": {"ecs2k8s": "cutover"}}),
    ("eks.pod-identity-association", "eks/shop/web", {"roleArn": ROLE, "tags": {}}, None, "eks.DeletePodIdentityAssociation", {"clusterName": "eks", "associationId": "association:eks/shop/web"}),
    (
        "route53.record-sets",
        "Z1/a.",
        [SIMPLE],
        [SIMPLE | {"SetIdentifier": "ecs", "Weight": 255}, SIMPLE | {"SetIdentifier": "eks", "Weight": 0}],
        "route53.ChangeResourceRecordSets",
        {
            "HostedZoneId": "Z1",
            "ChangeBatch": {
                "Changes": [
                    {"Action": "DELETE", "ResourceRecordSet": SIMPLE},
                    {"Action": "CREATE", "ResourceRecordSet": SIMPLE | {"SetIdentifier": "ecs", "Weight": 255}},
                    {"Action": "CREATE", "ResourceRecordSet": SIMPLE | {"SetIdentifier": "eks", "Weight": 0}},
                ]
            },
        },
    ),
    ("route53.record-sets", "Z1/a.", [SIMPLE | {"SetIdentifier": "ecs", "Weight": 9}], [SIMPLE | {"SetIdentifier": "ecs", "Weight": 8}], "route53.ChangeResourceRecordSets", {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": SIMPLE | {"SetIdentifier": "ecs", "Weight": 8}}]}}),
    ("servicediscovery.instances", "srv-1", {}, {"ecs2k8s-1": {"AWS_INSTANCE_IPV4": "10.0.0.1"}}, "servicediscovery.RegisterInstance", {"ServiceId": "srv-1", "InstanceId": "ecs2k8s-1", "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"}}),
    ("servicediscovery.instances", "srv-1", {"ecs2k8s-1": {}}, {}, "servicediscovery.DeregisterInstance", {"ServiceId": "srv-1", "InstanceId": "ecs2k8s-1"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "ident", "before", "wanted", "call", "parameters"), REQUESTS)
def test_one_call_leads_from_one_state_to_the_other(
    kind: str, ident: str, before: Any, wanted: Any, call: str, parameters: dict[str, Any]
) -> None:
    assert KINDS[kind].request(ident, before, wanted) == Request(call, parameters)


@pytest.mark.parametrize(
    ("kind", "ident", "before", "wanted"),
    [
        ("autoscaling.target", target_id("service/shop/web"), None, None),
        ("ecs.service", SERVICE, RUNNING, {**RUNNING, "taskDefinition": "web:2"}),  # would start a deployment
        ("ecs.service", SERVICE, RUNNING, None),  # has tasks
        ("ecs.service", SERVICE, None, RUNNING),
        ("ecs.service", "arn:aws:ecs:eu-west-1:1:service/web", RUNNING, scaled(RUNNING, 0)),  # which cluster?
        ("ecs.service-deployment", SERVICE, {}, {}),
        ("events.rule", RULE, {"State": "ENABLED"}, {"State": "DISABLED", "ScheduleExpression": "rate(2 days)"}),
        ("events.rule", RULE, {"State": "DISABLED"}, {"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}),
        ("events.rule", RULE, {"State": "ENABLED", "ManagedBy": "aws"}, {"State": "DISABLED", "ManagedBy": "aws"}),
        ("events.targets", f"{RULE}#web", None, TARGET | {"Id": "api"}),
        ("events.targets", f"{RULE}#web", None, None),
        ("scheduler.schedule", SCHEDULE, BODY, None),
        ("scheduler.schedule", "nightly", BODY, BODY),
        ("iam.trust", ROLE, TRUSTED, None),
        ("ec2.security-group-rule", "sg-1/ingress/tcp/80/80/sg-2", OURS, OURS),
        ("eks.pod-identity-association", "eks/shop/web", {"roleArn": "a", "tags": {}}, {"roleArn": "b", "tags": {}}),
        ("route53.record-sets", "Z1/a.", [SIMPLE], [SIMPLE]),
        ("route53.record-sets", "Z1/b.", [], [SIMPLE]),
        ("servicediscovery.instances", "srv-1", {}, {"ecs2k8s-1": {}, "ecs2k8s-2": {}}),
        ("servicediscovery.instances", "srv-1", {"of-ecs": {}}, {}),
    ],
)
def test_no_call_leads_where_more_or_something_else_would_change(
    kind: str, ident: str, before: Any, wanted: Any
) -> None:
    with pytest.raises(PlanError):
        KINDS[kind].request(ident, before, wanted)


def test_tasks_that_run_count_where_none_should() -> None:
    then = KINDS["ecs.service"].then
    service = {
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 1,
        "taskDefinition": "web:1",
        "deployments": [{"id": "b"}, {"id": "a"}],
    }
    two = then({("ecs.Service", SERVICE): service}, SERVICE)
    assert two == {"desiredCount": 2, "taskDefinition": "web:1", "deployments": ["a", "b"], "taskSets": []}
    stopping = then({("ecs.Service", SERVICE): service | {"desiredCount": 0}}, SERVICE)
    assert stopping["running"] == 1
    assert (
        stopping
        != scaled(two, 0)
        == then({("ecs.Service", SERVICE): service | {"desiredCount": 0, "runningCount": 0}}, SERVICE)
    )
    assert scaled(scaled(two, 0), 2) == two
    assert then({("ecs.Service", SERVICE): service | {"status": "INACTIVE"}}, SERVICE) is None


def test_a_schedule_is_written_again_with_all_that_it_has() -> None:
    snapshot, _ = estate("microservices")
    [schedule] = snapshot.of("scheduler.Schedule")
    state = KINDS["scheduler.schedule"].then({(schedule.shape, schedule.id): schedule.data}, schedule.id)
    written = KINDS["scheduler.schedule"].request(schedule.id, state, state).parameters
    left_out = {"Arn", "CreationDate", "LastModificationDate"}
    assert written == {key: value for key, value in schedule.data.items() if key not in left_out}
    assert Arn.parse(schedule.id)


@pytest.mark.parametrize("live", [None, {}, {"a": "1", "c": "1"}, {"a": "1", "b": "3"}], ids=str)
def test_objects_that_are_gone_or_others_are_on_no_way(live: Any) -> None:
    between = KINDS["kubernetes.kustomization"].between
    before, wanted = {"a": "absent", "b": "absent"}, {"a": "1", "b": "2"}
    assert between(before, wanted, {"a": "1", "b": "absent"})
    assert not between(before, wanted, live)
