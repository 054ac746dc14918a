"""What a workload is in ECS, in lines by topic. Names and numbers only: no value of the environment, no command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import last
from ecs2k8s.core.tracking import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.workload import AwsMap, Workload

Lines = list[str]


def ecs_facts(workload: Workload) -> dict[str, Lines]:
    """Topic to lines; empty topics are left out."""
    found = {
        "Runs as": list(_runs(workload)),
        "Schedule": _schedule(workload),
        "Copies": _copies(workload),
        "Images": [f"{_name(each)}: {each.get('image', '')}" for each in workload.containers],
        "CPU and memory": list(_sizes(workload)),
        "Ports": [line for each in workload.containers for line in _ports(each)],
        "Health checks": [line for each in workload.containers for line in _check(each)],
        "Environment": [line for each in workload.containers for line in _environment(each)],
        "Secrets": [line for each in workload.containers for line in _secrets(each)],
        "Volumes": list(_volumes(workload)),
        "Identity": list(_identity(workload)),
        "Scaling": list(_scaling(workload)),
        "Entrances": list(_entrances(workload)),
        "Network": list(_network(workload)),
        "Rollout": _rollout(workload),
        "Stopping": [
            f"{_name(each)}: {each['stopTimeout']} s" for each in workload.containers if "stopTimeout" in each
        ],
        "Logs": [line for each in workload.containers for line in _logs(each)],
    }
    return {topic: lines for topic, lines in found.items() if lines}


def _name(container: AwsMap) -> str:
    return str(container.get("name", ""))


def _runs(workload: Workload) -> Iterator[str]:
    if workload.service:
        yield f"service {last(workload.service_id)}"
    elif workload.schedule:
        yield f"schedule {workload.schedule.name}"
    elif workload.task:
        yield "one-off task"
    if workload.cluster_name:
        yield f"in cluster {workload.cluster_name}"
    yield f"task definition {last(workload.definition_id)}"
    yield "on Fargate" if workload.is_fargate else "on EC2 or external instances"


def _schedule(workload: Workload) -> Lines:
    schedule = workload.schedule
    return [schedule.expression + (" (off)" if schedule.is_off else "")] if schedule else []


def _copies(workload: Workload) -> Lines:
    if not workload.service:
        return []
    if workload.kind == "DaemonSet":
        return ["one task on each instance"]
    count = workload.service.get("desiredCount")
    return [] if count is None else [f"{count} tasks"]


def _sizes(workload: Workload) -> Iterator[str]:
    task = workload.definition
    if "cpu" in task or "memory" in task:
        yield f"task: {_cpu(task)}, {_memory(task)}"
    for each in workload.containers:
        yield f"{_name(each)}: {_cpu(each)}, {_memory(each)}"


def _cpu(view: AwsMap) -> str:
    return f"{view['cpu']} CPU units" if view.get("cpu") else "no CPU units"


def _memory(view: AwsMap) -> str:
    limit, reserved = view.get("memory"), view.get("memoryReservation")
    text = f"{limit} MiB" if limit else "no memory limit"
    return text + (f" ({reserved} MiB reserved)" if reserved else "")


def _ports(container: AwsMap) -> Iterator[str]:
    for each in container.get("portMappings", []):
        port = each.get("containerPort", each.get("containerPortRange", ""))
        name = f" ({each['name']})" if each.get("name") else ""
        yield f"{_name(container)}: {port}/{each.get('protocol', 'tcp')}{name}"


def _check(container: AwsMap) -> Lines:
    check: AwsMap = container.get("healthCheck", NOTHING)
    if not check:
        return []
    words = {"interval": "every {} s", "timeout": "timeout {} s", "retries": "{} retries", "startPeriod": "starts {} s"}
    said = ", ".join(text.format(check[key]) for key, text in words.items() if key in check)
    return [f"{_name(container)}: command{', ' if said else ''}{said}"]


def _environment(container: AwsMap) -> Lines:
    names = [str(each.get("name", "")) for each in container.get("environment", [])]
    files = [f"file {last(str(each.get('value', '')))}" for each in container.get("environmentFiles", [])]
    return [f"{_name(container)}: {', '.join([*names, *files])}"] if names or files else []


def _secrets(container: AwsMap) -> Iterator[str]:
    for each in container.get("secrets", []):
        yield f"{_name(container)}: {each.get('name', '')} from {each.get('valueFrom', '')}"
    registry = container.get("repositoryCredentials", NOTHING).get("credentialsParameter")
    if registry:
        yield f"{_name(container)}: registry login from {registry}"


def _volumes(workload: Workload) -> Iterator[str]:
    mounts: dict[str, list[str]] = {}
    for container in workload.containers:
        for each in container.get("mountPoints", []):
            at = f"{_name(container)}:{each.get('containerPath', '')}"
            mounts.setdefault(str(each.get("sourceVolume", "")), []).append(at)
    for volume in workload.definition.get("volumes", []):
        name = str(volume.get("name", ""))
        at = f" at {', '.join(mounts[name])}" if name in mounts else ""
        yield f"{name}: {_volume(volume)}{at}"


def _volume(volume: AwsMap) -> str:
    efs: AwsMap = volume.get("efsVolumeConfiguration", NOTHING)
    if efs:
        return f"EFS {efs.get('fileSystemId', '')}"
    kinds = {
        "fsxWindowsFileServerVolumeConfiguration": "FSx for Windows",
        "dockerVolumeConfiguration": "Docker volume",
        "s3filesVolumeConfiguration": "S3 Files",
    }
    for key, word in kinds.items():
        if volume.get(key):
            return word
    if volume.get("configuredAtLaunch"):
        return "EBS, configured at launch"
    path = volume.get("host", NOTHING).get("sourcePath")
    return f"path {path} of the host" if path else "empty at each start"


def _identity(workload: Workload) -> Iterator[str]:
    for key, word in (("taskRoleArn", "task role"), ("executionRoleArn", "execution role")):
        if workload.definition.get(key):
            yield f"{word} {last(str(workload.definition[key]))}"


def _scaling(workload: Workload) -> Iterator[str]:
    if not workload.scaling:
        return
    target = workload.scaling.target
    if target:
        yield f"{target.get('MinCapacity', '?')} to {target.get('MaxCapacity', '?')} tasks"
    for policy in workload.scaling.policies:
        yield f"policy {policy.view.get('PolicyName', '')}: {policy.view.get('PolicyType', '')}"
    for action in workload.scaling.actions:
        yield f"scheduled action {action.view.get('ScheduledActionName', '')}: {action.view.get('Schedule', '')}"


def _entrances(workload: Workload) -> Iterator[str]:
    for each in workload.configuration.get("loadBalancers", []):
        group = str(each.get("targetGroupArn", each.get("loadBalancerName", "")))
        name = group.split("/")[1] if group.count("/") > 1 else group
        yield f"target group {name} → {each.get('containerName', '')}:{each.get('containerPort', '')}"
    if workload.connect:
        for alias in workload.connect.aliases:
            yield f"Service Connect {alias.name}:{alias.port}"
    for registration in workload.registrations:
        yield f"Cloud Map {registration.label}.{registration.space.name}"


def _network(workload: Workload) -> Iterator[str]:
    yield f"mode {workload.definition.get('networkMode', 'awsvpc' if workload.is_fargate else 'bridge')}"
    vpc: Any = workload.configuration.get("networkConfiguration", NOTHING).get("awsvpcConfiguration", NOTHING)
    for key, word in (("securityGroups", "security groups"), ("subnets", "subnets")):
        if vpc.get(key):
            yield f"{word} {', '.join(map(str, vpc[key]))}"
    if vpc.get("assignPublicIp") == "ENABLED":
        yield "public addresses"


def _rollout(workload: Workload) -> Lines:
    said = workload.service.get("deploymentConfiguration", NOTHING)
    if not said:
        return []
    controller = workload.service.get("deploymentController", NOTHING).get("type", "ECS")
    percent = f"{said.get('minimumHealthyPercent', '?')} % to {said.get('maximumPercent', '?')} %"
    breaker = said.get("deploymentCircuitBreaker", NOTHING).get("enable")
    return [f"{controller}: {percent} of the tasks" + (", with circuit breaker" if breaker else "")]


def _logs(container: AwsMap) -> Lines:
    log: AwsMap = container.get("logConfiguration", NOTHING)
    if not log:
        return []
    group = log.get("options", NOTHING).get("awslogs-group")
    return [f"{_name(container)}: {log.get('logDriver', '')}" + (f" {group}" if group else "")]
