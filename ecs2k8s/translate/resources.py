"""CPU and memory: task size and container reservations as requests and limits.

ECS has one reservation and one ceiling for the task, and container values inside it. Pod-level resources say the same
where the cluster can do them; elsewhere the task's size is distributed over the containers as requests, not as limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.core.units import cpu_units, mebibytes, millicores, millis, shares, task_mebibytes, whole_number
from ecs2k8s.translate.refusal import Refusal

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.lifecycle import Arrangement, Slot

LEAST_MEMORY = 6  # MiB; the agent raises smaller values
LEAST_CPU = 10  # millicores for a container that asked for none: an HPA on older clusters needs a request everywhere
VM_OVERHEAD = 256  # MiB that EKS Fargate adds for the kubelet
ROOT_DISK = 20  # GiB of ephemeral storage that every ECS Fargate task has
FARGATE_DISK = 175  # GiB, the most on EKS Fargate
Amounts = dict[str, dict[str, str]]


@dataclass(slots=True)
class Share:
    """What one container reserves and may use, in millicores and MiB; None: nothing is said."""

    slot: Slot
    cpu: int | None
    memory: int | None
    limit: int | None
    bounded: bool  # whether the limit is the container's own
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Regular init containers stay out of the sum: Kubernetes takes their maximum."""
        return self.slot.role != "init"


@dataclass(frozen=True, slots=True)
class Resources:
    """Per container name, and of the pod as a whole."""

    containers: dict[str, Amounts]
    pod: Amounts | None


def resources(workload: Workload, arrangement: Arrangement, target: Target) -> Resources:
    parts = _shares(workload, arrangement)
    cpu, memory = task_size(workload)
    pod = None
    if workload.is_windows:
        _windows(workload, parts, cpu, memory)
    elif target.pod_level_resources and _fits(parts, cpu, memory):
        pod = _pod(cpu, memory)
    else:
        _distribute(workload, parts, cpu, memory, target)
        _ask_for_some(workload, parts)
    _storage(workload, parts, target)
    return Resources({part.slot.name: _amounts(part, windows=workload.is_windows) for part in parts}, pod)


def _shares(workload: Workload, arrangement: Arrangement) -> list[Share]:
    slots = arrangement.slots
    override = {str(c.get("name")): c for c in workload.task.get("overrides", {}).get("containerOverrides", [])}
    sources = [_overridden(slot, override) for slot in slots]
    units = [int(source.get("cpu", 0)) for source in sources]
    parts = []
    for slot, source, cpu in zip(slots, sources, shares(units), strict=True):
        memory, reserved = source.get("memory"), source.get("memoryReservation")
        limit = max(LEAST_MEMORY, int(memory)) if memory is not None else None
        reservation = int(reserved) if reserved is not None else limit
        parts.append(Share(slot, cpu or None, reservation, limit, bounded=limit is not None))
    return parts


def _overridden(slot: Slot, overrides: dict[str, AwsMap]) -> dict[str, Any]:
    found = overrides.get(slot.name, {})
    keys = ("cpu", "memory", "memoryReservation")
    for key in keys:
        if key in found and key in slot.container:
            note(slot.container, key, "overridden-by-task")
    return {
        key: found[key] if key in found else slot.container.get(key)
        for key in keys
        if key in found or key in slot.container
    }


def _sized(workload: Workload, key: str) -> AwsMap:
    """Where the task's `cpu` or `memory` is said: in the overrides of a run, else in the task definition."""
    overrides: AwsMap = workload.task.get("overrides", NOTHING)
    return overrides if key in overrides else workload.definition


