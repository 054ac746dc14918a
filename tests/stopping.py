"""A load balancer and a kubelet, second by second, as witnesses of what happens while a pod stops.

They know the pod's spec and the rules of AWS and Kubernetes, and nothing of the formulas that are tested. The order of
the kubelet is that of `killContainer` in pkg/kubelet/kuberuntime: the preStop hook of every container runs at once,
then native sidecars wait for their turn, and whoever gets SIGTERM has at least two seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KUBELET_LEAST = 2
HEARS_WITHIN = 10  # seconds until the load balancer knows that the pod is going
GOES_ON = {"application": 30, "network": 120}  # seconds for which it may send in any case
Pod = dict[str, Any]


@dataclass
class Container:
    name: str
    sidecar: bool
    sleep: int
    stop: int  # how long it takes to end after SIGTERM, which is what ECS would give it
    told: int | None = None  # when it got SIGTERM
    left: int = 0  # seconds that the kubelet still gives it then
    ended: int | None = None
    killed: bool = False

    def after_sigterm(self, now: int) -> bool:
        return self.told is not None and self.told < now

    def tick(self, now: int, turn: bool, grace: int) -> None:
        if self.told is None and now >= min(self.sleep, grace) and (turn or now >= grace):
            self.told, self.left = now, max(grace - now, KUBELET_LEAST)
        if self.told is not None and self.ended is None:
            self.killed = now - self.told >= self.left and self.stop > self.left
            if self.killed or now - self.told >= self.stop:
                self.ended = now


def running(pod: Pod, stops: list[int]) -> list[Container]:
    """The containers that run when the pod is told to stop, in the order of the spec."""
    init = pod.get("initContainers", [])
    pairs = zip([*init, *pod["containers"]], stops, strict=True)
    return [
        Container(
            item["name"],
            item in init,
            item.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0),
            stop,
        )
        for item, stop in pairs
        if item not in init or item.get("restartPolicy") == "Always"
    ]


def stop(pod: Pod, stops: list[int], last_request: int) -> list[str]:
    """What goes wrong from the second in which the pod is marked until all is over.

    Until *last_request* a request arrives in each second and passes through every container.
    """
    containers, grace, wrong = running(pod, stops), pod["terminationGracePeriodSeconds"], []
    now = 0
    while any(each.ended is None for each in containers) or now <= last_request:
        for position in reversed(range(len(containers))):
            each, later = containers[position], containers[position + 1 :]
            before = [other for other in later if other.sidecar] + [other for other in containers if not other.sidecar]
            each.tick(now, not each.sidecar or all(other.ended is not None for other in before), grace)
        if now <= last_request:
            wrong += [f"request to {each.name} after SIGTERM" for each in containers if each.after_sigterm(now)]
        now += 1
    return sorted({*wrong, *(f"{each.name} is killed too early" for each in containers if each.killed)})


def last_request(kind: str, delay: int, heard: int = HEARS_WITHIN) -> int:
    """The last second in which a load balancer of *kind* may send, when it hears of the pod after *heard* seconds."""
    return max(heard + delay, GOES_ON[kind])


def restart(pod: Pod, container: dict[str, Any], probe: str) -> int:
    """Seconds that a container which hangs, and so ignores SIGTERM, stays after its probe gave it up."""
    grace = container[probe].get("terminationGracePeriodSeconds", pod["terminationGracePeriodSeconds"])
    slept = min(container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0), grace)
    return int(slept + max(grace - slept, KUBELET_LEAST))


def acts(probe: dict[str, Any], phase: int, takes: int) -> int:
    """When a probe acts on a container that fails from second 0 on: first run at *phase*, each run *takes* seconds."""
    now = phase
    for _ in range(probe["failureThreshold"] - 1):
        now += max(probe["periodSeconds"], takes)
    return now + takes
