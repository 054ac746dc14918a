"""Whether requests are lost when a pod stops: the numbers in the manifests, and the inequalities over them.

Everything is read back from the manifests and the documents of AWS, not from what the translators computed. Times are
in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.manifests import TEMPLATES
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.balancers import read_attributes
from ecs2k8s.translate.balancing import MARGIN, SECONDS, deregistration_delay, groups_of, least
from ecs2k8s.translate.lifecycle import arrange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

Verdict = Literal["pass", "fail", "inconclusive"]
STOP = 30  # ECS, where no stopTimeout is set
KILLED_WITHIN = 30  # a container that hangs must not wait for the drain
IDLE, IDLE_OF_AWS = "idle_timeout.timeout_seconds", 60
STRICT = ("drain", "stop", "probe-kill")  # what must hold; ECS itself promises nothing of withdrawal
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe's numbers. `bound` is its own grace period, None where the pod's counts."""

    kind: str
    period: int
    timeout: int
    failures: int
    bound: int | None

    @property
    def earliest(self) -> int:
        """Seconds from the first failure that the kubelet sees until it acts, at least."""
        return (self.failures - 1) * self.period

    @property
    def latest(self) -> int:
        """Seconds from the moment that the container fails until the kubelet acts, at most.

        A whole period can pass before the first probe; while a probe runs the next one waits.
        """
        return self.period + (self.failures - 1) * max(self.period, self.timeout) + self.timeout


