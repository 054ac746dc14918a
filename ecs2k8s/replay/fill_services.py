"""Makes clusters, services and what scales, finds, starts and deploys them from documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs2k8s.replay.fill import Filling, Item

OF_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")


def namespace(filling: Filling, data: Item) -> None:
    """AWS makes namespaces in its own time and tells no id; a VPC is not part of what it describes."""
    if data["Type"] == "HTTP":
        filling.send("servicediscovery.CreateHttpNamespace", data)
    else:
        kind = "Private" if data["Type"] == "DNS_PRIVATE" else "Public"
        near = {"Vpc": filling.of("ec2.Vpc")[0]["VpcId"]} if data["Type"] == "DNS_PRIVATE" else {}
        given = {name: value for name, value in data.items() if name != "Properties"}
        filling.send(f"servicediscovery.Create{kind}DnsNamespace", {**given, **near})
    for its in filling.send("servicediscovery.ListNamespaces", {}).get("Namespaces", ()):
        if its["Name"] == data["Name"]:
            filling.learn("servicediscovery.Namespace", data, its, "Id")


def discovery_service(filling: Filling, data: Item) -> None:
    its = filling.send("servicediscovery.CreateService", data).get("Service", {})
    filling.learn("servicediscovery.Service", data, its)


def capacity_provider(filling: Filling, data: Item) -> None:
    if not data["name"].startswith("FARGATE"):
        filling.send("ecs.CreateCapacityProvider", data)


def container_instance(filling: Filling, data: Item) -> None:
    """Only an instance itself can register, with a document that says which one it is."""
    attributes = {each["name"]: each.get("value", "") for each in data["attributes"]}
    if data["ec2InstanceId"].startswith("i-"):
        machine = {"InstanceType": attributes["ecs.instance-type"], "SubnetId": attributes["ecs.subnet-id"]}
        given = {**machine, "ImageId": attributes["ecs.ami-id"], "MinCount": 1, "MaxCount": 1}
        for its in filling.send("ec2.RunInstances", given).get("Instances", ()):
            filling.ids.add(data["ec2InstanceId"], its["InstanceId"])
    document = json.dumps({"instanceId": filling.ids.to_theirs(data["ec2InstanceId"])})
    cluster = data["containerInstanceArn"].split("/")[1]
    answer = filling.send("ecs.RegisterContainerInstance", {"cluster": cluster, "instanceIdentityDocument": document})
    filling.learn("ecs.ContainerInstance", data, answer.get("containerInstance", {}))


def task_definition(filling: Filling, data: Item) -> None:
    """moto asks each container of a definition that is for EC2 for a hard limit; AWS takes a reservation too."""
    given = dict(data)
    if any("memory" not in each for each in data["containerDefinitions"]) and "memory" not in data:
        given.pop("requiresCompatibilities", None)
    its = filling.send("ecs.RegisterTaskDefinition", given).get("taskDefinition", {})
    filling.learn("ecs.TaskDefinition", data, its)
    if its and data.get("status") == "INACTIVE":
        filling.send("ecs.DeregisterTaskDefinition", {"taskDefinition": data["taskDefinitionArn"]})


def service(filling: Filling, data: Item) -> None:
    """Some members are given to a service, and answered of its deployments."""
    newest: Item = next(iter(data.get("deployments") or [{}]))
    given = {name: newest[name] for name in OF_DEPLOYMENT if name in newest} | data | {"cluster": data["clusterArn"]}
    filling.send("ecs.CreateService", given)
    for each in data.get("taskSets", ()):
        of = {"cluster": data["clusterArn"], "service": data["serviceArn"]}
        answer = filling.send("ecs.CreateTaskSet", {**each, **of})
        filling.learn("ecs.TaskSet", each, answer.get("taskSet", {}))


def scalable_target(filling: Filling, data: Item) -> None:
    answer = filling.send("application-autoscaling.RegisterScalableTarget", data)
    filling.learn("application-autoscaling.ScalableTarget", data, answer)


def scaling_policy(filling: Filling, data: Item) -> None:
    """Alarms of target tracking come with it, under names that are partly random."""
    answer = filling.send("application-autoscaling.PutScalingPolicy", data)
    filling.learn("application-autoscaling.ScalingPolicy", data, answer)
    for ours, its in zip(data.get("Alarms", ()), answer.get("Alarms", ()), strict=False):
        for name in ("AlarmARN", "AlarmName"):
            filling.ids.add(ours.get(name), its.get(name))


def metric_alarm(filling: Filling, data: Item) -> None:
    if data["AlarmName"] not in filling.ids.there:
        filling.send("cloudwatch.PutMetricAlarm", data)


def deployment_group(filling: Filling, data: Item) -> None:
    if filling.first("codedeploy.DeploymentGroup", applicationName=data["applicationName"]) is data:
        filling.send("codedeploy.CreateApplication", data)
    filling.send("codedeploy.CreateDeploymentGroup", data)


def scheduled_action(filling: Filling, data: Item) -> None:
    filling.send("application-autoscaling.PutScheduledAction", data)
    named = {**data, "ScheduledActionNames": [data["ScheduledActionName"]]}
    for its in filling.send("application-autoscaling.DescribeScheduledActions", named).get("ScheduledActions", ()):
        filling.learn("application-autoscaling.ScheduledAction", data, its)
