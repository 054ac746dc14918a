"""Tasks of ECS services: they start and stop with delay, and are targets of the service's groups meanwhile."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from ecs2k8s.replay import state_health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.replay.state import Account, Item

STOPPED_SEEN = 3600.0  # seconds that a stopped task can still be described
ADDRESS = ("privateIPv4Address", "privateIpv4Address")  # in the attachment, in the container's interface


@dataclass(slots=True)
class Watching:
    """Who is told of a task that runs from now on, and of one that gets SIGTERM now: what runs it for real."""

    started: list[Callable[[Item], None]] = field(default_factory=list)
    stopping: list[Callable[[Item], None]] = field(default_factory=list)


def definition_arn(account: Account, name: str) -> str:
    """Of `family`, `family:revision` or an ARN; empty where there is none."""
    known = {each["taskDefinitionArn"]: each for each in account.estate.all("ecs.TaskDefinition")}
    if name in known:
        return name
    found = [arn for arn in known if name in {arn.rpartition("/")[2], arn.rpartition("/")[2].partition(":")[0]}]
    return max(found, key=lambda arn: int(arn.rpartition(":")[2]), default="")


def _of(account: Account, service: Item) -> list[Item]:
    group = f"service:{service['serviceName']}"
    found = account.estate.where("ecs.Task", clusterArn=service["clusterArn"])
    return [task for task in found if task.get("group") == group]


def wanted(account: Account, service: Item) -> list[Item]:
    """Those that run or start. Where the documents have fewer than the service runs, the others are made up."""
    found = [task for task in _of(account, service) if task.get("desiredStatus", "RUNNING") == "RUNNING"]
    deployment = next((each["id"] for each in service.get("deployments", ())), "")
    alive = service.get("runningCount", 0) + service.get("pendingCount", 0)
    going = len(_of(account, service)) - len(found) - len(_ended(account, service))
    for _ in range(alive - len(found) - going):
        task = _new(account, service, service["taskDefinition"], deployment)
        found.append(task | {"lastStatus": "RUNNING"})
        account.put("ecs.Task", task["taskArn"], found[-1])
    return found


def _ended(account: Account, service: Item) -> list[Item]:
    return [task for task in _of(account, service) if task.get("lastStatus") == "STOPPED"]


def start(account: Account, service: Item, definition: str, deployment: str) -> None:
    task = _new(account, service, definition, deployment)
    account.put("ecs.Task", task["taskArn"], task)
    _counted(account, service, task, pending=1)

    def runs() -> None:
        if task["desiredStatus"] == "RUNNING":
            task.update(lastStatus="RUNNING", startedAt=account.moment())
            _counted(account, service, task, pending=-1, running=1)
            for arn, ident, port in _targets(account, service, task):
                state_health.register(account, arn, ident, port)
            for tell in account.part(Watching).started:
                tell(task)

    account.later(account.delays.task_start, runs)


def stop(account: Account, service: Item, task: Item) -> None:
    """Its targets drain, then it gets SIGTERM, then it is gone: ECS keeps a task until it has drained."""
    if task.get("desiredStatus", "RUNNING") != "RUNNING":
        return
    task["desiredStatus"] = "STOPPED"
    if task.get("lastStatus", "RUNNING") == "PENDING":
        _counted(account, service, task, pending=-1)
        _end(account, task)
        return
    task["lastStatus"] = "DEACTIVATING"
    for arn, ident, port in _targets(account, service, task):
        state_health.deregister(account, arn, ident, port)

    def drained() -> None:
        task["lastStatus"] = "STOPPING"
        for tell in account.part(Watching).stopping:
            tell(task)
        account.later(account.delays.task_stop, ended)

    def ended() -> None:
        _counted(account, service, task, running=-1)
        _end(account, task)

    account.later(drain_seconds(account, service), drained)


def _end(account: Account, task: Item) -> None:
    task |= {"lastStatus": "STOPPED", "stoppedAt": account.moment(), "stopCode": "ServiceSchedulerInitiated"}
    account.later(STOPPED_SEEN, partial(account.drop, "ecs.Task", task["taskArn"]))


def drain_seconds(account: Account, service: Item) -> float:
    """The longest delay of the groups that the service registers its tasks with."""
    used = state_health.targets(account).used
    arns = [each["targetGroupArn"] for each in service.get("loadBalancers", ()) if each.get("targetGroupArn") in used]
    key = "deregistration_delay.timeout_seconds"
    return max((float(state_health.attribute(account, arn, key, "300")) for arn in arns), default=0.0)


def _counted(account: Account, service: Item, task: Item, *, pending: int = 0, running: int = 0) -> None:
    """More or fewer tasks, in the service, in its deployment and in the cluster."""
    deployments = [each for each in service.get("deployments", ()) if each["id"] == task.get("startedBy")]
    for counts in (service, *deployments):
        counts["pendingCount"] = counts.get("pendingCount", 0) + pending
        counts["runningCount"] = counts.get("runningCount", 0) + running
    for cluster in account.estate.where("ecs.Cluster", clusterArn=service["clusterArn"]):
        for key, change in (("pendingTasksCount", pending), ("runningTasksCount", running)):
            if key in cluster:
                cluster[key] += change


def _new(account: Account, service: Item, definition: str, deployment: str) -> Item:
    cluster = service["clusterArn"]
    arn = account.arn("ecs", f"task/{cluster.rpartition('/')[2]}/{account.new_id(32)}")
    task: Item = {
        "taskArn": arn,
        "clusterArn": cluster,
        "taskDefinitionArn": definition,
        "group": f"service:{service['serviceName']}",
        "startedBy": deployment,
        "desiredStatus": "RUNNING",
        "lastStatus": "PENDING",
        "createdAt": account.moment(),
        "containers": [],
        "attachments": [],
    }
    for address, subnet in _addresses(account, service):
        details = [{"name": "subnetId", "value": subnet["SubnetId"]}, {"name": ADDRESS[0], "value": address}]
        task["attachments"] = [{"type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}]
        task["availabilityZone"] = subnet["AvailabilityZone"]
        break
    return task


def _addresses(account: Account, service: Item) -> Iterator[tuple[str, Item]]:
    """Those of targets that no task has, then free ones in the subnets with the fewest tasks of the service."""
    names = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("subnets", ())
    subnets = [each for name in names for each in account.estate.where("ec2.Subnet", SubnetId=name)]
    tasks = account.estate.all("ecs.Task")
    taken = {address_of(task) for task in tasks}
    for arn in {each.get("targetGroupArn") for each in service.get("loadBalancers", ())}:
        for (ident, _), target in state_health.targets(account).groups.get(arn, {}).items():
            free = target.gone_at is None and ident not in taken
            yield from ((ident, subnet) for subnet in subnets if free and _within(ident, subnet))
    there = [task.get("availabilityZone") for task in _of(account, service) if task.get("desiredStatus") != "STOPPED"]
    for subnet in sorted(subnets, key=lambda each: there.count(each["AvailabilityZone"])):
        for host in islice(ipaddress.ip_network(subnet["CidrBlock"]).hosts(), 3, None):  # AWS keeps the first ones
            if str(host) not in taken:
                yield str(host), subnet


def _within(address: str, subnet: Item) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(subnet["CidrBlock"])


def address_of(task: Item) -> str:
    """Empty where it has no interface of its own."""
    details = [each for attachment in task.get("attachments", ()) for each in attachment.get("details", ())]
    return next((str(each["value"]) for each in details if each["name"] == ADDRESS[0]), "")


def _targets(account: Account, service: Item, task: Item) -> list[tuple[str, str, int]]:
    """Group, address and port; none for tasks without an interface of their own, whose ports are not known."""
    address = address_of(task)
    groups = {each["TargetGroupArn"] for each in account.estate.all("elbv2.TargetGroup")}
    balancers = [each for each in service.get("loadBalancers", ()) if each.get("targetGroupArn") in groups]
    return [(each["targetGroupArn"], address, each["containerPort"]) for each in balancers] if address else []
