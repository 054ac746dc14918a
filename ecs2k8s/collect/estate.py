"""Which of the things that AWS listed belong to the services that are read: followed from reference to reference."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn, last

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.collect.reading import Item, Reading

# Controllers that keep what runs in task sets; the others keep it in deployments.
OTHER_CONTROLLERS = ("CODE_DEPLOY", "EXTERNAL")
RUN_TASK = ":aws-sdk:ecs:runTask"  # the universal target of EventBridge Scheduler


def clusters(reading: Reading) -> list[Item]:
    return list(reading.items("ecs.DescribeClusters", "clusters"))


def services(reading: Reading) -> list[Item]:
    return [each for each in reading.items("ecs.DescribeServices", "services") if each.get("status") != "INACTIVE"]


def task_sets(reading: Reading) -> Iterator[Item]:
    for service in services(reading):
        yield from service.get("taskSets", ())


def controller(service: Item) -> str:
    return str(service.get("deploymentController", {}).get("type", "ECS"))


def configurations(reading: Reading) -> Iterator[Item]:
    """Services and their task sets: both have load balancers, a network and a task definition."""
    for service in services(reading):
        yield service
        yield from service.get("taskSets", ())


def tasks(reading: Reading) -> list[Item]:
    """Tasks of the services that are read, and those that neither a service nor a daemon started."""
    names = {(service.get("clusterArn"), service.get("serviceName")) for service in services(reading)}
    found = []
    for task in reading.items("ecs.DescribeTasks", "tasks"):
        kind, _, name = str(task.get("group", "")).partition(":")
        of_service = (task.get("clusterArn"), name) in names
        if kind == "daemon":
            continue
        if of_service if kind == "service" else not reading.scope.only_services:
            found.append(task)
    return found


def rule_targets(reading: Reading) -> Iterator[Item]:
    """Targets of EventBridge rules that start tasks."""
    for target in reading.items("events.ListTargetsByRule", "Targets"):
        if target.get("EcsParameters"):
            yield target["EcsParameters"]


def schedules(reading: Reading) -> list[Item]:
    """Summaries of schedules whose target is one of the clusters, or RunTask itself."""
    arns = {cluster.get("clusterArn") for cluster in clusters(reading)}
    found = []
    for schedule in reading.items("scheduler.ListSchedules", "Schedules"):
        arn = str(schedule.get("Target", {}).get("Arn", ""))
        if arn in arns or arn.endswith(RUN_TASK):
            found.append(schedule)
    return [] if reading.scope.only_services else found


def started_schedules(reading: Reading) -> Iterator[tuple[Item, Item]]:
    """Schedules that start tasks in the clusters that are read, each with the parameters of its tasks.

    The universal target has the whole request of RunTask in its input.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """
    found = clusters(reading)
    names = {str(its) for each in found for its in (each.get("clusterArn"), each.get("clusterName"))}
    for _, answer in reading.answers("scheduler.GetSchedule"):
        target = answer.get("Target", {})
        if not str(target.get("Arn", "")).endswith(RUN_TASK):
            yield answer, target.get("EcsParameters", {})
            continue
        request = capitals(inner(target.get("Input")))
        if str(request.get("Cluster", "default")) in names:
            yield answer, {**request, "TaskDefinitionArn": request.get("TaskDefinition")}


def scheduled(reading: Reading) -> Iterator[Item]:
    """What schedules start."""
    for _, parameters in started_schedules(reading):
        yield parameters


def inner(text: Any) -> Item:
    """The JSON object that a text holds; an empty one where it holds none."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def capitals(value: Item) -> Item:
    """The same with keys as EventBridge writes them: ECS's own API begins them with a small letter."""
    return {key[:1].upper() + key[1:]: each for key, each in value.items()}


def overrides(reading: Reading) -> Iterator[Item]:
    """What tasks, and the inputs of rules and schedules, put in place of parts of their task definition."""
    for task in tasks(reading):
        yield task.get("overrides", {})
    for target in reading.items("events.ListTargetsByRule", "Targets"):
        if target.get("EcsParameters"):
            yield inner(target.get("Input"))
    for schedule, parameters in started_schedules(reading):
        given = parameters.get("Overrides", inner(schedule.get("Target", {}).get("Input")))
        yield {key[:1].lower() + key[1:]: each for key, each in given.items()} if isinstance(given, dict) else {}


def definition_arns(reading: Reading) -> set[str]:
    """Task definitions of services, of tasks without a service, of rules and of schedules."""
    found = {str(each["taskDefinition"]) for each in configurations(reading) if each.get("taskDefinition")}
    for task in tasks(reading):
        if not str(task.get("group", "")).startswith("service:") and task.get("taskDefinitionArn"):
            found.add(str(task["taskDefinitionArn"]))
    for started in (*rule_targets(reading), *scheduled(reading)):
        if started.get("TaskDefinitionArn"):
            found.add(str(started["TaskDefinitionArn"]))
    return found