def task_size(workload: Workload) -> tuple[int | None, int | None]:
    """The task's CPU in millicores and memory in MiB. Raises `Refusal` for text that ECS does not take either."""
    sizes: list[int | None] = []
    for key, read in (("cpu", cpu_units), ("memory", task_mebibytes)):
        view = _sized(workload, key)
        if view is not workload.definition and key in workload.definition:
            note(workload.definition, key, "overridden-by-task")
        text = view.get(key)
        size = read(str(text)) if text is not None else None
        if text and size is None:
            raise Refusal("task-size-unreadable", view, (key,), value=text)
        sizes.append(size)
    return (millicores(sizes[0]) if sizes[0] else None), sizes[1]


def _fits(parts: list[Share], cpu: int | None, memory: int | None) -> bool:
    """What the API server demands of pod-level resources."""
    if cpu is None and memory is None:
        return False
    counted = [part for part in parts if part.counts]
    limits = [part.limit for part in parts if part.limit]
    return (
        (cpu is None or sum(part.cpu or 0 for part in counted) <= cpu)
        and (memory is None or sum(part.memory or 0 for part in counted) <= memory)
        and (memory is None or max(limits, default=0) <= memory)
    )


def _pod(cpu: int | None, memory: int | None) -> Amounts:
    size = ({"cpu": millis(cpu)} if cpu else {}) | ({"memory": mebibytes(memory)} if memory else {})
    return {"requests": size, "limits": dict(size)}


def _windows(workload: Workload, parts: list[Share], cpu: int | None, memory: int | None) -> None:
    """Task values are ignored for Windows containers, except that on Fargate they were the size of the VM."""
    main = next(part for part in parts if part.slot.is_main)
    if workload.is_fargate and all(part.cpu is None and part.memory is None for part in parts):
        main.cpu, main.memory = cpu, memory
        return
    for key in ("cpu", "memory"):
        if key in _sized(workload, key):
            note(_sized(workload, key), key, "task-size-ignored-on-windows")


def _distribute(workload: Workload, parts: list[Share], cpu: int | None, memory: int | None, target: Target) -> None:
    counted = [part for part in parts if part.counts]
    if cpu is not None:
        _distribute_cpu(workload, counted, cpu)
    if memory is None:
        return
    if target.compute != "fargate":
        for part in parts:
            part.limit = part.limit if part.limit is not None else memory
    _distribute_memory(workload, counted, memory)
    if target.compute == "fargate":
        _fargate(workload, counted, target)
    else:
        note(_sized(workload, "memory"), "memory", "task-ceiling-not-enforced")


def _distribute_cpu(workload: Workload, parts: list[Share], total: int) -> None:
    unset = [part for part in parts if not part.cpu]
    rest = total - sum(part.cpu or 0 for part in parts)
    if rest < 0:
        note(_sized(workload, "cpu"), "cpu", "reservations-exceed-task", what="cpu")
        return
    if len(unset) == len(parts):
        _equally(parts, total, "cpu")
        return
    main = _main(parts)
    for part in unset:
        part.cpu = LEAST_CPU
    rest -= LEAST_CPU * len(unset)
    giver = main if rest >= 0 or (main.cpu or 0) > -rest else max(parts, key=lambda part: part.cpu or 0)
    giver.cpu = max(0, (giver.cpu or 0) + rest)


def _distribute_memory(workload: Workload, parts: list[Share], total: int) -> None:
    unset = [part for part in parts if part.memory is None]
    rest = total - sum(part.memory or 0 for part in parts)
    if rest < 0:
        note(_sized(workload, "memory"), "memory", "reservations-exceed-task", what="memory")
        for part in unset:
            part.memory = 0
    elif unset:
        _equally(unset, rest, "memory")
    else:
        left = _raise(parts, rest)
        if left:
            note(
                _sized(workload, "memory"),
                "memory",
                "reserves-less-than-task",
                pod=f"{total - left}Mi",
                task=f"{total}Mi",
            )


def _ask_for_some(workload: Workload, parts: list[Share]) -> None:
    """One container without a CPU request takes the metric from the whole pod, so that nothing scales by it."""
    if workload.scaling and workload.scaling.policies and not workload.is_windows and any(part.cpu for part in parts):
        for part in parts:
            part.cpu = part.cpu or LEAST_CPU


