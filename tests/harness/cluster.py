"""A cluster with the AWS Load Balancer Controller: pods, bindings of target groups, and roll-outs.

What happens to a pod that has to go happens at once, as in Kubernetes: it leaves the endpoints, whereupon the controller
deregisters it, and its preStop begins, after which it gets SIGTERM. Nobody waits for the load balancer.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness.control_plane import Registrar, Target
    from tests.harness.fleet import Machines, Running
    from tests.harness.server import Behaviour

REACTS = 2.0  # seconds until the controller has seen a change of endpoints
LEAST_GRACE = 2.0  # what the kubelet gives in any case after a preStop


@dataclass(frozen=True, slots=True)
class Template:
    """Of the pods of a Deployment."""

    behaviour: Behaviour
    pre_stop: float = 0.0
    grace: float = 30.0
    gate: bool = True  # ready only when the load balancer finds it healthy


@dataclass(slots=True, eq=False)
class Pod:
    template: Template
    running: Running | None = None
    terminating: bool = False

    @property
    def takes(self) -> bool:
        """Whether it is an endpoint, ready but for its gate."""
        return self.running is not None and not self.terminating and not self.running.process.ended.is_set()


@dataclass(slots=True)
class Binding:
    """A TargetGroupBinding. It owns its group: whatever is no pod of its Deployment is deregistered.

    With `multi_cluster` only what it registered itself. Where the endpoints are as they were it does nothing
    (its checkpoint), so a foreign target that comes later stays until a pod changes.
    """

    group: str
    deployment: str
    multi_cluster: bool = False
    last: frozenset[Target] | None = None
    own: set[Target] = field(default_factory=set)

    def reconcile(self, wanted: frozenset[Target], registrar: Registrar) -> None:
        if wanted == self.last:
            return
        self.last = wanted
        here = set(registrar.registered(self.group))
        if missing := wanted - here:
            registrar.register(self.group, sorted(missing))
        gone = (here & self.own if self.multi_cluster else here) - wanted
        if gone:
            registrar.deregister(self.group, sorted(gone))
        self.own = set(wanted)


class Cluster:
    def __init__(self, registrar: Registrar, machines: Machines) -> None:
        self.registrar, self.machines, self.clock = registrar, machines, machines.clock
        self.pods: dict[str, list[Pod]] = {}
        self.bindings: list[Binding] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._controller: asyncio.Task[None] | None = None

    def bind(self, group: str, deployment: str, *, multi_cluster: bool = False) -> None:
        """Apply a TargetGroupBinding."""
        self.bindings.append(Binding(group, deployment, multi_cluster))
        self._controller = self._controller or asyncio.create_task(self._reconcile())

    def unbind(self, group: str) -> None:
        """Delete it: its pods leave the group."""
        for binding in [each for each in self.bindings if each.group == group]:
            binding.reconcile(frozenset(), self.registrar)
            self.bindings.remove(binding)

    async def deploy(self, name: str, replicas: int, template: Template) -> None:
        """Until all are ready."""
        pods = [Pod(template) for _ in range(replicas)]
        self.pods.setdefault(name, []).extend(pods)
        await asyncio.gather(*(self._start(name, pod) for pod in pods))

    async def roll(self, name: str, template: Template) -> None:
        """One more at first, none less: `maxSurge: 1, maxUnavailable: 0`."""
        for old in [pod for pod in self.pods[name] if not pod.terminating]:
            pod = Pod(template)
            self.pods[name].append(pod)
            await self._start(name, pod)
            self.delete(name, old)

    def delete(self, name: str, pod: Pod) -> asyncio.Task[None]:
        """Mark it as terminating; all else follows by itself."""
        pod.terminating = True
        task = asyncio.create_task(self._terminate(name, pod))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def scale_down(self, name: str, replicas: int) -> None:
        await asyncio.gather(*(self.delete(name, pod) for pod in self.pods[name][replicas:]))

    async def close(self) -> None:
        for task in (*self._tasks, *([self._controller] if self._controller else [])):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def ready(self, name: str, pod: Pod) -> bool:
        """With a gate: in every group that it is bound to, it is healthy."""
        groups = [binding.group for binding in self.bindings if binding.deployment == name]
        if not pod.takes or pod.running is None:
            return False
        target = pod.running.target
        return not pod.template.gate or all(self.registrar.healthy(group, target) for group in groups)

    async def _start(self, name: str, pod: Pod) -> None:
        pod.running = await self.machines.start(pod.template.behaviour)
        while not self.ready(name, pod):
            await self.clock.pause(1)

    async def _terminate(self, name: str, pod: Pod) -> None:
        template = pod.template
        if pod.running:
            await self.clock.pause(min(template.pre_stop, template.grace))
            await self.machines.end(pod.running.process, max(template.grace - template.pre_stop, LEAST_GRACE))
        self.pods[name].remove(pod)

    async def _reconcile(self) -> None:
        while True:
            for binding in self.bindings:
                pods = self.pods.get(binding.deployment, [])
                wanted = frozenset(pod.running.target for pod in pods if pod.takes and pod.running)
                binding.reconcile(wanted, self.registrar)
            await self.clock.pause(REACTS)