def definitions(reading: Reading) -> list[Item]:
    """Task definitions, of daemons too, read now or known already."""
    read = [answer["taskDefinition"] for _, answer in reading.answers("ecs.DescribeTaskDefinition") if answer]
    wanted = definition_arns(reading)
    daemons = (answer.get("daemonTaskDefinition") for _, answer in reading.answers("ecs.DescribeDaemonTaskDefinition"))
    return [*read, *filter(None, daemons), *(data for arn, data in reading.known.items() if arn in wanted)]


def containers(reading: Reading) -> Iterator[Item]:
    for definition in definitions(reading):
        yield from definition.get("containerDefinitions", ())


def roles(reading: Reading) -> set[str]:
    """Names of the task and execution roles of this account; tasks can have others than their definition."""
    found = set()
    for each in (*definitions(reading), *overrides(reading)):
        for key in ("taskRoleArn", "executionRoleArn"):
            text = str(each.get(key) or "")
            arn = Arn.parse(text)
            if text and (arn is None or arn.account == reading.account):
                found.add(last(text))
    return found


def resource_ids(reading: Reading) -> set[str]:
    """Services as Application Auto Scaling names them."""
    return {f"service/{last(str(each.get('clusterArn')))}/{each.get('serviceName')}" for each in services(reading)}


