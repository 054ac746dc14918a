"""How the services page their lists, and how much one request may ask for: their own documentation, not our table.

A second opinion on mappings/collect.yaml: what asks for more than a service takes is refused here as the service would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecs2k8s.replay.wire import Refusal


@dataclass(frozen=True, slots=True)
class Pages:
    """Keys of the lists that are paged together, the request's limit with what is usual and most, and the tokens."""

    keys: tuple[str, ...]
    limit: str = ""
    usual: int = 100
    most: int = 100
    asked: str = "NextToken"
    given: str = "NextToken"
    truncated: bool = False  # whether IsTruncated says that more follow


def _ecs(key: str, usual: int = 100, most: int = 100) -> Pages:
    return Pages((key,), "maxResults", usual, most, "nextToken", "nextToken")


def _elb(key: str) -> Pages:
    return Pages((key,), "PageSize", 400, 400, "Marker", "NextMarker")


def _ec2(key: str, most: int = 1000) -> Pages:
    return Pages((key,), "MaxResults", 10**9, most)


def _iam(key: str) -> Pages:
    return Pages((key,), "MaxItems", 100, 1000, "Marker", "Marker", truncated=True)


def _eks(key: str) -> Pages:
    return Pages((key,), "maxResults", 100, 100, "nextToken", "nextToken")


def _records(key: str) -> Pages:
    return Pages((key,), "MaxRecords", 100, 100, "Marker", "Marker")


PAGES = {
    "ecs.ListClusters": _ecs("clusterArns"),
    "ecs.ListServices": _ecs("serviceArns", usual=10),
    "ecs.ListTasks": _ecs("taskArns"),
    "ecs.ListContainerInstances": _ecs("containerInstanceArns"),
    "ecs.ListTaskDefinitions": _ecs("taskDefinitionArns"),
    "ecs.DescribeCapacityProviders": _ecs("capacityProviders", usual=10, most=10),
    "ecs.ListDaemons": _ecs("daemonSummariesList"),
    "ecs.ListGateways": _ecs("gateways"),
    "ecs.ListGatewayRoutes": _ecs("gatewayRoutes"),
    "elbv2.DescribeTargetGroups": _elb("TargetGroups"),
    "elbv2.DescribeLoadBalancers": _elb("LoadBalancers"),
    "elbv2.DescribeListeners": _elb("Listeners"),
    "elbv2.DescribeListenerCertificates": _elb("Certificates"),
    "elbv2.DescribeRules": _elb("Rules"),
    "elbv2.DescribeTrustStores": _elb("TrustStores"),
    "ec2.DescribeInstances": _ec2("Reservations"),
    "ec2.DescribeSubnets": _ec2("Subnets"),
    "ec2.DescribeVpcs": _ec2("Vpcs"),
    "ec2.DescribeSecurityGroups": _ec2("SecurityGroups"),
    "ec2.DescribeSecurityGroupRules": _ec2("SecurityGroupRules"),
    "ec2.DescribeNetworkInterfaces": _ec2("NetworkInterfaces"),
    "ec2.DescribeManagedPrefixLists": _ec2("PrefixLists", most=100),
    "ec2.GetManagedPrefixListEntries": _ec2("Entries", most=100),
    "application-autoscaling.DescribeScalableTargets": Pages(("ScalableTargets",), "MaxResults", 50, 50),
    "application-autoscaling.DescribeScalingPolicies": Pages(("ScalingPolicies",), "MaxResults", 10, 10),
    "application-autoscaling.DescribeScheduledActions": Pages(("ScheduledActions",), "MaxResults", 50, 50),
    "servicediscovery.ListNamespaces": Pages(("Namespaces",), "MaxResults"),
    "servicediscovery.ListInstances": Pages(("Instances",), "MaxResults"),
    "events.ListEventBuses": Pages(("EventBuses",), "Limit"),
    "events.ListRuleNamesByTarget": Pages(("RuleNames",), "Limit"),
    "events.ListTargetsByRule": Pages(("Targets",), "Limit"),
    "scheduler.ListSchedules": Pages(("Schedules",), "MaxResults"),
    "iam.ListAttachedRolePolicies": _iam("AttachedPolicies"),
    "iam.ListRolePolicies": _iam("PolicyNames"),
    "efs.DescribeFileSystems": Pages(("FileSystems",), "MaxItems", 100, 100, "Marker", "NextMarker"),
    "efs.DescribeMountTargets": Pages(("MountTargets",), "MaxItems", 10, 100, "Marker", "NextMarker"),
    "efs.DescribeAccessPoints": Pages(("AccessPoints",), "MaxResults"),
    "rds.DescribeDBInstances": _records("DBInstances"),
    "rds.DescribeDBClusters": _records("DBClusters"),
    "rds.DescribeDBProxies": _records("DBProxies"),
    "elasticache.DescribeServerlessCaches": Pages(("ServerlessCaches",), "MaxResults", 50, 100),
    "elasticache.DescribeReplicationGroups": _records("ReplicationGroups"),
    "elasticache.DescribeCacheClusters": _records("CacheClusters"),
    "cloudwatch.DescribeAlarms": Pages(("MetricAlarms", "CompositeAlarms"), "MaxRecords", 50, 100),
    "codedeploy.ListApplications": Pages(("applications",), "", 100, 100, "nextToken", "nextToken"),
    "codedeploy.ListDeploymentGroups": Pages(("deploymentGroups",), "", 100, 100, "nextToken", "nextToken"),
    "route53.ListHostedZones": Pages(("HostedZones",), "MaxItems", 100, 100, "Marker", "NextMarker", truncated=True),
    "ssm.DescribeParameters": Pages(("Parameters",), "MaxResults", 10, 50),
    "eks.ListAddons": _eks("addons"),
    "eks.ListNodegroups": _eks("nodegroups"),
    "eks.ListFargateProfiles": _eks("fargateProfileNames"),
    "eks.ListPodIdentityAssociations": _eks("associations"),
}

