"""Probes: container health checks and target group health checks as startup, liveness and readiness probes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import note
from ecs2k8s.core.units import whole_number
from ecs2k8s.translate.balancing import balanced, is_classic
from ecs2k8s.translate.escape import literal
from ecs2k8s.translate.ports import HIGHEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.resolve.workload import AwsMap, Workload
    from ecs2k8s.translate.lifecycle import Slot

GIVES_UP = 10800  # seconds after which ECS gives up a task that waits for a healthy container
OFF = 86400  # a grace period of a day or more switches replacement off
Fragment = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timing:
    """A check's numbers in seconds and counts, with the defaults that AWS assumes."""

    interval: int
    timeout: int
    retries: int
    start_period: int = 0

    @property
    def patience(self) -> int:
        """How long ECS lets a container fail from its start before it counts as unhealthy."""
        return self.start_period + self.retries * (self.interval + self.timeout)


def probes(workload: Workload, slot: Slot, grace: int, preparation: int | None) -> Fragment:
    """The probes of one container.

    *grace* is the service's `healthCheckGracePeriodSeconds`, *preparation* the preStop sleep in seconds (None: there is
    none). A failing container check makes ECS replace the task: that is liveness, never readiness.
    """
    made = _from_container(workload, slot, grace)
    group = balanced(workload, slot.container)
    if group is not None and not workload.is_job:
        made = _from_target_group(workload, slot, group, grace, bool(made)) | made
        if slot.awaited and not slot.gate:
            made.pop("startupProbe")
    if preparation is not None and slot.drains:
        _bound(made, slot.container)
    return made


def _bound(made: Fragment, container: AwsMap) -> None:
    """A probe kill runs preStop too: without a bound of its own a hung container is restarted only after the drain."""
    bound = max(1, min(30, int(container.get("stopTimeout", 30))))
    for name in ("livenessProbe", "startupProbe"):
        if name in made:
            made[name]["terminationGracePeriodSeconds"] = bound


def _from_container(workload: Workload, slot: Slot, grace: int) -> Fragment:
    check = slot.container.get("healthCheck")
    if check is None or slot.role == "init":
        _ignore(check, "health-check-of-init-container")
        return {}
    command = _command(workload, check)
    if command is None:
        _ignore(check, "health-check-ignored")
        return {}
    if not slot.essential and not slot.gate:
        _ignore(check, "health-check-of-non-essential")
        return {}
    live = slot.essential and not workload.is_job and not is_classic(workload)
    if not live and not slot.gate:
        slug = "health-check-of-job" if workload.is_job else "health-check-behind-classic-load-balancer"
        _ignore(check, slug)
        return {}
    timing = timing_of(check)
    handler = {"exec": {"command": command}}
    startup = _startup(handler, timing, _gate_deadline(slot) if slot.gate else max(timing.patience, grace))
    liveness = _liveness(handler, timing, timing.retries, grace)
    if slot.gate:
        _note_gate(slot, check)
    if slot.awaited and not slot.gate:
        # Others wait only until it runs: a startup probe would make them wait until it is healthy.
        liveness["initialDelaySeconds"] = max(timing.patience, grace)
        note(check, "command", "liveness-restarts-in-place")
        return {"livenessProbe": liveness}
    if live:
        note(check, "command", "liveness-restarts-in-place")
    return {"livenessProbe": liveness, "startupProbe": startup} if live else {"startupProbe": startup}


def _note_gate(slot: Slot, check: AwsMap) -> None:
    if "startPeriod" in check:
        note(check, "startPeriod", "start-period-of-gate")
    if not slot.essential:
        note(check, "retries", "retries-of-gate") if "retries" in check else None


def _gate_deadline(slot: Slot) -> int:
    return int(slot.container.get("startTimeout", GIVES_UP))


def _ignore(check: AwsMap | None, slug: str) -> None:
    for key in check or ():
        if key == "command":
            for index in range(len((check or {})["command"])):
                note(check or {}, (key, index), slug)
        else:
            note(check or {}, key, slug)