def service_groups(reading: Reading) -> set[str]:
    """Target groups that services and task sets register with, and those that they alternate with."""
    found = set()
    for each in configurations(reading):
        for balancer in each.get("loadBalancers", ()):
            found.add(balancer.get("targetGroupArn"))
            found.add(balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn"))
    return {str(arn) for arn in found if arn}


def load_balancers(reading: Reading) -> list[Item]:
    """Load balancers in front of those target groups."""
    groups = service_groups(reading)
    arns = {
        arn
        for group in reading.items("elbv2.DescribeTargetGroups", "TargetGroups")
        if group.get("TargetGroupArn") in groups
        for arn in group.get("LoadBalancerArns", ())
    }
    found = reading.items("elbv2.DescribeLoadBalancers", "LoadBalancers")
    return [balancer for balancer in found if balancer.get("LoadBalancerArn") in arns]


def listeners(reading: Reading) -> list[Item]:
    return list(reading.items("elbv2.DescribeListeners", "Listeners"))


def forwarded(actions: Iterable[Item]) -> Iterator[str]:
    """Target groups that actions of a listener or a rule forward to."""
    for action in actions:
        if action.get("TargetGroupArn"):
            yield str(action["TargetGroupArn"])
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            yield str(group.get("TargetGroupArn"))


def target_groups(reading: Reading) -> list[Item]:
    """Target groups of services, and the others that their load balancers forward to."""
    wanted = service_groups(reading)
    for listener in listeners(reading):
        wanted.update(forwarded(listener.get("DefaultActions", ())))
    for rule in reading.items("elbv2.DescribeRules", "Rules"):
        wanted.update(forwarded(rule.get("Actions", ())))
    found = reading.items("elbv2.DescribeTargetGroups", "TargetGroups")
    return [group for group in found if group.get("TargetGroupArn") in wanted]


def dns_names(reading: Reading) -> set[str]:
    """Names of the load balancers, as records and origins write them."""
    return {plain_name(str(balancer.get("DNSName", ""))) for balancer in load_balancers(reading)} - {""}


def plain_name(name: str) -> str:
    return name.lower().removesuffix(".").removeprefix("dualstack.")


def networks(reading: Reading) -> Iterator[Item]:
    """Subnets and security groups of services, task sets, rules and schedules, with the keys in small letters."""
    for each in configurations(reading):
        yield each.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    for each in (*rule_targets(reading), *scheduled(reading)):
        network = each.get("NetworkConfiguration") or {}
        its = network.get("awsvpcConfiguration") or network.get("AwsvpcConfiguration") or {}
        yield {key[:1].lower() + key[1:]: value for key, value in its.items()}


def task_subnets(reading: Reading) -> Iterator[str]:
    """Subnets of tasks that have no service, which say it in the details of their interface."""
    for task in tasks(reading):
        for attachment in task.get("attachments", ()):
            yield from (each["value"] for each in attachment.get("details", ()) if each.get("name") == "subnetId")


def subnets(reading: Reading) -> set[str]:
    found = {subnet for network in networks(reading) for subnet in network.get("subnets", ())}
    found.update(task_subnets(reading))
    found.update(each.get("SubnetId") for each in instances(reading))
    found.update(cluster_subnets(reading))
    for balancer in load_balancers(reading):
        found.update(zone.get("SubnetId") for zone in balancer.get("AvailabilityZones", ()))
    return {str(subnet) for subnet in found if subnet}


def cluster_subnets(reading: Reading) -> Iterator[str]:
    """Subnets of the EKS cluster that is moved to: its own, and those of its nodes and Fargate profiles."""
    for _, answer in reading.answers("eks.DescribeCluster"):
        yield from answer.get("cluster", {}).get("resourcesVpcConfig", {}).get("subnetIds", ())
    for call, key in (("eks.DescribeNodegroup", "nodegroup"), ("eks.DescribeFargateProfile", "fargateProfile")):
        for _, answer in reading.answers(call):
            yield from answer.get(key, {}).get("subnets", ())


def instances(reading: Reading) -> Iterator[Item]:
    """EC2 instances of the clusters."""
    for each in reading.items("ec2.DescribeInstances", "Reservations"):
        yield from each.get("Instances", ())


def vpcs(reading: Reading) -> set[str]:
    found = {each.get("VpcId") for each in reading.items("ec2.DescribeSubnets", "Subnets")}
    found |= {balancer.get("VpcId") for balancer in load_balancers(reading)}
    groups = service_groups(reading)
    for group in reading.items("elbv2.DescribeTargetGroups", "TargetGroups"):
        if group.get("TargetGroupArn") in groups:
            found.add(group.get("VpcId"))
    return {str(vpc) for vpc in found if vpc}


def task_groups(reading: Reading) -> set[str]:
    """Security groups of tasks, of instances and of load balancers."""
    found = {group for network in networks(reading) for group in network.get("securityGroups", ())}
    for balancer in load_balancers(reading):
        found.update(balancer.get("SecurityGroups", ()))
    for instance in instances(reading):
        found.update(each.get("GroupId") for each in instance.get("SecurityGroups", ()))
    return {str(group) for group in found if group} | default_groups(reading)


def default_groups(reading: Reading) -> set[str]:
    """Tasks whose network names no group have the default group of their VPC."""
    bare = {
        subnet
        for network in networks(reading)
        if not network.get("securityGroups")
        for subnet in network.get("subnets", ())
    }
    found = {each.get("VpcId") for each in reading.items("ec2.DescribeSubnets", "Subnets") if each["SubnetId"] in bare}
    groups = reading.items("ec2.DescribeSecurityGroups", "SecurityGroups")
    return {
        str(each["GroupId"]) for each in groups if each.get("GroupName") == "default" and each.get("VpcId") in found
    }


def permissions(group: Item) -> Iterator[Item]:
    yield from group.get("IpPermissions") or ()
    yield from group.get("IpPermissionsEgress") or ()


def peers(group: Item) -> set[str]:
    """Security groups that the rules of *group* name."""
    pairs = (pair for rule in permissions(group) for pair in rule.get("UserIdGroupPairs") or ())
    return {str(pair.get("GroupId")) for pair in pairs if pair.get("GroupId")}


def neighbours(reading: Reading, seeds: set[str]) -> set[str]:
    """*seeds*, the security groups that their rules name, and those whose rules name them."""
    found = set(seeds)
    for group in reading.items("ec2.DescribeSecurityGroups", "SecurityGroups"):
        named = peers(group)
        if group.get("GroupId") in seeds:
            found |= named
        elif named & seeds:
            found.add(str(group.get("GroupId")))
    return found


def environment(reading: Reading) -> str:
    """All plain environment values in one text, in small letters, to look for host names in."""
    values = (str(pair.get("value", "")) for each in containers(reading) for pair in each.get("environment", ()))
    return "\n".join(values).lower()


def endpoints(store: Item) -> set[str]:
    """Host names below any key of a data store's description that is called an address."""
    found: set[str] = set()
    stack: list[Any] = [store]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            found |= {str(value[key]).lower() for key in ("Address", "ReaderEndpoint", "Endpoint") if _text(value, key)}
            found |= {str(name).lower() for name in value.get("CustomEndpoints") or ()}
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return {name for name in found if name}


def _text(value: Item, key: str) -> bool:
    return isinstance(value.get(key), str)


STORES = {
    "rds.DescribeDBInstances": ("DBInstances", "VpcSecurityGroups", "VpcSecurityGroupId"),
    "rds.DescribeDBClusters": ("DBClusters", "VpcSecurityGroups", "VpcSecurityGroupId"),
    "rds.DescribeDBProxies": ("DBProxies", "VpcSecurityGroupIds", ""),
    "elasticache.DescribeReplicationGroups": ("ReplicationGroups", "", ""),
    "elasticache.DescribeCacheClusters": ("CacheClusters", "SecurityGroups", "SecurityGroupId"),
    "elasticache.DescribeServerlessCaches": ("ServerlessCaches", "SecurityGroupIds", ""),
}


def stores(reading: Reading, call: str) -> list[Item]:
    """Databases and caches that environment values name, or that a rule lets tasks reach."""
    key, groups, _ = STORES[call]
    near, text = neighbours(reading, task_groups(reading)), environment(reading)
    caches = _caches(reading, near) if not groups else set()
    found = []
    for store in reading.items(call, key):
        reached = bool(store_groups(store, call) & near) or store.get("ReplicationGroupId") in caches
        if reached or any(name in text for name in endpoints(store)):
            found.append(store)
    return found


def _caches(reading: Reading, near: set[str]) -> set[str]:
    """Replication groups have no security groups of their own: their nodes have."""
    call = "elasticache.DescribeCacheClusters"
    found = reading.items(call, "CacheClusters")
    return {str(node.get("ReplicationGroupId")) for node in found if store_groups(node, call) & near}


def store_groups(store: Item, call: str) -> set[str]:
    _, groups, key = STORES[call]
    return {str(each.get(key) if key else each) for each in store.get(groups, ())} if groups else set()


def security_groups(reading: Reading) -> list[Item]:
    """Groups of tasks, load balancers, file systems and data stores, with those next to them."""
    seeds = task_groups(reading)
    for call in STORES:
        seeds.update(*(store_groups(store, call) for store in stores(reading, call)))
    seeds.update(str(group) for group in reading.items("efs.DescribeMountTargetSecurityGroups", "SecurityGroups"))
    wanted = neighbours(reading, seeds)
    for _, answer in reading.answers("eks.DescribeCluster"):
        its = answer.get("cluster", {}).get("resourcesVpcConfig", {})
        wanted.update((its.get("clusterSecurityGroupId"), *its.get("securityGroupIds", ())))
    found = reading.items("ec2.DescribeSecurityGroups", "SecurityGroups")
    return [group for group in found if group.get("GroupId") in wanted]


IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com)(?:\.cn)?/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def deployment_groups(reading: Reading) -> Iterator[Item]:
    """CodeDeploy's groups that deploy the services."""
    known = {(last(str(each.get("clusterArn"))), each.get("serviceName")) for each in services(reading)}
    for group in reading.items("codedeploy.BatchGetDeploymentGroups", "deploymentGroupsInfo"):
        named = {(each.get("clusterName"), each.get("serviceName")) for each in group.get("ecsServices", ())}
        if named & known:
            yield group