@dataclass(frozen=True, slots=True)
class Stopping:
    """One container of a pod that runs until the pod stops; `sidecar`: a native one, which stops after the others."""

    name: str
    sidecar: bool
    pre_stop: int
    stop: int  # from SIGTERM until ECS would send SIGKILL
    probes: tuple[Probe, ...] = ()

    def probe(self, kind: str) -> Probe | None:
        return next((probe for probe in self.probes if probe.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found, with the inequality that it looked at."""

    check: Literal["drain", "stop", "probe-kill", "withdrawal"]
    verdict: Verdict
    inequality: str
    container: str = ""  # where the check is about one


@dataclass(frozen=True, slots=True)
class Timing:
    """The numbers of one workload. Without a load balancer `floor` and `delay` are None and `unread` is empty."""

    workload: Workload
    containers: tuple[Stopping, ...]
    grace: int
    floor: int | None  # seconds that the kind of load balancer may need in any case
    delay: int | None  # the longest deregistration delay that is known
    unread: tuple[str, ...]  # what would have to be known beside it
    idle_timeouts: tuple[tuple[str, int | None], ...]  # Application Load Balancers by name; None: not read

    @property
    def pre_stop(self) -> int:
        """The shortest sleep of the regular containers; sidecars stop after these, so they need none."""
        return min(container.pre_stop for container in self.containers if not container.sidecar)

    @property
    def longest_stop(self) -> int:
        return max(container.stop for container in self.containers if not container.sidecar)

    @property
    def sidecar_stops(self) -> int:
        """Native sidecars stop one after another."""
        return sum(container.stop for container in self.containers if container.sidecar)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(_checks(self))

    @property
    def verdict(self) -> Verdict:
        """The worst of the checks that must hold."""
        found = {outcome.verdict for outcome in self.outcomes if outcome.check in STRICT}
        return "fail" if "fail" in found else "inconclusive" if "inconclusive" in found else "pass"

    @property
    def subject(self) -> str:
        """The document that the workload comes from."""
        return str(self.workload.task.get("taskArn", "")) or self.workload.source


def timings(inventory: Inventory, bundle: Bundle) -> list[Timing]:
    """The numbers of every workload that has a pod in *bundle*, in the order of the inventory."""
    pods = {_key(manifest): _pod(manifest) for manifest in bundle.manifests if manifest["kind"] in TEMPLATES}
    found = []
    for workload in inventory.workloads:
        pod = pods.get((workload.kind, workload.namespace, workload.name))
        if pod is not None:
            found.append(_timing(workload, pod, inventory))
    return found


def _key(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def _pod(manifest: Manifest) -> dict[str, Any]:
    inner = manifest
    for step in (*TEMPLATES[manifest["kind"]], "spec"):
        inner = inner[step]
    return inner


def _timing(workload: Workload, pod: dict[str, Any], inventory: Inventory) -> Timing:
    slots = arrange(workload).slots  # in the order of the manifest: it tells whose stopTimeout belongs to which name
    stops = [int(slot.container.get("stopTimeout", STOP)) for slot in slots]
    entries = workload.configuration.get("loadBalancers", [])
    delays = dict(_delays(workload, entries))
    known = [delay for delay in delays.values() if delay is not None]
    return Timing(
        workload=workload,
        containers=stopping(pod, stops),
        grace=int(pod["terminationGracePeriodSeconds"]),
        floor=max((least(workload, str(item.get("targetGroupArn", ""))) for item in entries), default=None),
        delay=max(known, default=None),
        unread=tuple(sorted(what for what, delay in delays.items() if delay is None)),
        idle_timeouts=tuple(_idle_timeouts(workload, entries, inventory)),
    )


def stopping(pod: dict[str, Any], stops: Iterable[int]) -> tuple[Stopping, ...]:
    """The containers of a pod spec that run until it stops; *stops* has one number per container, init ones first."""
    init = pod.get("initContainers", [])
    whole = [*((item, True) for item in init), *((item, False) for item in pod["containers"])]
    return tuple(
        Stopping(
            name=container["name"],
            sidecar=sidecar,
            pre_stop=int(container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)),
            stop=stop,
            probes=tuple(_probe(kind, container[kind]) for kind in PROBES if kind in container),
        )
        for (container, sidecar), stop in zip(whole, stops, strict=True)
        if not sidecar or container.get("restartPolicy") == "Always"
    )


def _probe(kind: str, probe: dict[str, Any]) -> Probe:
    bound = probe.get("terminationGracePeriodSeconds")
    return Probe(kind, probe["periodSeconds"], probe["timeoutSeconds"], probe["failureThreshold"], bound)


def _delays(workload: Workload, entries: Iterable[AwsMap]) -> Iterator[tuple[str, int | None]]:
    """What decides how long requests go on, with its seconds where they are known."""
    for item in entries:
        if name := item.get("loadBalancerName"):
            yield f"connection draining of the Classic Load Balancer {name}", None
        for _, arn in groups_of(item):
            yield f"deregistration delay of {arn}", deregistration_delay(workload, arn)


def _idle_timeouts(
    workload: Workload, entries: Iterable[AwsMap], inventory: Inventory
) -> Iterator[tuple[str, int | None]]:
    """The idle timeout of each Application Load Balancer in front: the server must keep connections for longer."""
    arns = {
        str(arn)
        for item in entries
        for _, group in groups_of(item)
        for arn in workload.target_groups.get(group, NOTHING).get("LoadBalancerArns", [])
    }
    for balancer in inventory.balancers.load_balancers:
        if balancer.arn in arns and balancer.type == "application":
            text = read_attributes(balancer.attributes).get(IDLE, str(IDLE_OF_AWS)) if balancer.attributes else ""
            yield balancer.name, int(text) if SECONDS.fullmatch(text) else None


def _checks(timing: Timing) -> Iterator[Outcome]:
    if timing.floor is not None:
        yield _drain(timing, timing.floor)
    yield _stop(timing)
    for container in timing.containers:
        yield from _probe_kill(container)
        yield from _withdrawal(container)


def _drain(timing: Timing, floor: int) -> Outcome:
    """S14, first half. The margin is the time until the load balancer hears of it, so a delay above 300 s fails."""
    needed = max(floor, 0 if timing.delay is None else timing.delay + MARGIN)
    shown = "?" if timing.delay is None else timing.delay
    text = f"max({shown} + {MARGIN}, {floor}) <= {timing.pre_stop}"
    verdict: Verdict = "fail" if needed > timing.pre_stop else "inconclusive" if timing.unread else "pass"
    return Outcome("drain", verdict, text)


def _stop(timing: Timing) -> Outcome:
    """S14, second half: nothing is killed before it had its time, the last sidecar included."""
    sleep = max(container.pre_stop for container in timing.containers)
    parts = (sleep, timing.longest_stop, timing.sidecar_stops)
    text = f"{' + '.join(map(str, parts))} <= {timing.grace}"
    return Outcome("stop", "pass" if sum(parts) <= timing.grace else "fail", text)


def _probe_kill(container: Stopping) -> Iterator[Outcome]:
    """A probe kill runs preStop inside the probe's grace period, so that one must be short."""
    longest = max(1, min(KILLED_WITHIN, container.stop))
    for probe in container.probes:
        if container.pre_stop and probe.kind != "readinessProbe":
            shown = "the pod's" if probe.bound is None else probe.bound
            good = probe.bound is not None and 1 <= probe.bound <= longest
            yield Outcome("probe-kill", "pass" if good else "fail", f"1 <= {shown} <= {longest}", container.name)


def _withdrawal(container: Stopping) -> Iterator[Outcome]:
    ready, live = container.probe("readinessProbe"), container.probe("livenessProbe")
    if ready and live:
        verdict: Verdict = "pass" if ready.latest < live.earliest else "fail"
        yield Outcome("withdrawal", verdict, f"{ready.latest} < {live.earliest}", container.name)