def timing_of(check: AwsMap) -> Timing:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html has the defaults."""
    return Timing(
        int(check.get("interval", 30)),
        int(check.get("timeout", 5)),
        int(check.get("retries", 3)),
        int(check.get("startPeriod", 0)),
    )


def _command(workload: Workload, check: AwsMap) -> list[str] | None:
    words = [literal(str(word)) for word in check.get("command", [])]
    if not words or words[0] not in ("CMD", "CMD-SHELL") or len(words) == 1:
        return None
    if words[0] == "CMD":
        return words[1:]
    note(check, ("command", 1), "shell-assumed")
    return [*(("cmd", "/S", "/C") if workload.is_windows else ("/bin/sh", "-c")), *words[1:]]


def _startup(handler: Fragment, timing: Timing, deadline: int) -> Fragment:
    period = min(timing.interval, 10)
    return handler | {
        "periodSeconds": period,
        "timeoutSeconds": timing.timeout,
        "failureThreshold": ceil(deadline / period) + 1,
    }


def _liveness(handler: Fragment, timing: Timing, failures: int, grace: int) -> Fragment:
    probe = handler | {
        "periodSeconds": timing.interval,
        "timeoutSeconds": timing.timeout,
        "failureThreshold": failures,
    }
    # From container start: ECS ignores health for the grace period even after a first success.
    return probe | {"initialDelaySeconds": grace} if grace else probe


def startup_deadline(workload: Workload, slots: Sequence[Slot], grace: int) -> int:
    """The longest time in seconds that a container may take to become ready, or that others wait for it."""
    gates = [_gate_deadline(slot) for slot in slots if slot.gate]
    checks = [timing_of(slot.container["healthCheck"]).patience for slot in slots if "healthCheck" in slot.container]
    groups = [group_timing(g).patience for slot in slots if (g := balanced(workload, slot.container)) is not None]
    return max([grace, *gates, *checks, *groups])


def group_timing(group: AwsMap) -> Timing:
    """Interval, timeout and unhealthy count of a target group's check."""
    return Timing(
        int(group.get("HealthCheckIntervalSeconds", 30)),
        int(group.get("HealthCheckTimeoutSeconds", 5)),
        int(group.get("UnhealthyThresholdCount", 2)),
    )


def _from_target_group(
    workload: Workload,
    slot: Slot,
    group: Mapping[str, Any],
    grace: int,
    checked: bool,  # noqa: FBT001
) -> Fragment:
    """Readiness always (callers inside the cluster have no load balancer), startup and liveness in place of ECS.

    Liveness waits far longer than the target group, so that traffic is withdrawn well before anything is restarted.
    """
    handler = _handler(workload, slot.container, group)
    timing = group_timing(group)
    failures = max(3 * timing.retries, ceil(180 / timing.interval))
    if not checked:
        note(group, "TargetGroupArn", "liveness-restarts-in-place")
    return {
        "livenessProbe": _liveness(handler, timing, failures, grace),
        "readinessProbe": _liveness(handler, timing, timing.retries, 0),
        "startupProbe": _startup(handler, timing, max(timing.patience, grace)),
    }


def _handler(workload: Workload, container: AwsMap, group: Mapping[str, Any]) -> Fragment:
    protocol = str(group.get("HealthCheckProtocol", "HTTP"))
    port = _port(workload, container, group)
    matcher = group.get("Matcher", {})
    codes = str(matcher.get("HttpCode", "200" if protocol in ("HTTP", "HTTPS") else ""))
    path = str(group.get("HealthCheckPath", "/"))
    if str(group.get("ProtocolVersion", "")) == "GRPC":
        if path == "/grpc.health.v1.Health/Check" and str(matcher.get("GrpcCode", "")) == "0":
            return {"grpc": {"port": port}}
        note(group, "HealthCheckProtocol", "health-check-only-tcp", why="it expects another gRPC method or code")
    elif protocol in ("HTTP", "HTTPS"):
        if _only_success(codes):
            return {"httpGet": {"path": path, "port": port, "scheme": protocol}}
        # An httpGet that never succeeds would be a restart loop.
        note(group, ("Matcher", "HttpCode"), "health-check-only-tcp", why=f"it accepts the codes {codes}")
    return {"tcpSocket": {"port": port}}


def _port(workload: Workload, container: AwsMap, group: Mapping[str, Any]) -> int:
    text = str(group.get("HealthCheckPort", "traffic-port"))
    number = whole_number(text)
    if number is not None and 1 <= number <= HIGHEST:
        return number
    for item in workload.configuration.get("loadBalancers", []):
        if item.get("containerName") == container["name"] and item.get("targetGroupArn") == group.get("TargetGroupArn"):
            return int(item.get("containerPort", 0))
    return int(group.get("Port", 0))


def _only_success(codes: str) -> bool:
    """Whether every code of a matcher such as `200`, `200,202` or `200-299` is a success to the kubelet too."""
    numbers = [part for item in codes.split(",") for part in item.split("-")]
    return all(200 <= (whole_number(part.strip()) or 0) <= 299 for part in numbers)  # noqa: PLR2004