def deployments(reading: Reading) -> Iterator[Item]:
    for service in services(reading):
        yield from service.get("deployments", ())


def registries(reading: Reading) -> set[str]:
    """ARNs of Cloud Map services: of registries, and those that Service Connect made."""
    found = {each.get("registryArn") for its in configurations(reading) for each in its.get("serviceRegistries", ())}
    for deployment in deployments(reading):
        found |= {each.get("discoveryArn") for each in deployment.get("serviceConnectResources", ())}
    return {str(arn) for arn in found if arn}


def namespaces(reading: Reading) -> set[str]:
    """Namespaces of registries and of Service Connect, by id or by name; the latter are also named by ARN."""
    found = {each.get("Service", {}).get("NamespaceId") for _, each in reading.answers("servicediscovery.GetService")}
    for cluster in clusters(reading):
        found.add(cluster.get("serviceConnectDefaults", {}).get("namespace"))
    for each in (*services(reading), *deployments(reading)):
        found.add(each.get("serviceConnectConfiguration", {}).get("namespace"))
    return {last(str(name)) for name in found if name}


def secret_names(reading: Reading) -> Iterator[str]:
    """What containers and the proxies of Service Connect take secrets from: ARNs and names."""
    logs = [container.get("logConfiguration", {}) for container in containers(reading)]
    connected = (each.get("serviceConnectConfiguration", {}) for each in deployments(reading))
    logs += [each.get("logConfiguration", {}) for each in connected]
    secrets = [secret for container in containers(reading) for secret in container.get("secrets", ())]
    for secret in (*secrets, *(option for log in logs for option in log.get("secretOptions", ()))):
        yield str(secret.get("valueFrom", ""))


def login_secrets(reading: Reading) -> Iterator[str]:
    """Secrets with a user and a password: of registries, and of file systems of Windows."""
    for container in containers(reading):
        yield str(container.get("repositoryCredentials", {}).get("credentialsParameter", ""))
    for definition in definitions(reading):
        for volume in definition.get("volumes", ()):
            fsx = volume.get("fsxWindowsFileServerVolumeConfiguration", {})
            yield str(fsx.get("authorizationConfig", {}).get("credentialsParameter", ""))
