"""The Service in front of the pods of each source target group: which one, how it is called, which port it has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.parts import receivers
from ecs2k8s.translate.discovery import taken as names_of_callers

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import Backend, TargetGroup
    from ecs2k8s.resolve.workload import Inventory, Workload

PROTOCOLS = {"UDP": ("UDP",), "QUIC": ("UDP",), "TCP_UDP": ("TCP", "UDP"), "TCP_QUIC": ("TCP", "UDP")}


@dataclass(frozen=True, slots=True)
class TargetGroupService:
    """A Service that stands for a source target group. `port` is the container port, and the Service's own.

    `is_of_workload`: it is the workload's own Service as well, because both have the same name. The workload may be a
    part of the one that ECS registers in the group.
    """

    group: TargetGroup
    workload: Workload
    name: str
    port: int
    is_of_workload: bool = False

    @property
    def namespace(self) -> str:
        return self.workload.namespace

    @property
    def part(self) -> str:
        return self.workload.part

    @property
    def protocols(self) -> tuple[str, ...]:
        """As Kubernetes names them: what the group receives at its port."""
        return PROTOCOLS.get(str(self.group.view.get("Protocol", "")), ("TCP",))


def service_names(
    inventory: Inventory, workloads: Iterable[Workload], target: Target
) -> Mapping[str, TargetGroupService]:
    """ARN of each source target group to its Service; without the groups that no Service can stand for.

    Only groups that were read and that ECS fills with the pods of one of *workloads* at one container port. The name is
    the group's, as a DNS label; taken by another workload or another group, it gets the hash of the ARN behind it.
    """
    return _service_names(inventory, tuple(workloads), _Choices(target))


def part_services(
    inventory: Inventory, workloads: Iterable[Workload], target: Target
) -> Mapping[tuple[str, str], TargetGroupService]:
    """ARN of a source target group and name of a part to the Service for what rules of the part's paths send there.

    The empty name stands for the workload itself where something is left for it. Only groups of workloads with parts.
    """
    return _part_services(inventory, tuple(workloads), _Choices(target))


class _Choices:
    """The user's choices as a key: a map among them keeps `Target` from being one."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.text = repr(target)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Choices) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


@lru_cache(maxsize=4)  # each translator of traffic asks for them
def _service_names(
    inventory: Inventory, listed: tuple[Workload, ...], choices: _Choices
) -> Mapping[str, TargetGroupService]:
    target = choices.target
    spaces: dict[str, list[tuple[TargetGroup, Backend]]] = defaultdict(list)
    translated = set(listed)
    for _, group in sorted(inventory.balancers.target_groups.items()):
        backend = service_of(group, translated)
        if backend is not None:
            spaces[backend.workload.namespace].append((group, backend))
    answering = names_of_callers(listed, target) if spaces else {}
    found: dict[str, TargetGroupService] = {}
    for space, members in sorted(spaces.items()):
        own = {lettered(w.name, target): w for w in listed if w.namespace == space}
        aliases = {name for namespace, name in answering if namespace == space}
        found |= {service.group.arn: service for service in _named(members, own, aliases, target)}
    return found


@lru_cache(maxsize=4)
def _part_services(
    inventory: Inventory, listed: tuple[Workload, ...], choices: _Choices
) -> Mapping[tuple[str, str], TargetGroupService]:
    target, wholes = choices.target, _service_names(inventory, listed, choices)
    found: dict[tuple[str, str], TargetGroupService] = {}
    owners = {arn: service.workload for arn, service in wholes.items()}
    used = receivers(inventory.balancers.load_balancers, owners)
    own = {(w.namespace, lettered(w.name, target)): w for w in listed} if used else {}
    taken = {(service.namespace, service.name) for service in wholes.values()}
    taken |= set(names_of_callers(listed, target)) if used else set()
    for arn, workloads in sorted(used.items()):
        group, space = wholes[arn].group, wholes[arn].namespace
        for workload in sorted(workloads, key=lambda each: each.part):
            if not workload.part:
                found[arn, ""] = wholes[arn]
                continue
            name = lettered(names.label(f"{group.name}-{workload.part}"), target)
            while (space, name) in taken or own.get((space, name), workload) is not workload:
                name = names.suffixed(name, f"{arn} {workload.part} {name}")
            taken.add((space, name))
            is_own = own.get((space, name)) is workload
            found[arn, workload.part] = TargetGroupService(group, workload, name, wholes[arn].port, is_own)
    return found


def service_of(group: TargetGroup, workloads: Container[Workload]) -> Backend | None:
    """The one container port of one of *workloads* behind *group*; None where there is none, or several."""
    backends = {(b.workload.folder, b.port): b for b in group.backends if b.port and b.workload in workloads}
    if len(backends) > 1:
        several = ", ".join(f"{folder}:{port}" for folder, port in sorted(backends))
        note(group.view, "TargetGroupArn", "target-group-of-several", group=group.name, backends=several)
        return None
    return next(iter(backends.values()), None)


def _named(
    members: list[tuple[TargetGroup, Backend]], own: Mapping[str, Workload], aliases: Container[str], target: Target
) -> Iterable[TargetGroupService]:
    """All of one namespace, in order of ARN."""
    given = names.unique((group.name for group, _ in members), lambda text: lettered(names.label(text), target))
    taken: set[str] = set()
    for group, backend in members:
        name = given[group.name]
        while name in taken or name in aliases or own.get(name, backend.workload) is not backend.workload:
            name = names.suffixed(name, f"{group.arn} {name}")
        taken.add(name)
        yield TargetGroupService(group, backend.workload, name, backend.port, own.get(name) is backend.workload)


def lettered(name: str, target: Target) -> str:
    """*name* as the name of a Service: before 1.37 it starts with a letter (DNS-1035)."""
    return name if target.at_least("1.37") or not name[0].isdigit() else names.label(f"svc-{name}")