# Parameter and the most values of it in one request.
BATCHES = {
    "ecs.DescribeClusters": ("clusters", 100),
    "ecs.DescribeServices": ("services", 10),
    "ecs.DescribeTasks": ("tasks", 100),
    "ecs.DescribeCapacityProviders": ("capacityProviders", 100),
    "ecs.DescribeContainerInstances": ("containerInstances", 100),
    "elbv2.DescribeTags": ("ResourceArns", 20),
    "elbv2.DescribeTrustStores": ("TrustStoreArns", 20),
    "application-autoscaling.DescribeScalableTargets": ("ResourceIds", 50),
    "ecr.DescribeImages": ("imageIds", 100),
    "ecs.DescribeDaemonRevisions": ("daemonRevisionArns", 20),
    "codedeploy.BatchGetApplications": ("applicationNames", 100),
    "codedeploy.BatchGetDeploymentGroups": ("deploymentGroupNames", 100),
}
FILTER_VALUES = {"ec2": 200, "ssm": 50}


def check(call: str, parameters: dict[str, Any]) -> None:
    """Raises `Refusal` where the request asks for more than the service takes."""
    name, most = BATCHES.get(call, ("", 0))
    if name and len(parameters.get(name, ())) > most:
        raise Refusal("InvalidParameterException", f"{name} can have at most {most} items")
    service = call.partition(".")[0]
    for found in (*parameters.get("Filters", ()), *parameters.get("ParameterFilters", ())):
        if len(found.get("Values", ())) > FILTER_VALUES.get(service, 10**9):
            raise Refusal("FilterLimitExceeded", "too many filter values")
    pages = PAGES.get(call)
    if pages and pages.limit and not 1 <= int(parameters.get(pages.limit, 1)) <= pages.most:
        raise Refusal("ValidationException", f"{pages.limit} must be at most {pages.most}")


def page(call: str, parameters: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The page of *answer* that the request asks for, with the token of the next one."""
    pages = PAGES.get(call)
    if pages is None:
        return answer
    size = int(parameters.get(pages.limit, pages.usual)) if pages.limit else pages.usual
    start = int(parameters.get(pages.asked, 0))
    cut = {key: value for key, value in answer.items() if key not in pages.keys}
    position, following = 0, 0
    for key in pages.keys:
        items = answer.get(key, [])
        cut[key] = [item for at, item in enumerate(items, position) if start <= at < start + size]
        position += len(items)
    if position > start + size:
        following = start + size
        cut[pages.given] = str(following)
    return cut | ({"IsTruncated": bool(following)} if pages.truncated else {})
