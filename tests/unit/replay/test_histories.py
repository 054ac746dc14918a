"""Random histories of writes: a refused one changes nothing, and what a read says can be written back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.replay import front
from ecs2k8s.replay.hook import Request
from ecs2k8s.replay.wire import Refusal, reply
from tests.standing import Stand, sample

ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/none/73e2d6bc24d8a067"
CHANGING = {"elbv2", "ecs", "ec2", "route53", "events", "application-autoscaling", "iam"}
FIXED = {
    "ecs.TaskDefinition",
    "ec2.Subnet",
    "ec2.NetworkInterface",
    "iam.PolicyVersion",
    "elbv2.LoadBalancerAttributes",
}
VPC, ZONE = "vpc-0123456789abcdef0", "Z0123456789EXAMPLESHOP"
GROUP = "sg-0a1b2c3d4e5f60003"
ROLE = "shop-backend"
SCALING = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/backend"}
SCALING |= {"ScalableDimension": "ecs:service:DesiredCount"}

names = st.sampled_from(["web-eks", "web-new", "shop-backend", "-"])
weights = st.sampled_from([0, 1, 2, 3, 100, 999, 1000, -1])
ports = st.sampled_from([0, 80, 8000])
addresses = st.sampled_from(["10.20.16.5", "10.20.40.66", "10.20.20.9", "192.0.2.1"])
some = st.integers(0, 7)


def forward(groups: list[tuple[int, int]], held: int) -> dict[str, Any]:
    """Groups by a number, which `Told` makes an ARN of."""
    stickiness = {"Enabled": True, "DurationSeconds": held} if held else {"Enabled": False}
    tuples = [{"TargetGroupArn": group, "Weight": weight} for group, weight in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": tuples, "TargetGroupStickinessConfig": stickiness}}


groups = st.lists(st.tuples(some, weights), min_size=1, max_size=3, unique_by=lambda each: each[0] % 3)
actions = st.builds(forward, groups, st.sampled_from([0, 60, 60, 60, 604_801]))


def calls(name: str, **parameters: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    fixed = {
        key: value if isinstance(value, st.SearchStrategy) else st.just(value) for key, value in parameters.items()
    }
    return st.tuples(st.just(name), st.fixed_dictionaries(fixed))


def permission(port: int, cidr: str) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}]


def record(name: str, identifier: str, weight: int, value: str) -> dict[str, Any]:
    found = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]}
    return found | ({"SetIdentifier": identifier, "Weight": weight} if identifier else {})


permissions = st.builds(permission, ports, st.sampled_from(["10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/8"]))
records = st.builds(
    record,
    st.sampled_from(["a.shop.example.com", "shop.example.com.", "a.example.org"]),
    st.sampled_from(["", "ecs", "eks"]),
    st.sampled_from([0, 255, 256]),
    st.sampled_from(["192.0.2.1", "192.0.2.2"]),
)
changes = st.lists(
    st.fixed_dictionaries({"Action": st.sampled_from(["CREATE", "UPSERT", "DELETE"]), "ResourceRecordSet": records}),
    min_size=1,
    max_size=3,
)
attributes = st.fixed_dictionaries(
    {
        "Key": st.sampled_from(["stickiness.enabled", "deregistration_delay.timeout_seconds", "no.such"]),
        "Value": st.sampled_from(["true", "false", "0", "30", "4000"]),
    }
)
events = st.sampled_from(["1", "2", "3", "4", "5", "6"]).map(
    lambda ident: {"Id": ident, "Arn": "arn:aws:sqs:eu-west-1:111122223333:q"}
)
OF_RULE = {"Rule": "shop-close-day", "EventBusName": "default"}
SERVICE = {"cluster": "shop", "service": st.sampled_from(["backend", "worker", "none"])}

steps = st.one_of(
    calls("elbv2.CreateTargetGroup", Name=names, Protocol=st.sampled_from(["HTTP", "TCP"]), Port=ports, VpcId=VPC, TargetType="ip"),
    calls("elbv2.ModifyTargetGroupAttributes", TargetGroupArn=some, Attributes=st.lists(attributes, max_size=2)),
    calls("elbv2.DeleteTargetGroup", TargetGroupArn=some),
    calls("elbv2.RegisterTargets", TargetGroupArn=some, Targets=st.lists(st.fixed_dictionaries({"Id": addresses}), max_size=3)),
    calls("elbv2.DeregisterTargets", TargetGroupArn=some, Targets=st.lists(st.fixed_dictionaries({"Id": addresses}), max_size=3)),
    calls("elbv2.ModifyRule", RuleArn=some, Actions=st.lists(actions, min_size=1, max_size=1)),
    calls("elbv2.ModifyListener", ListenerArn=0, DefaultActions=st.lists(actions, min_size=1, max_size=1)),
    calls("elbv2.CreateRule", ListenerArn=0, Priority=some, Conditions=[{"Field": "path-pattern", "Values": ["/a"]}], Actions=st.lists(actions, min_size=1, max_size=1)),
    calls("elbv2.DeleteRule", RuleArn=some),
    calls("ecs.UpdateService", **SERVICE, desiredCount=st.integers(-1, 4)),
    calls("ecs.UpdateService", **SERVICE, forceNewDeployment=True),
    calls("application-autoscaling.RegisterScalableTarget", **SCALING, MinCapacity=st.integers(0, 4), MaxCapacity=st.integers(0, 6)),
    calls("ec2.AuthorizeSecurityGroupIngress", GroupId=GROUP, IpPermissions=permissions),
    calls("ec2.RevokeSecurityGroupIngress", GroupId=GROUP, IpPermissions=permissions),
    calls("route53.ChangeResourceRecordSets", HostedZoneId=ZONE, ChangeBatch=st.fixed_dictionaries({"Changes": changes})),
    calls("events.PutTargets", **OF_RULE, Targets=st.lists(events, max_size=4)),
    calls("events.RemoveTargets", **OF_RULE, Ids=st.lists(st.sampled_from(["1", "2"]), max_size=2)),
    calls("events.DisableRule", Name="shop-close-day"),
    calls("clock", seconds=st.sampled_from([1.0, 29.0, 60.0, 400.0])),
)  # fmt: skip


@dataclass
class Told:
    """The account, and what it is asked, without the way over the wire."""

    aws: Stand

    def ask(self, call: str, **parameters: Any) -> Any:
        return self.aws.policy(Request(call, parameters, "eu-west-1"), 0)

    def nth(self, shape: str, number: int) -> str:
        """The ARN of the nth thing there is; 7 is one of a thing that is not there."""
        arn = f"{shape}Arn"
        known = sorted(self.aws.all(f"elbv2.{shape}"), key=lambda data: bool(data.get("IsDefault")))
        found = str(known[number % len(known)][arn]) if known else ARN
        return f"{found[:-1]}g" if number == 7 else found

    def named(self, value: Any) -> Any:
        """The parameters with ARNs for the numbers."""
        if isinstance(value, list):
            return [self.named(each) for each in value]
        if not isinstance(value, dict):
            return value
        shapes = {"TargetGroupArn": "TargetGroup", "RuleArn": "Rule", "ListenerArn": "Listener"}
        return {
            key: self.nth(shapes[key], its) if key in shapes and isinstance(its, int) else self.named(its)
            for key, its in value.items()
        }

    def state(self) -> str:
        """All that a write can change."""
        shapes = self.aws.account.estate.shapes
        kept = [its for shape, its in shapes.items() if shape.partition(".")[0] in CHANGING and shape not in FIXED]
        arns = [each["TargetGroupArn"] for each in self.aws.all("elbv2.TargetGroup")]
        targets = [repr(front.group(self.aws.account, arn).targets) for arn in arns]
        return json.dumps([kept, targets], sort_keys=True)


@settings(max_examples=settings().max_examples // 8)
@given(st.lists(steps, min_size=1, max_size=30))
def test_writes_leave_an_account_that_can_be_read_and_written_back(history: list[tuple[str, dict[str, Any]]]) -> None:
    told = Told(sample("three-tier"))
    for call, parameters in history:
        if call == "clock":
            told.aws.clock.sleep(parameters["seconds"])
            continue
        asked, before = told.named(parameters), told.state()
        try:
            answer = told.ask(call, **asked)
        except Refusal:
            assert told.state() == before, f"{call} was refused and changed something"
        else:
            read_back(told, call, asked, answer)
        sound(told)
    written_back(told)


def read_back(told: Told, call: str, asked: dict[str, Any], answer: Any) -> None:
    """What was written is what is read."""
    match call:
        case "elbv2.CreateTargetGroup":
            arn = answer["TargetGroups"][0]["TargetGroupArn"]
            read = told.ask("elbv2.DescribeTargetGroups", TargetGroupArns=[arn])["TargetGroups"][0]
            assert {key: read[key] for key in asked if key != "Name"} == {
                key: asked[key] for key in asked if key != "Name"
            }
        case "elbv2.ModifyRule":
            read = told.ask("elbv2.DescribeRules", RuleArns=[asked["RuleArn"]])["Rules"][0]
            wanted = asked["Actions"][0]["ForwardConfig"]
            assert read["Actions"][0]["ForwardConfig"] == wanted
        case "elbv2.DeleteRule":
            with pytest.raises(Refusal, match="RuleNotFound"):
                told.ask("elbv2.DescribeRules", RuleArns=[asked["RuleArn"]])
        case "ecs.UpdateService":
            read = told.ask("ecs.DescribeServices", cluster="shop", services=[asked["service"]])["services"][0]
            assert read["desiredCount"] == asked.get("desiredCount", read["desiredCount"])
        case "events.PutTargets":
            read = told.ask("events.ListTargetsByRule", **OF_RULE)["Targets"]
            assert {each["Id"] for each in asked["Targets"]} <= {each["Id"] for each in read}


def sound(told: Told) -> None:
    """What always holds, whatever was written."""
    groups = {each["TargetGroupArn"]: each for each in told.aws.all("elbv2.TargetGroup")}
    used: dict[str, set[str]] = {}
    for listener in told.aws.all("elbv2.Listener"):
        for rule in told.ask("elbv2.DescribeRules", ListenerArn=listener["ListenerArn"])["Rules"]:
            for each in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]:
                assert 0 <= each["Weight"] <= 999
                used.setdefault(each["TargetGroupArn"], set()).add(listener["LoadBalancerArn"])
    assert used.keys() <= groups.keys()
    for arn, group in groups.items():
        assert set(group["LoadBalancerArns"]) == used.get(arn, set())
        for each in told.ask("elbv2.DescribeTargetHealth", TargetGroupArn=arn)["TargetHealthDescriptions"]:
            state = each["TargetHealth"]["State"]
            assert (arn in used) or state in {"unused", "draining"}
    for service in told.aws.all("ecs.Service"):
        own = [each for each in told.aws.all("ecs.Task") if each.get("group") == f"service:{service['serviceName']}"]
        alive = [each for each in own if each["lastStatus"] in {"RUNNING", "DEACTIVATING", "STOPPING"}]
        assert service["runningCount"] >= 0 <= service["pendingCount"]
        assert service["pendingCount"] == sum(each["lastStatus"] == "PENDING" for each in own)
        assert len(alive) <= service["runningCount"]


def written_back(told: Told) -> None:
    """Every state that is read can be written, and nothing is another one then; each answer fits the wire."""
    before = told.state()
    for rule in told.aws.all("elbv2.Rule"):
        if not rule["IsDefault"]:
            told.ask(
                "elbv2.ModifyRule", RuleArn=rule["RuleArn"], Actions=rule["Actions"], Conditions=rule["Conditions"]
            )
    for listener in told.aws.all("elbv2.Listener"):
        told.ask("elbv2.ModifyListener", ListenerArn=listener["ListenerArn"], DefaultActions=listener["DefaultActions"])
    found = told.ask("route53.ListResourceRecordSets", HostedZoneId=ZONE)["ResourceRecordSets"]
    upserts = [{"Action": "UPSERT", "ResourceRecordSet": each} for each in found]
    told.ask("route53.ChangeResourceRecordSets", HostedZoneId=ZONE, ChangeBatch={"Changes": upserts})
    if targets := told.ask("events.ListTargetsByRule", **OF_RULE)["Targets"]:
        told.ask("events.PutTargets", **OF_RULE, Targets=targets)
    for arn in [each["TargetGroupArn"] for each in told.aws.all("elbv2.TargetGroup")]:
        its = told.ask("elbv2.DescribeTargetGroupAttributes", TargetGroupArn=arn)["Attributes"]
        told.ask("elbv2.ModifyTargetGroupAttributes", TargetGroupArn=arn, Attributes=its)
        assert (
            reply("elbv2", "DescribeTargetHealth", told.ask("elbv2.DescribeTargetHealth", TargetGroupArn=arn)).status
            == 200
        )
    document = told.ask("iam.GetRole", RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    told.ask("iam.UpdateAssumeRolePolicy", RoleName=ROLE, PolicyDocument=json.dumps(document))
    assert told.state() == before
