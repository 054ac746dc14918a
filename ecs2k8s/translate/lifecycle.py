"""Which container becomes a regular one, a native sidecar or an init container, and in which order they start.

The rules are those of the ECS agent's dependency graph (`agent/engine/dependencygraph/graph.go`) said with the means of
Kubernetes: init containers run one after another, native sidecars (init containers with `restartPolicy: Always`) start
in list order and stop in reverse, and only a startup probe makes the next one wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.tracking import note
from ecs2k8s.translate.disregard import disregard
from ecs2k8s.translate.mesh_proxy import removed_proxy
from ecs2k8s.translate.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.resolve.workload import AwsMap, Workload

Role = Literal["init", "sidecar", "main"]
ENDS = ("SUCCESS", "COMPLETE")
ORDERED = ("START", "HEALTHY")


@dataclass(frozen=True, slots=True)
class Edge:
    """*source* waits for *target*; `at` is the leaf that says so, for notes."""

    source: str
    target: str
    condition: str
    view: AwsMap
    at: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One container in its place. `gate`: others wait until it is healthy; `awaited`: others wait until it runs."""

    container: AwsMap
    role: Role
    is_main: bool = False
    gate: bool = False
    awaited: bool = False
    any_exit: bool = False  # an init container whose exit code ECS does not care about

    @property
    def name(self) -> str:
        return str(self.container["name"])

    @property
    def essential(self) -> bool:
        return is_essential(self.container)

    @property
    def drains(self) -> bool:
        """Whether it must outlive the load balancer's last requests (regular containers, and a main one moved away)."""
        return self.role == "main" or (self.role == "sidecar" and self.is_main)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The pod's containers in their order."""

    init: tuple[Slot, ...]
    containers: tuple[Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.init + self.containers

    @property
    def main(self) -> Slot:
        return next(slot for slot in self.slots if slot.is_main)


def is_essential(container: Mapping[str, Any]) -> bool:
    return bool(container.get("essential", True))


def arrange(workload: Workload) -> Arrangement:
    """Place all containers of the workload. Raises `Refusal` for what ECS itself rejects."""
    containers = {str(c["name"]): c for c in _kept(workload)}
    edges = [edge for edge in _edges(containers) if _checked(edge, containers, workload)]
    return _Graph(workload, containers, edges).arrange()


def _kept(workload: Workload) -> list[AwsMap]:
    """All containers but the proxy of a mesh that has ended, and a FireLens router that only reads what siblings print.

    Neither would have anything to do in a pod.
    """
    kept, proxy = [], removed_proxy(workload)
    for container in workload.containers:
        if container["name"] == proxy:
            disregard(container, "of-removed-proxy")
        elif "firelensConfiguration" in container and not _addressed(workload, container):
            note(container, "name", "firelens-router-removed")
            _leave_out(container)
        else:
            kept.append(container)
    return kept or workload.containers


def _leave_out(container: AwsMap) -> None:
    """Say of each field of *container* that it went with it."""
    disregard(container, "of-removed-router", but=("name", "firelensConfiguration"))


def router_stays(workload: Workload) -> bool:
    """Whether the task has a FireLens router that its siblings address themselves."""
    return any("firelensConfiguration" in c and _addressed(workload, c) for c in workload.containers)


def _addressed(workload: Workload, router: AwsMap) -> bool:
    """Whether a sibling talks to the router itself: then it stays, as a native sidecar."""
    others = [container for container in workload.containers if container["name"] != router["name"]]
    texts = [
        str(item.get("value", "")) + str(item.get("name", "")) for c in others for item in c.get("environment", [])
    ]
    texts += [str(word) for c in others for key in ("command", "entryPoint") for word in c.get(key, [])]
    return any("FLUENT_HOST" in text or ":24224" in text for text in texts)


def _edges(containers: Mapping[str, AwsMap]) -> Iterable[Edge]:
    for name, container in containers.items():
        for index, item in enumerate(container.get("dependsOn", [])):
            yield Edge(
                name,
                str(item.get("containerName", "")),
                str(item.get("condition", "START")),
                container,
                ("dependsOn", index, "containerName"),
            )
        for index, link in enumerate(container.get("links", [])):
            yield Edge(name, str(link).partition(":")[0], "START", container, ("links", index))


def _checked(edge: Edge, containers: Mapping[str, AwsMap], workload: Workload) -> bool:
    if edge.target not in containers:
        if any(c["name"] == edge.target for c in workload.containers):
            of_mesh = edge.target == removed_proxy(workload)
            note(edge.view, edge.at, "waits-for-removed-proxy" if of_mesh else "waits-for-removed-router")
            return False
        if edge.at[0] == "links":
            note(edge.view, edge.at, "link-unknown", name=edge.target)
            return False
        raise Refusal("dependency-unknown", edge.view, edge.at, name=edge.target)
    target = containers[edge.target]
    if edge.condition in ENDS and is_essential(target):
        raise Refusal("dependency-on-end-of-essential", edge.view, edge.at, name=edge.target, condition=edge.condition)
    if edge.condition == "HEALTHY" and "healthCheck" not in target:
        raise Refusal("dependency-without-health-check", edge.view, edge.at, name=edge.target)
    return True


class _Graph:
    """The algorithm over one task's containers; every set holds container names."""

    def __init__(self, workload: Workload, containers: Mapping[str, AwsMap], edges: list[Edge]) -> None:
        self.workload = workload
        self.containers = containers
        self.position = {name: index for index, name in enumerate(containers)}
        self.edges = edges
        self._refuse_cycles()
        self.main = self._main()

    def arrange(self) -> Arrangement:
        ended = self._ended()
        once = {edge.target for edge in self.edges if edge.condition in ENDS} | ended
        required = self._closure(
            {n for n, c in self.containers.items() if is_essential(c)}, ("START", *ENDS, "HEALTHY")
        )
        init, side = once & required, self._sidecars(required, once)
        init, side = self._free(required, once, init, side)
        if self.workload.is_job:
            side |= self._beside_the_work(init | side)
        order = self._sorted(init | side)
        rest = self._sorted(set(self.containers) - init - side - self.removed)
        if not rest:
            raise Refusal("no-regular-container", self.workload.definition, ("family",))
        self._note_moves(side)
        return Arrangement(
            tuple(self._slot(name, "init" if name in init else "sidecar", required) for name in order),
            tuple(self._slot(name, "main", required) for name in rest),
        )

    def _slot(self, name: str, role: Role, required: set[str]) -> Slot:
        to_it = [edge for edge in self.edges if edge.target == name]
        needed = [edge for edge in to_it if edge.source in required]
        return Slot(
            container=self.containers[name],
            role=role,
            is_main=name == self.main,
            gate=role == "sidecar" and any(edge.condition == "HEALTHY" for edge in needed),
            awaited=role == "sidecar" and any(edge.condition == "START" for edge in needed),
            any_exit=role == "init" and not any(edge.condition == "SUCCESS" for edge in needed),
        )

    def _main(self) -> str:
        """The load-balanced container, else that of Service Connect, else the first essential one."""
        balanced = [str(lb.get("containerName", "")) for lb in self.workload.configuration.get("loadBalancers", [])]
        connect = self.workload.launched.get("serviceConnectConfiguration", {}).get("services", [])
        ports = {str(service.get("portName", "")) for service in connect}
        named = [
            n for n, c in self.containers.items() if ports & {str(p.get("name")) for p in c.get("portMappings", [])}
        ]
        essential = [name for name, container in self.containers.items() if is_essential(container)]
        if not essential:
            raise Refusal("no-essential-container", self.workload.definition, ("containerDefinitions", 0, "essential"))
        return next((name for name in (*balanced, *named) if name in self.containers), essential[0])

    def _ended(self) -> set[str]:
        """Non-essential containers that a running task shows as stopped: one-shots."""
        ended = set()
        for task in self.workload.tasks:
            if task.get("lastStatus") != "RUNNING":
                continue
            for container in task.get("containers", []):
                name = str(container.get("name", ""))
                stopped = container.get("lastStatus") == "STOPPED"
                if stopped and name in self.containers and not is_essential(self.containers[name]):
                    ended.add(name)
        return ended

    def _closure(self, start: set[str], conditions: tuple[str, ...]) -> set[str]:
        """*start* and, transitively, everything it waits for under one of the *conditions*."""
        found, front = set(start), set(start)
        while front:
            front = {e.target for e in self.edges if e.source in front and e.condition in conditions} - found
            found |= front
        return found

    def _sidecars(self, required: set[str], once: set[str]) -> set[str]:
        direct = {
            edge.target
            for edge in self.edges
            if edge.source in required
            and edge.target not in once
            and (edge.condition == "HEALTHY" or (edge.condition == "START" and edge.target != self.main))
        }
        init = once & required
        return self._closure(direct | init, ORDERED) - once

    def _free(self, required: set[str], once: set[str], init: set[str], side: set[str]) -> tuple[set[str], set[str]]:
        """Non-essential containers that nothing essential waits for."""
        self.removed: set[str] = set()
        free = set(self.containers) - required - init - side
        for name in sorted(free, key=self.position.__getitem__):
            mine = [edge for edge in self.edges if edge.source == name]
            if name not in once:
                side = side | {name}
                note(self.containers[name], "essential", "non-essential-sidecar")
            elif all(edge.target in init for edge in mine):
                init = init | {name}
            else:
                self.removed.add(name)
                self._separate(name)
        inside = init | side | free
        for edge in self.edges:
            if edge.source in free and edge.source in side and edge.target not in inside:
                note(edge.view, edge.at, "order-not-kept", name=edge.target)
        return init, side

    def _separate(self, name: str) -> None:
        note(self.containers[name], "name", "one-shot-after-start", name=name)
        disregard(self.containers[name], "of-separate-job", but=("name",))

    def _beside_the_work(self, placed: set[str]) -> set[str]:
        """In a Job exactly one container stays regular: the one whose command ends."""
        regular = [name for name in self.containers if name not in placed]
        awaited = {edge.target for edge in self.edges}
        work = [n for n in regular if is_essential(self.containers[n]) and n not in awaited]
        if len(work) > 1:
            self._refuse_job(work)
        keep = work[0] if work else self.main
        if keep in placed:
            self._refuse_job([keep])
        for name in regular:
            if name != keep and is_essential(self.containers[name]):
                note(self.containers[name], "essential", "essential-beside-the-work")
        return {name for name in regular if name != keep}

    def _refuse_job(self, names: list[str]) -> None:
        raise Refusal("job-without-one-work-container", self.workload.definition, ("family",), names=", ".join(names))

    def _note_moves(self, side: set[str]) -> None:
        for edge in self.edges:
            start_on_main = edge.condition == "START" and edge.target == self.main
            if start_on_main and self.main not in side and edge.source not in side:
                note(edge.view, edge.at, "order-not-guaranteed", name=edge.target)

    def _sorted(self, chosen: set[str]) -> list[str]:
        """*chosen* so that each comes after what it waits for, ties by position in the task definition."""
        left, done, order = set(chosen), set[str](), []
        while left:
            ready = [n for n in left if not ({e.target for e in self.edges if e.source == n} & left) - {n}]
            first = min(ready or left, key=self.position.__getitem__)
            left.discard(first)
            done.add(first)
            order.append(first)
        return order

    def _refuse_cycles(self) -> None:
        waiting = set(self.containers)
        while True:
            ready = {n for n in waiting if not {e.target for e in self.edges if e.source == n} & waiting}
            if not ready:
                break
            waiting -= ready
        if waiting:
            edge = next(e for e in self.edges if e.source in waiting and e.target in waiting)
            raise Refusal("dependency-cycle", edge.view, edge.at, names=", ".join(sorted(waiting)))
