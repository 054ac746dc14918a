"""What belongs to the services: references that are followed, and those that lead elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecs2k8s.collect import estate, ids, networks, select
from ecs2k8s.collect.reading import Answer, Reading
from ecs2k8s.collect.scope import Scope

REGION, ACCOUNT = "eu-west-1", "111122223333"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = {"clusterArn": f"{ECS}:cluster/shop", "clusterName": "shop", "status": "ACTIVE"}
SERVICE = {"serviceArn": f"{ECS}:service/shop/web", "serviceName": "web", "clusterArn": CLUSTER["clusterArn"]}


def reading(scope: Scope = Scope(), **answers: Any) -> Reading:  # noqa: B008
    """Answers by operation (`ecs_DescribeServices`), each with the request where a pair is given."""
    given: dict[str, list[Answer]] = {"ecs.DescribeClusters": [({}, {"clusters": [CLUSTER]})]}
    for name, answer in answers.items():
        given[name.replace("_", ".").replace("application.autoscaling", "application-autoscaling")] = [
            each if isinstance(each, tuple) else ({}, each) for each in answer
        ]
    return Reading(scope, REGION, ACCOUNT, {}, given)


def service(**members: Any) -> dict[str, Any]:
    return {"services": [{**SERVICE, **members}]}


def definition(**members: Any) -> dict[str, Any]:
    return {"taskDefinition": {"containerDefinitions": [members]}}


def test_tasks_of_daemons_are_neither_jobs_nor_ask_for_definitions() -> None:
    task = {"clusterArn": CLUSTER["clusterArn"], "group": "daemon:agent", "taskArn": "t"}
    task["taskDefinitionArn"] = f"{ECS}:daemon-task-definition/agent:1"
    found = reading(ecs_DescribeTasks=[{"tasks": [task]}])
    assert estate.tasks(found) == []
    assert estate.definition_arns(found) == set()


def test_tasks_without_a_service_are_kept_unless_services_are_named() -> None:
    task: dict[str, Any] = {"clusterArn": CLUSTER["clusterArn"], "group": "family:report", "taskDefinitionArn": "d"}
    task |= {"attachments": [{"details": [{"name": "subnetId", "value": "subnet-7"}]}]}
    assert estate.definition_arns(reading(ecs_DescribeTasks=[{"tasks": [task]}])) == {"d"}
    assert networks.subnets(reading(ecs_DescribeTasks=[{"tasks": [task]}])) == {"subnet-7"}
    assert estate.tasks(reading(Scope(services=("web",)), ecs_DescribeTasks=[{"tasks": [task]}])) == []


def test_a_network_without_groups_has_the_default_group_of_its_vpc() -> None:
    groups = [
        {"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1"},
        {"GroupId": "sg-2", "GroupName": "default", "VpcId": "vpc-2"},
        {"GroupId": "sg-3", "GroupName": "other", "VpcId": "vpc-1"},
    ]
    found = reading(
        ecs_DescribeServices=[service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}})],
        ec2_DescribeSubnets=[{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}]}],
        ec2_DescribeSecurityGroups=[{"SecurityGroups": groups}],
    )
    assert [each["GroupId"] for each in networks.security_groups(found)] == ["sg-1"]


def test_instances_tell_the_networks_and_groups_of_tasks_in_bridge_mode() -> None:
    instance = {"SubnetId": "subnet-5", "VpcId": "vpc-5", "SecurityGroups": [{"GroupId": "sg-5"}]}
    found = reading(ec2_DescribeInstances=[{"Reservations": [{"Instances": [instance]}]}])
    assert networks.subnets(found) == {"subnet-5"}
    assert networks.task_groups(found) == {"sg-5"}
    named = [{"ec2InstanceId": "i-1"}, {"ec2InstanceId": "mi-1"}]
    asked = reading(ecs_DescribeContainerInstances=[{"containerInstances": named}])
    assert list(ids.instances(asked)) == [{"Filters.instance-id": "i-1"}]


def universal(cluster: str) -> dict[str, Any]:
    network = {"AwsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}}
    request = {"Cluster": cluster, "TaskDefinition": "report", "NetworkConfiguration": network}
    request["Overrides"] = {"TaskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nightly"}
    return {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": json.dumps(request)}}


def test_the_universal_target_of_a_schedule_is_followed() -> None:
    found = reading(scheduler_GetSchedule=[universal("shop"), universal("elsewhere")])
    assert estate.definition_arns(found) == {"report"}
    assert networks.subnets(found) == {"subnet-1"}
    assert networks.task_groups(found) == {"sg-1"}
    assert estate.roles(found) == {"nightly"}
    assert len(list(select.schedules(found))) == 1


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", '"text"', "{" * 5000])
def test_an_input_that_is_no_object_is_nothing(text: str) -> None:
    schedule = universal("shop")
    schedule["Target"]["Input"] = text
    assert estate.definition_arns(reading(scheduler_GetSchedule=[schedule])) == set()


def test_overrides_in_the_input_of_a_rule_name_roles() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/path/closing"
    target = {"EcsParameters": {"TaskDefinitionArn": "d"}, "Input": json.dumps({"taskRoleArn": role})}
    assert estate.roles(reading(events_ListTargetsByRule=[{"Targets": [target]}])) == {"closing"}


def secret(region: str = REGION, account: str = ACCOUNT, service: str = "secretsmanager") -> str:
    kind = "secret:token-AbCdEf" if service == "secretsmanager" else "parameter/shop/token"
    return f"arn:aws:{service}:{region}:{account}:{kind}"


def test_secrets_and_parameters_of_others_are_not_looked_for_here() -> None:
    named = [secret(), secret("us-east-1"), secret(account="444455556666")]
    named += [secret(service="ssm"), secret(account="444455556666", service="ssm"), "/own"]
    secrets = [{"name": str(at), "valueFrom": text} for at, text in enumerate(named)]
    found = reading(ecs_DescribeTaskDefinition=[definition(secrets=secrets)])
    assert list(ids.secrets(found)) == [{"SecretId": secret()}]
    assert {each["ParameterFilters.Name"] for each in ids.parameters(found)} == {"/shop/token", "/own"}


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("prod", ["prod"]),
        (f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod", ["prod"]),
        (f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/prod", []),
        (f"arn:aws:eks:{REGION}:444455556666:cluster/prod", []),
    ],
)
def test_an_eks_cluster_is_asked_for_where_it_is(named: str, asked: list[str]) -> None:
    assert [each["name"] for each in ids.eks_clusters(reading(Scope(eks_cluster=named)))] == asked


def test_a_cluster_of_another_region_is_not_asked_for_here() -> None:
    scope = Scope(clusters=("shop", f"{ECS}:cluster/jobs", f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/far"))
    assert [each["clusters"] for each in ids.clusters(reading(scope))] == ["shop", f"{ECS}:cluster/jobs"]


def test_a_service_of_a_shared_namespace_is_asked_for_by_arn() -> None:
    own, shared = (
        f"arn:aws:servicediscovery:{REGION}:{account}:service/srv-1" for account in (ACCOUNT, "444455556666")
    )
    found = reading(ecs_DescribeServices=[service(serviceRegistries=[{"registryArn": own}, {"registryArn": shared}])])
    assert {each["Id"] for each in ids.registries(found)} == {"srv-1", shared}


def test_only_images_with_a_tag_of_this_region_are_looked_up() -> None:
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    images = [
        f"{host}/a:1",
        f"{host}/b",
        f"{host}/c@sha256:{'0' * 64}",
        "nginx:1",
        f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/d:1",
    ]
    containers = [{"image": image} for image in images]
    found = reading(ecs_DescribeTaskDefinition=[{"taskDefinition": {"containerDefinitions": containers}}])
    assert [(each["repositoryName"], each["imageIds"]) for each in ids.images(found)] == [
        ("a", {"imageTag": "1"}),
        ("b", {"imageTag": "latest"}),
    ]


def composite(name: str, rule: str) -> dict[str, Any]:
    return {"AlarmName": name, "AlarmRule": rule}


def test_alarms_are_followed_through_what_is_made_of_them() -> None:
    metric = [
        {
            "AlarmName": "errors",
            "Dimensions": [{"Name": "ClusterName", "Value": "shop"}, {"Name": "ServiceName", "Value": "web"}],
        },
        {"AlarmName": "cluster", "Dimensions": [{"Name": "ClusterName", "Value": "shop"}]},
        {"AlarmName": "part"},
        {"AlarmName": "other", "Dimensions": [{"Name": "ClusterName", "Value": "elsewhere"}]},
    ]
    made = [
        composite("by-arn", f"ALARM(arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors)"),
        composite("of-composite", 'ALARM("by-arn") OR OK("x")'),
        composite("watched", 'ALARM("part")'),
        composite("unrelated", "ALARM(other)"),
    ]
    found = reading(
        ecs_DescribeServices=[service(deploymentConfiguration={"alarms": {"alarmNames": ["watched"]}})],
        cloudwatch_DescribeAlarms=[{"MetricAlarms": metric, "CompositeAlarms": made}],
    )
    names = [each["AlarmName"] for each in select.alarms(found)]
    assert names == ["errors", "cluster", "part", "by-arn", "of-composite", "watched"]


def test_records_are_followed_through_other_records() -> None:
    alias = {"Name": "lb.example.com.", "AliasTarget": {"DNSName": "dualstack.Shop-1.elb.amazonaws.com."}}
    chained = {"Name": "www.example.com.", "ResourceRecords": [{"Value": "lb.example.com"}]}
    other = {"Name": "mail.example.com.", "ResourceRecords": [{"Value": "10 mx.example.com"}]}
    assert select.record_sets(zones(Z=[alias, chained, other])) == [alias, chained]


def test_records_that_share_a_name_in_one_zone_are_kept_together() -> None:
    """A plan compares all of a name: one with a weight that leads elsewhere changes who gets requests, too."""
    alias = {"Name": "lb.example.com.", "Type": "A", "SetIdentifier": "lb", "Weight": 9}
    alias |= {"AliasTarget": {"DNSName": "shop-1.elb.amazonaws.com."}}
    beside = {"Name": "lb.example.com.", "Type": "A", "SetIdentifier": "old", "Weight": 1}
    sixth = {"Name": "lb.example.com.", "Type": "AAAA", "ResourceRecords": [{"Value": "2001:db8::1"}]}
    text = {"Name": "lb.example.com.", "Type": "TXT", "ResourceRecords": [{"Value": "owner"}]}
    inside = {"Name": "lb.example.com.", "Type": "A", "ResourceRecords": [{"Value": "10.0.0.1"}]}
    found = zones(Z=[alias, beside, sixth, text], PRIVATE=[inside])
    assert select.record_sets(found) == [alias, beside, sixth]


def zones(**records: list[dict[str, Any]]) -> Any:
    """Behind a load balancer of its own."""
    group = {"TargetGroupArn": "g", "LoadBalancerArns": ["b"]}
    balancer = {"LoadBalancerArn": "b", "DNSName": "shop-1.elb.amazonaws.com"}
    return reading(
        ecs_DescribeServices=[service(loadBalancers=[{"targetGroupArn": "g"}])],
        elbv2_DescribeTargetGroups=[{"TargetGroups": [group]}],
        elbv2_DescribeLoadBalancers=[{"LoadBalancers": [balancer]}],
        route53_ListResourceRecordSets=[
            ({"HostedZoneId": zone}, {"ResourceRecordSets": its}) for zone, its in records.items()
        ],
    )


def test_stores_are_found_by_name_and_by_group() -> None:
    network = {"awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["sg-1"]}}
    named = {"DBClusterIdentifier": "named", "CustomEndpoints": ["db.Custom.example.com"]}
    proxy = {"DBProxyName": "reached", "VpcSecurityGroupIds": ["sg-2"]}
    far = {"DBProxyName": "far", "VpcSecurityGroupIds": ["sg-3"]}
    cache = {"ServerlessCacheName": "carts", "Endpoint": {"Address": "carts.example.com", "Port": 6379}}
    environment = [
        {"name": "DB", "value": "mysql://DB.custom.example.com/x"},
        {"name": "C", "value": "carts.example.com:6379"},
    ]
    rule = {"GroupId": "sg-2", "IpPermissions": [{"UserIdGroupPairs": [{"GroupId": "sg-1"}]}]}
    found = reading(
        ecs_DescribeServices=[service(networkConfiguration=network)],
        ecs_DescribeTaskDefinition=[definition(environment=environment)],
        ec2_DescribeSecurityGroups=[{"SecurityGroups": [rule, {"GroupId": "sg-3"}]}],
        rds_DescribeDBClusters=[{"DBClusters": [named]}],
        rds_DescribeDBProxies=[{"DBProxies": [proxy, far]}],
        elasticache_DescribeServerlessCaches=[{"ServerlessCaches": [cache]}],
    )
    assert select.db_clusters(found) == [named]
    assert select.db_proxies(found) == [proxy]
    assert select.serverless_caches(found) == [cache]


def test_only_configurations_of_your_own_are_asked_for() -> None:
    groups = [
        {"deploymentConfigName": name, "ecsServices": [{"clusterName": "shop", "serviceName": each}]}
        for name, each in (("slow", "web"), ("CodeDeployDefault.ECSAllAtOnce", "web"), ("other", "elsewhere"))
    ]
    found = reading(
        ecs_DescribeServices=[service()],
        codedeploy_BatchGetDeploymentGroups=[{"deploymentGroupsInfo": groups}],
    )
    assert list(ids.deployment_configs(found)) == [{"deploymentConfigName": "slow"}]


@pytest.mark.parametrize(
    "network",
    [
        "x",
        {"AwsvpcConfiguration": "x"},
        {"AwsvpcConfiguration": {"Subnets": 5}},
        {"AwsvpcConfiguration": {"Subnets": [{}]}},
    ],
)
def test_odd_networks_in_the_input_of_a_schedule_are_nothing(network: Any) -> None:
    request = {"Cluster": "shop", "TaskDefinition": "report", "NetworkConfiguration": network, "Overrides": "x"}
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": json.dumps(request)}
    found = reading(scheduler_GetSchedule=[{"Target": target}])
    assert networks.subnets(found) == set()
    assert networks.task_groups(found) == set()
    assert estate.definition_arns(found) == {"report"}
    assert estate.roles(found) == set()