def _equally(parts: list[Share], total: int, what: str) -> None:
    """Equal parts; what is left over goes to the main container if it is among them, else to the first."""
    main = next((part for part in parts if part.slot.is_main), parts[0])
    for part in parts:
        setattr(part, what, total // len(parts) + (total % len(parts) if part is main else 0))


def _raise(parts: list[Share], rest: int) -> int:
    """Raise requests, the main container first, never above a container's own limit; returns what nobody can take."""
    main = _main(parts)
    for part in (main, *(part for part in parts if part is not main)):
        room = max(0, (part.limit or 0) - (part.memory or 0)) if part.bounded else rest
        part.memory = (part.memory or 0) + min(rest, room)
        rest -= min(rest, room)
    return rest


def _main(parts: list[Share]) -> Share:
    return next((part for part in parts if part.slot.is_main), parts[0])


def _fargate(workload: Workload, parts: list[Share], target: Target) -> None:
    """The sum of the requests decides the size of the VM; a limit above it fails there, so none is added."""
    main = _main(parts)
    if target.fargate_fit:
        main.memory = max(0, (main.memory or 0) - VM_OVERHEAD)
    asked = sum(part.memory or 0 for part in parts) + VM_OVERHEAD
    note(_sized(workload, "memory"), "memory", "fargate-size", with_=f"{asked}Mi")


def _storage(workload: Workload, parts: list[Share], target: Target) -> None:
    size = workload.definition.get("ephemeralStorage", {}).get("sizeInGiB")
    override = workload.task.get("overrides", {}).get("ephemeralStorage", {}).get("sizeInGiB")
    if override is not None and size is not None:
        note(workload.definition, ("ephemeralStorage", "sizeInGiB"), "overridden-by-task")
    size = override if override is not None else size
    if size is None:
        if workload.is_fargate:
            note(workload.definition, "family", "ephemeral-storage-assumed", size=ROOT_DISK)
        return
    main = next(part for part in parts if part.slot.is_main)
    if target.compute == "fargate" and size > FARGATE_DISK:
        note(workload.definition, ("ephemeralStorage", "sizeInGiB"), "ephemeral-storage-too-large", most=FARGATE_DISK)
        size = FARGATE_DISK
    main.extra["requests"] = f"{size}Gi"
    if target.compute != "fargate":
        main.extra["limits"] = f"{size}Gi"


def _amounts(part: Share, *, windows: bool) -> Amounts:
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    if part.cpu is not None:
        requests["cpu"] = millis(part.cpu)
        if windows:
            limits["cpu"] = millis(part.cpu)
    if part.limit is not None:
        limits["memory"] = mebibytes(part.limit)
    if part.memory is not None or part.limit is not None:
        requests["memory"] = mebibytes(part.memory) if part.memory else "0"
    for kind, amounts in (("requests", requests), ("limits", limits)):
        if kind in part.extra:
            amounts["ephemeral-storage"] = part.extra[kind]
    gpus = _gpus(part.slot.container)
    return {kind: amounts for kind, amounts in (("requests", requests), ("limits", limits | gpus)) if amounts}


def _gpus(container: AwsMap) -> dict[str, str]:
    """GPUs and Neuron devices as extended resources: integers only."""
    found = {}
    for index, item in enumerate(container.get("resourceRequirements", [])):
        name = {"GPU": "nvidia.com/gpu", "NeuronDevice": "aws.amazon.com/neuron"}.get(str(item.get("type")))
        value = str(item.get("value", ""))
        if name is None:
            for key in ("type", "value"):
                note(container, ("resourceRequirements", index, key), "inference-accelerator-ended")
        elif whole_number(value) is not None:
            found[name] = value
        else:
            note(container, ("resourceRequirements", index, "value"), "device-count-unknown", value=value)
    return found
