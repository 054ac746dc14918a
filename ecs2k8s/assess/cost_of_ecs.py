"""What ECS costs now: sizes of Fargate tasks by the second, and the instances that were read.

https://aws.amazon.com/fargate/pricing/
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from ecs2k8s.assess.cost_line import Line
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.capacity import strategy
from ecs2k8s.translate.deployment import desired
from ecs2k8s.translate.resources import ROOT_DISK, task_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.prices import Prices
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.resolve.workload import Workload

SPOT = "FARGATE_SPOT"
UNREAD = "instances of ECS that were not read"


def ecs_lines(translation: Translation, prices: Prices) -> Iterator[Line]:
    services = [workload for workload in translation.translated if workload.service]
    for workload in services:
        if workload.is_fargate and workload.kind == "Deployment":
            yield from _of_fargate(workload, prices)
    yield from _of_instances(translation, services, prices)


def _of_fargate(workload: Workload, prices: Prices) -> Iterator[Line]:
    cpu, memory = task_size(workload)
    subject = f"{workload.namespace}/{workload.name}"
    disk = workload.definition.get("ephemeralStorage", NOTHING).get("sizeInGiB", ROOT_DISK)
    for spot, tasks in split(workload).items():
        amounts = _amounts(workload, Decimal(cpu or 0) / 1000, Decimal(memory or 0) / 1024, spot=spot)
        amounts["Fargate-EphemeralStorage-GB-Hours"] = Decimal(max(0, int(disk) - ROOT_DISK))
        for name, amount in amounts.items():
            if amount and tasks:
                yield Line.of("ECS", subject, name, amount * tasks, prices)


def _amounts(workload: Workload, vcpus: Decimal, gigabytes: Decimal, *, spot: bool) -> dict[str, Decimal]:
    """What of a task has a price for an hour: Arm and Windows have their own."""
    arm = workload.definition.get("runtimePlatform", NOTHING).get("cpuArchitecture") == "ARM64"
    kind = "Windows-" if workload.is_windows else "ARM-" if arm else ""
    before = "SpotUsage-Fargate-" if spot else "Fargate-"
    found = {f"{before}{kind}vCPU-Hours:perCPU": vcpus, f"{before}{kind}GB-Hours": gigabytes}
    return found | ({"Fargate-Windows-OS-Hours:perCPU": vcpus} if workload.is_windows else {})


def split(workload: Workload) -> dict[bool, Decimal]:
    """Its tasks on Spot (True) and not: first the base, then by weight, as a mean."""
    count = Decimal(desired(workload))
    items = strategy(workload)
    based = {index: min(Decimal(item.get("base", 0)), count) for index, item in enumerate(items)}
    rest = max(Decimal(0), count - sum(based.values()))
    weights = sum(int(item.get("weight", 0)) for item in items)
    found = {True: Decimal(0), False: Decimal(0)}
    for index, item in enumerate(items):
        share = rest * int(item.get("weight", 0)) / weights if weights else Decimal(0)
        found[item.get("capacityProvider") == SPOT] += based[index] + share
    return found if items else {False: count, True: Decimal(0)}


def _of_instances(translation: Translation, services: list[Workload], prices: Prices) -> Iterator[Line]:
    networks = translation.inventory.networks
    types: Counter[str] = Counter()
    for each in networks.container_instances.values():
        named = {str(a.get("name")): str(a.get("value", "")) for a in each.get("attributes", [])}
        instance = networks.instances.get(str(each.get("ec2InstanceId", "")), NOTHING)
        name = named.get("ecs.instance-type") or str(instance.get("InstanceType", ""))
        spot = " Spot" if instance.get("InstanceLifecycle") == "spot" else ""
        types[f"EC2{spot} {name or 'instance of a type that was not read'}"] += 1
    for name, count in sorted(types.items()):
        yield Line.of("ECS", "container instances", name, Decimal(count), prices)
    on_instances = [workload for workload in services if not workload.is_fargate]
    if on_instances and not types:
        yield Line("ECS", "container instances", UNREAD, Decimal(1), None)
