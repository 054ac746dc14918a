from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.core.documents import Document
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.aws_steps import aws_files
from ecs2k8s.report.group_rule_steps import group_rule_steps
from ecs2k8s.translate.policy_egress import credentials
from ecs2k8s.translate.security_group_rules import group_rules
from tests.case_files import snapshot

INGRESS, EGRESS = "aws ec2 authorize-security-group-ingress", "aws ec2 authorize-security-group-egress"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:111122223333"
OPEN = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
EKS = {"name": "shop", "resourcesVpcConfig": {"clusterSecurityGroupId": "sg-pods"}}


def group(ident: str, into: list[dict[str, Any]], out: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    rules = {"IpPermissions": into, "IpPermissionsEgress": OPEN if out is None else out}
    return {"shape": "ec2.SecurityGroup", "id": f"security-group/{ident}", "data": {"GroupId": ident, **rules}}


def tcp(port: int, **peers: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


def named(*groups: str) -> list[dict[str, str]]:
    return [{"GroupId": each} for each in groups]


def made(*others: dict[str, Any], **given: Any) -> Any:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
    subnet = {"SubnetId": "subnet-1", "CidrBlock": "10.0.1.0/24"}
    known = [{"shape": "ec2.Subnet", "id": "subnet/subnet-1", "data": subnet}, *others]
    service = {"networkConfiguration": network} | given.pop("service", {})
    whole = {"networkMode": "awsvpc", "service": service, "others": known} | given
    return translate(snapshot(whole), convert(given.get("target", {})))


def commands(translation: Any, *manifests: dict[str, Any]) -> list[str]:
    rules = group_rules(translation.inventory, translation.translated, manifests)
    return [step.command for step in group_rule_steps(rules)]


def test_what_pods_call_lets_in_the_group_of_the_pods() -> None:
    cluster = {"shape": "eks.Cluster", "id": "cluster/shop", "data": EKS}
    found = made(group("sg-1", []), group("sg-db", [tcp(5432, UserIdGroupPairs=named("sg-1"))]), cluster)
    assert commands(found) == [
        f"{INGRESS} --group-id sg-db --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,UserIdGroupPairs=[{{GroupId=sg-pods}}]'"
    ]


@pytest.mark.parametrize(
    ("peers", "text"),
    [
        ({"IpRanges": [{"CidrIp": "192.0.2.0/24"}]}, "IpRanges=[{CidrIp=192.0.2.0/24}]"),
        ({"Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}, "Ipv6Ranges=[{CidrIpv6=2001:db8::/32}]"),
        ({"PrefixListIds": [{"PrefixListId": "pl-1"}]}, "PrefixListIds=[{PrefixListId=pl-1}]"),
        ({"UserIdGroupPairs": named("sg-lambda")}, "UserIdGroupPairs=[{GroupId=sg-lambda}]"),
        (
            {"UserIdGroupPairs": [{"GroupId": "sg-x", "UserId": "999988887777", "VpcPeeringConnectionId": "pcx-1"}]},
            "UserIdGroupPairs=[{GroupId=sg-x,UserId=999988887777,VpcPeeringConnectionId=pcx-1}]",
        ),
    ],
)
def test_what_may_reach_tasks_is_let_in_to_pods(peers: dict[str, Any], text: str) -> None:
    found = made(group("sg-1", [tcp(80, **peers)]))
    assert commands(found) == [
        f"{INGRESS} --group-id SG_PODS --ip-permissions 'IpProtocol=tcp,FromPort=80,ToPort=80,{text}'"
    ]


def test_who_may_call_tasks_by_their_group_only_may_call_pods() -> None:
    proxy = group("sg-proxy", [], [tcp(80, UserIdGroupPairs=named("sg-1"))])
    assert commands(made(group("sg-1", []), proxy)) == [
        f"{EGRESS} --group-id sg-proxy --ip-permissions 'IpProtocol=tcp,FromPort=80,ToPort=80,UserIdGroupPairs=[{{GroupId=SG_PODS}}]'"
    ]


def test_tasks_that_still_run_and_pods_call_each_other_until_the_cutover() -> None:
    found = made(group("sg-1", [tcp(80, UserIdGroupPairs=named("sg-1"))]))
    rules = group_rules(found.inventory, found.translated, [])
    assert [(rule.group, rule.peer, rule.until_cutover) for rule in rules] == [
        ("SG_PODS", "sg-1", True),
        ("sg-1", "SG_PODS", True),
    ]
    assert all("take it away after the cutover" in step.why for step in group_rule_steps(rules))


def test_nothing_is_added_that_is_there_or_lets_nothing_through() -> None:
    stale = {"GroupId": "sg-x", "PeeringStatus": "deleted"}
    there = [tcp(80, IpRanges=[{"CidrIp": "192.0.2.0/24"}], UserIdGroupPairs=[stale])]
    cluster = {"shape": "eks.Cluster", "id": "cluster/shop", "data": EKS}
    store = group("sg-db", [tcp(5432, UserIdGroupPairs=named("sg-1", "sg-pods"))])
    assert commands(made(group("sg-1", there), group("sg-pods", there), store, cluster)) == []


BALANCER: dict[str, Any] = {
    "LoadBalancerArn": f"{ELB}:loadbalancer/app/front/1",
    "LoadBalancerName": "front",
    "Type": "application",
}
BALANCER |= {"SecurityGroups": ["sg-alb"], "AvailabilityZones": [{"SubnetId": "subnet-1"}]}
TARGETS = {
    "TargetGroupArn": f"{ELB}:targetgroup/web/1",
    "TargetGroupName": "web",
    "LoadBalancerArns": [BALANCER["LoadBalancerArn"]],
}
BINDING = {"kind": "TargetGroupBinding", "metadata": {"name": "web"}, "spec": {"networking": {"ingress": []}}}


def test_a_binding_lets_its_load_balancer_in_by_itself() -> None:
    entry = {"targetGroupArn": TARGETS["TargetGroupArn"], "containerName": "c", "containerPort": 80}
    balancer = {"shape": "elbv2.LoadBalancer", "id": BALANCER["LoadBalancerArn"], "data": BALANCER}
    found = made(
        group("sg-1", [tcp(80, UserIdGroupPairs=named("sg-alb"))]),
        group("sg-alb", []),
        balancer,
        service={"loadBalancers": [entry]},
        targetGroups=[TARGETS],
    )
    assert len(commands(found)) == 1
    assert commands(found, BINDING) == []
    assert len(commands(found, BINDING | {"spec": {}})) == 1


def test_ports_of_an_instance_become_those_of_the_container() -> None:
    arn = "arn:aws:ecs:eu-west-1:111122223333:container-instance/prod/1"
    host = {"InstanceId": "i-1", "SubnetId": "subnet-1", "SecurityGroups": named("sg-1")}
    found = made(
        group(
            "sg-1",
            [{"IpProtocol": "tcp", "FromPort": 32768, "ToPort": 65535, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}],
        ),
        {"shape": "ecs.ContainerInstance", "id": arn, "data": {"containerInstanceArn": arn, "ec2InstanceId": "i-1"}},
        {"shape": "ec2.Instance", "id": "instance/i-1", "data": host},
        networkMode="bridge",
        service={"networkConfiguration": None},
        containerDefinitions=[{"portMappings": [{"containerPort": 8080}]}],
    )
    assert commands(found) == [
        f"{INGRESS} --group-id SG_PODS --ip-permissions 'IpProtocol=tcp,FromPort=8080,ToPort=8080,IpRanges=[{{CidrIp=192.0.2.0/24}}]'"
    ]


def test_every_step_has_a_way_back() -> None:
    found = made(group("sg-1", [tcp(80, IpRanges=[{"CidrIp": "192.0.2.0/24"}])]))
    for step in group_rule_steps(group_rules(found.inventory, found.translated, [])):
        assert step.back == step.command.replace("authorize", "revoke")
        assert step.plain().keys() == {"subject", "title", "why", "command", "back"}


def test_the_readme_explains_the_placeholder_only_where_it_stands() -> None:
    rules = [tcp(80, IpRanges=[{"CidrIp": "192.0.2.0/24"}])]
    unknown = aws_files(made(group("sg-1", rules)), convert({}))
    assert "`SG_PODS` stands for the group of the pods" in unknown["aws/README.md"]
    assert '"group": "SG_PODS"' in unknown["aws/security-group-rules.json"]
    known = aws_files(
        made(group("sg-1", rules), {"shape": "eks.Cluster", "id": "cluster/shop", "data": EKS}), convert({})
    )
    assert "SG_PODS" not in known["aws/README.md"]
    assert "--group-id sg-pods" in known["aws/README.md"]
    assert list(aws_files(made(group("sg-1", [])), convert({}))) == ["aws/README.md"]


def test_names_from_aws_cannot_end_a_command() -> None:
    odd = Document("ec2.SecurityGroup", "x", group("sg-db", [tcp(1, UserIdGroupPairs=named("sg-1; rm -rf /"))])["data"])
    found = made(
        group("sg-1", [tcp(80, UserIdGroupPairs=named("sg-x'; true #"))]),
        {"shape": odd.shape, "id": odd.id, "data": odd.data},
    )
    (command,) = commands(found)
    assert """GroupId=sg-x'"'"'; true #}]'""" in command


def test_credentials_come_from_sts_or_from_the_agent_on_the_node() -> None:
    assert credentials("pod-identity", 4) == {
        "pod-identity": {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": [{"protocol": "TCP", "port": 80}]}
    }
    assert credentials("pod-identity", 6)["pod-identity"]["to"] == [{"ipBlock": {"cidr": "fd00:ec2::23/128"}}]
    assert credentials("irsa", 6)["sts"]["to"] == [{"ipBlock": {"cidr": "::/0"}}]
