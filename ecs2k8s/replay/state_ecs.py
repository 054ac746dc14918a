"""ECS services: what is desired, and deployments that begin and complete. The tasks are state_tasks.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.replay import state_tasks
from ecs2k8s.replay.state import Asked, Item, only, refuse_unless
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account


def update_service(account: Account, asked: Asked) -> Item:
    """Another count scales the deployment that is there; another task definition, or force, begins a new one."""
    only(asked, "cluster", "service", "desiredCount", "taskDefinition", "forceNewDeployment")
    service = service_of(account, asked.get("cluster", "default"), asked["service"])
    refuse_unless(service.get("status", "ACTIVE") == "ACTIVE", "ServiceNotActiveException", "Service was not ACTIVE.")
    wanted = int(asked["desiredCount"] if "desiredCount" in asked else service["desiredCount"])
    refuse_unless(wanted >= 0, "InvalidParameterException", "desiredCount cannot be less than 0")
    definition = _definition(account, asked.get("taskDefinition") or service["taskDefinition"])
    if definition != service["taskDefinition"] or asked.get("forceNewDeployment"):
        _deploy(account, service, definition, wanted)
    else:
        scale(account, service, wanted)
    return {"service": service}


def delete_service(account: Account, asked: Asked) -> Item:
    """It is DRAINING while tasks run, then INACTIVE, and can be described for a while."""
    only(asked, "cluster", "service", "force")
    service = service_of(account, asked.get("cluster", "default"), asked["service"])
    refuse_unless(service.get("status", "ACTIVE") == "ACTIVE", "ServiceNotActiveException", "Service was not ACTIVE.")
    empty = asked.get("force") or not service["desiredCount"]
    words = "The service cannot be stopped while it is scaled above 0."
    refuse_unless(bool(empty), "InvalidParameterException", words)
    scale(account, service, 0)
    service["status"] = "DRAINING"

    def ended() -> None:
        service["status"] = "INACTIVE"

    longest = state_tasks.drain_seconds(account, service) + account.delays.task_stop
    account.later(longest if service["runningCount"] else 0, ended)
    return {"service": service}


def service_of(account: Account, cluster: str, name: str) -> Item:
    """Raises `Refusal` where there is no such cluster, or no such service in it."""
    its = account.estate.one("ecs.Cluster", "ClusterNotFoundException", clusterArn=cluster)
    for service in account.estate.where("ecs.Service", clusterArn=its["clusterArn"]):
        if name in {service["serviceArn"], service["serviceName"]}:
            return service
    raise Refusal("ServiceNotFoundException", "Service not found.")


def _definition(account: Account, name: str) -> str:
    arn = state_tasks.definition_arn(account, name)
    refuse_unless(bool(arn), "ClientException", "TaskDefinition not found.")
    return arn


def _primary(service: Item) -> Item:
    """The deployment that counts; where CodeDeploy moves the service there are task sets instead, and this is empty."""
    return next((each for each in service.get("deployments", ()) if each["status"] == "PRIMARY"), {})


def scale(account: Account, service: Item, count: int) -> None:
    """What automatic scaling does too: tasks are started, or the youngest stopped, until *count* are to run."""
    tasks = state_tasks.wanted(account, service)
    service["desiredCount"] = count
    if deployment := _primary(service):
        deployment |= {"desiredCount": count, "updatedAt": account.moment()}
    for _ in range(count - len(tasks)):
        state_tasks.start(account, service, service["taskDefinition"], deployment.get("id", ""))
    for task in tasks[count:]:
        state_tasks.stop(account, service, task)


def _deploy(account: Account, service: Item, definition: str, count: int) -> None:
    """All new tasks start, then the old ones stop: `maximumPercent` 200, `minimumHealthyPercent` 100."""
    before = state_tasks.wanted(account, service)
    old, new = _primary(service), _new_deployment(account, service, definition, count)
    if old:
        old["status"] = "ACTIVE"
    service["deployments"] = [new, *service.get("deployments", ())]
    service |= {"taskDefinition": definition, "desiredCount": count}
    for _ in range(count):
        state_tasks.start(account, service, definition, new["id"])

    def replaced() -> None:
        for task in before:
            state_tasks.stop(account, service, task)
        longest = state_tasks.drain_seconds(account, service) + account.delays.task_stop
        account.later(longest, completed)

    def completed() -> None:
        if new in service["deployments"]:
            service["deployments"] = [each for each in service["deployments"] if each is not old]
            state = {"rolloutState": "COMPLETED", "rolloutStateReason": f"ECS deployment {new['id']} completed."}
            new.update(state, updatedAt=account.moment())

    account.later(account.delays.task_start, replaced)


def _new_deployment(account: Account, service: Item, definition: str, count: int) -> Item:
    ident = f"ecs-svc/{int(account.new_id(15), 16):019d}"
    shared = ("launchType", "platformVersion", "platformFamily", "networkConfiguration", "capacityProviderStrategy")
    return {
        "id": ident,
        "status": "PRIMARY",
        "taskDefinition": definition,
        "desiredCount": count,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": account.moment(),
        "updatedAt": account.moment(),
        **{key: service[key] for key in shared if key in service},
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {ident} in progress.",
    }


def list_tasks(account: Account, asked: Asked) -> Item:
    """Those that are to run, or with `desiredStatus` STOPPED those that are not; of one service or family if asked."""
    only(asked, "cluster", "serviceName", "family", "desiredStatus", "nextToken", "maxResults")
    cluster = asked.get("cluster", "default")
    its = account.estate.one("ecs.Cluster", "ClusterNotFoundException", clusterArn=cluster)
    found = account.estate.where("ecs.Task", clusterArn=its["clusterArn"])
    if name := asked.get("serviceName"):
        service = service_of(account, cluster, name)
        found = [task for task in found if task.get("group") == f"service:{service['serviceName']}"]
    if family := asked.get("family"):
        found = [task for task in found if task["taskDefinitionArn"].rpartition("/")[2].partition(":")[0] == family]
    status = asked.get("desiredStatus", "RUNNING")
    return {"taskArns": sorted(task["taskArn"] for task in found if task.get("desiredStatus", "RUNNING") == status)}
