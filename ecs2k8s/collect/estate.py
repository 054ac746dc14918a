"""Which of the things that AWS listed belong to the services that are read: followed from reference to reference."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn, last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.collect.reading import Item, Reading

# Controllers that keep what runs in task sets; the others keep it in deployments.
OTHER_CONTROLLERS = ("CODE_DEPLOY", "EXTERNAL")
RUN_TASK = ":aws-sdk:ecs:runTask"  # the universal target of EventBridge Scheduler


def clusters(reading: Reading) -> list[Item]:
    return list(reading.items("ecs.DescribeClusters", "clusters"))


def services(reading: Reading) -> list[Item]:
    return [each for each in reading.items("ecs.DescribeServices", "services") if each.get("status") != "INACTIVE"]


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


def small(value: Item) -> Item:
    """The same with keys as ECS's own API writes them."""
    return {key[:1].lower() + key[1:]: each for key, each in value.items()}


def overrides(reading: Reading) -> Iterator[Item]:
    """What tasks, and the inputs of rules and schedules, put in place of parts of their task definition."""
    for task in tasks(reading):
        yield task.get("overrides", {})
    for target in reading.items("events.ListTargetsByRule", "Targets"):
        if target.get("EcsParameters"):
            yield inner(target.get("Input"))
    for schedule, parameters in started_schedules(reading):
        given = parameters.get("Overrides", inner(schedule.get("Target", {}).get("Input")))
        yield small(given) if isinstance(given, dict) else {}


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


def service_names(reading: Reading) -> set[tuple[str, Any]]:
    """Services by the names of their cluster and their own, as metrics and CodeDeploy tell them."""
    return {(last(str(each.get("clusterArn"))), each.get("serviceName")) for each in services(reading)}


def resource_ids(reading: Reading) -> set[str]:
    """Services as Application Auto Scaling names them."""
    return {f"service/{cluster}/{service}" for cluster, service in service_names(reading)}


IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com)(?:\.cn)?/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def deployment_groups(reading: Reading) -> Iterator[Item]:
    """CodeDeploy's groups that deploy the services."""
    known = service_names(reading)
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
