"""What is said of the EKS cluster that was read."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.assess.target_cluster import cluster_checks
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.target_cluster import lines
from tests.case_files import snapshot
from tests.unit.assess.test_fit import cluster

ADDONS = {"coredns": "v1.11.4", "kube-proxy": "v1.34.0", "vpc-cni": "v1.20.0"}
NOT_READ = {
    "support of the version",
    "reach of the API",
    "access of who deploys",
    "controllers that are no add-ons",
    "objects that exist already",
}
SUBNET = "subnet-0a"
MEMBERS = {"GroupId": "sg-0a", "GroupName": "web", "VpcId": "vpc-0"}
GROUP = {"shape": "ec2.SecurityGroup", "id": "security-group/sg-0a", "data": MEMBERS}


def addon(name: str, **more: Any) -> dict[str, Any]:
    data = {"addonName": name, "clusterName": "shop", "status": "ACTIVE", "addonVersion": ADDONS.get(name, "v1")} | more
    return {"shape": "eks.Addon", "id": f"addon/shop/{name}", "data": data}


def subnet(vpc: str = "vpc-0", name: str = SUBNET, **more: Any) -> dict[str, Any]:
    return {"shape": "ec2.Subnet", "id": f"subnet/{name}", "data": {"SubnetId": name, "VpcId": vpc} | more}


def answers(*others: dict[str, Any], **choices: Any) -> tuple[dict[str, str], set[str]]:
    """Check to outcome, and the slugs of what is said, for a service with a security group."""
    network = {"awsvpcConfiguration": {"subnets": [SUBNET], "securityGroups": ["sg-0a"]}}
    given = {"networkMode": "awsvpc", "service": {"networkConfiguration": network}, "others": [*others, GROUP]}
    target = convert(choices)
    made = translate(snapshot(given), target)
    return {each.name: each.outcome for each in cluster_checks(made, target)}, {f.slug for f in made.findings}


def test_a_cluster_that_can_take_everything() -> None:
    cni = addon("vpc-cni", configurationValues='{"enableNetworkPolicy": "true"}')
    state = cluster(status="ACTIVE", version="1.34", health={"issues": []})
    found, _ = answers(state, subnet(), cni, addon("coredns"), addon("kube-proxy"))
    unknown = {name for name, outcome in found.items() if outcome != "passed"}
    assert unknown == NOT_READ


def test_what_is_not_read_is_said_to_be_not_known() -> None:
    network = {"endpointPublicAccess": True, "publicAccessCidrs": ["192.0.2.0/24"], "endpointPrivateAccess": True}
    made = translate(snapshot({"others": [cluster(resourcesVpcConfig=network)]}), convert({"format": "helm"}))
    found = {each.name: each for each in cluster_checks(made, convert({"format": "helm"}))}
    assert {found[name].outcome for name in NOT_READ} == {"not known"}
    assert "from 192.0.2.0/24 and from the VPC" in found["reach of the API"].said
    assert "aws eks list-access-entries --cluster-name shop" in found["access of who deploys"].said
    assert "aws eks describe-cluster-versions" in found["support of the version"].said
    assert "helm template" in found["objects that exist already"].said


@pytest.mark.parametrize(
    ("members", "check", "slug"),
    [
        ({"status": "CREATING"}, "status", "cluster-not-active"),
        ({"health": {"issues": [{"code": "Ec2SubnetNotFound"}]}}, "health", "cluster-unhealthy"),
        ({"version": "1.33"}, "version", "cluster-of-another-version"),
        ({"kubernetesNetworkConfig": {"ipFamily": "ipv6"}}, "addresses", "cluster-of-ipv6"),
        ({"resourcesVpcConfig": {"vpcId": "vpc-9"}}, "same VPC", "cluster-in-another-vpc"),
    ],
)
def test_what_is_wrong_with_a_cluster(members: dict[str, Any], check: str, slug: str) -> None:
    found, said = answers(cluster(**members), subnet())
    assert (found[check], slug in said) == ("failed", True)
    found, said = answers(cluster(status="ACTIVE", version="1.34"), subnet())
    assert (found.get(check, "passed"), slug in said) == ("passed", False)


def test_what_was_not_read_is_not_known() -> None:
    found, said = answers(cluster())
    assert {found[name] for name in ("status", "version", "same VPC", "add-ons")} == {"not known"}
    assert not {slug for slug in said if slug.startswith("cluster-")}
    assert answers()[0] == {}


def test_auto_mode() -> None:
    """It has the CNI, CoreDNS and kube-proxy without add-ons."""
    found, said = answers(cluster(), compute="auto-mode")
    assert (found["Auto Mode"], "auto-mode-not-enabled" in said) == ("failed", True)
    found, said = answers(cluster(computeConfig={"enabled": True}), compute="auto-mode")
    assert (found["Auto Mode"], "add-ons" in found, "auto-mode-not-enabled" in said) == ("passed", False, False)


@pytest.mark.parametrize(
    ("members", "slug"),
    [
        ({"status": "DEGRADED"}, "cluster-addon-not-active"),
        ({"configurationValues": '{"enableNetworkPolicy": "false"}'}, "network-policies-not-enforced"),
        ({"configurationValues": "not: [json"}, "network-policies-not-enforced"),
        (
            {"configurationValues": "enableNetworkPolicy: 'true'", "addonVersion": "v1.13.4"},
            "network-policies-not-enforced",
        ),
        ({"configurationValues": "enableNetworkPolicy: 'true'"}, ""),
    ],
)
def test_add_ons(members: dict[str, Any], slug: str) -> None:
    found, said = answers(cluster(), addon("vpc-cni", **members))
    assert found["add-on coredns"] == "failed"
    told = said & {"cluster-addon-not-active", "network-policies-not-enforced"}
    assert slug in told if slug else not told
    assert "cluster-addon-missing" in said


VOLUME = {"containerDefinitions": [{"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}], "service": {}}
EBS = {"sizeInGiB": 1, "volumeType": "gp3", "snapshotId": "snap-1"}
LOGS = {"containerDefinitions": [{"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/g"}}}]}
NEEDS: list[tuple[dict[str, Any], dict[str, Any], set[str]]] = [
    ({"service": {}}, {}, set()),
    (
        {"service": {}, "taskRoleArn": "arn:aws:iam::111122223333:role/web"},
        {"identity": "pod-identity"},
        {"eks-pod-identity-agent"},
    ),
    ({"service": {}, "cpu": "256", "memory": "512", "scaling": {"policies": [{"cpu": 60}]}}, {}, {"metrics-server"}),
    (
        VOLUME | {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]},
        {},
        {"aws-efs-csi-driver"},
    ),
    (
        VOLUME
        | {
            "volumes": [{"name": "v", "configuredAtLaunch": True}],
            "service": {"volumeConfigurations": [{"name": "v", "managedEBSVolume": EBS}]},
        },
        {},
        {"aws-ebs-csi-driver", "snapshot-controller"},
    ),
    (LOGS | {"service": {}}, {}, {"amazon-cloudwatch-observability"}),
    (LOGS | {"service": {}}, {"logging": "loki"}, set()),
    (LOGS | {"service": {}}, {"compute": "fargate"}, set()),
]


@pytest.mark.parametrize(("given", "choices", "addons"), NEEDS)
def test_add_ons_that_the_objects_need(given: dict[str, Any], choices: dict[str, Any], addons: set[str]) -> None:
    target = convert(choices)
    made = translate(snapshot(given | {"others": [cluster(), addon("vpc-cni")]}), target)
    lacking = {each.name.removeprefix("add-on ") for each in cluster_checks(made, target) if each.outcome == "failed"}
    assert lacking & (set().union(*(named for _, _, named in NEEDS))) == addons


@pytest.mark.parametrize(("free", "zones", "outcome"), [(8, "ab", "passed"), (7, "ab", "failed"), (8, "aa", "failed")])
def test_subnets_for_load_balancers(free: int, zones: str, outcome: str) -> None:
    there = [
        subnet(name=f"subnet-{n}", AvailabilityZone=f"eu-west-1{zone}", AvailableIpAddressCount=free)
        for n, zone in zip("ab", zones, strict=True)
    ]
    balancer = {"name": "shop", "Scheme": "internal", "listeners": [{"port": 80, "default": "forward web"}]}
    given: dict[str, Any] = {"services": [{"family": "web"}], "balancers": [balancer]}
    target = convert({"shift": "weighted-dns"})
    for others, expected in (([cluster(), *there], outcome), ([cluster()], "not known")):
        made = translate(snapshot(given | {"others": others}), target)
        found = {each.name: each.outcome for each in cluster_checks(made, target)}
        assert found["subnets for internal load balancers"] == expected
        assert ("balancer-subnets-missing" in {f.slug for f in made.findings}) == (expected == "failed")


def test_the_report_has_a_row_for_each_check() -> None:
    target = convert({})
    made = translate(snapshot({"service": {}, "others": [cluster(status="ACTIVE")]}), target)
    text = "\n".join(lines(made))
    assert "## The EKS cluster" in text
    assert "| status | passed | ACTIVE |" in text
    assert lines(translate(snapshot({"service": {}}), target)) == []
