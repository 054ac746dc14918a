"""What the timing of a stop means for people, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.timing import timings
from ecs2k8s.core.findings import Finding
from ecs2k8s.translate.balancing import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.timing import Timing
    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.resolve.workload import Inventory

AT = "loadBalancers"
WHY = {
    "drain": "The load balancer can still send when the containers are told to stop.",
    "stop": "A container is killed before the time that ECS would give it is over.",
    "probe-kill": "A container that hangs keeps its traffic until the whole drain is over.",
}
DO = {
    "drain": f"Set deregistration_delay.timeout_seconds of the pods' target group to {LONGEST} or less; or make the "
    "preStop sleep longer than the delay and terminationGracePeriodSeconds longer by as much.",
    "stop": "Make terminationGracePeriodSeconds at least the sum.",
    "probe-kill": "Give the probe a terminationGracePeriodSeconds of its own.",
}


def lost_requests(inventory: Inventory, bundle: Bundle) -> Iterator[Finding]:
    """A finding for each check of each workload that does not pass, and for what a quick restart costs."""
    for timing in timings(inventory, bundle):
        yield from _of(timing)


def _of(timing: Timing) -> Iterator[Finding]:
    at = AT if timing.floor is not None else ""
    for outcome in timing.outcomes:
        if outcome.verdict == "inconclusive":
            what = "; ".join(timing.unread)
            yield Finding.of("timing-not-proven", timing.subject, at, seconds=timing.pre_stop, what=what)
        elif outcome.verdict == "fail" and outcome.check in WHY:
            because, action = WHY[outcome.check], DO[outcome.check]
            if outcome.container:
                because = f"Container {outcome.container}: {because}"
            args = {"because": because, "action": action, "inequality": outcome.inequality}
            yield Finding.of("timing-loses-requests", timing.subject, at, **args)
    yield from _restarts(timing, at)


def _restarts(timing: Timing, at: str) -> Iterator[Finding]:
    for outcome in timing.outcomes:
        if outcome.check == "withdrawal" and outcome.verdict == "fail":
            withdrawn, restarted = outcome.inequality.split(" < ")
            args = {"container": outcome.container, "withdrawn": withdrawn, "restarted": restarted}
            yield Finding.of("restart-before-withdrawal", timing.subject, at, **args)
    cut = [c.name for c in timing.containers if any(p.bound is not None and p.bound <= c.pre_stop for p in c.probes)]
    if cut:
        yield Finding.of("probe-kill-cuts-shutdown", timing.subject, at, containers=", ".join(cut))
