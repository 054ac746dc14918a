"""The part of report.md about stopping without lost requests: the numbers, and the inequality for each workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.timing import STRICT, timings
from ecs2k8s.report.escape_markdown import code, plain, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.timing import Timing
    from ecs2k8s.assess.translation import Translation

HEAD = """## Stopping without lost requests

ECS takes a task out of its target group, waits until the deregistration delay is over, and only then stops it.
Kubernetes does both at once. So each container sleeps before SIGTERM (`preStop`) until the load balancer has stopped
sending, and the grace period covers the sleep and the stop timeouts. Everything is in seconds:

- drain: `max(deregistration delay + 10, least of the kind of load balancer) <= preStop`
- stop: `preStop + longest stopTimeout + stop timeouts of the sidecars <= grace period`
- probe-kill: the grace period of each probe that restarts a container is short, so that one that hangs is not kept
- withdrawal: `readiness fails within < liveness restarts after`; where it does not hold, a container can be restarted
  while it still gets traffic

| Namespace | Workload | Delay | preStop | Stop | Grace | Inequalities | Verdict |
|---|---|--:|--:|--:|--:|---|---|"""
KEEP_ALIVE = """The server of a workload must keep idle connections open for longer than the load balancer in front of
it, or the load balancer sends into one that is just being closed (502). Idle timeouts:"""


def lines(translation: Translation) -> list[str]:
    """Markdown: a row for each workload that has a pod, then the idle timeouts of the load balancers in front."""
    found = timings(translation.inventory, translation.bundle)
    if not found:
        return []
    return [*HEAD.splitlines(), *map(_row, found), "", *_keep_alive(found)]


def _row(timing: Timing) -> str:
    stop = f"{timing.longest_stop} + {timing.sidecar_stops}" if timing.sidecar_stops else f"{timing.longest_stop}"
    cells = [
        plain(timing.workload.namespace),
        plain(timing.workload.name),
        _delay(timing),
        str(timing.pre_stop),
        stop,
        str(timing.grace),
        "<br>".join(_inequalities(timing)),
        _verdict(timing),
    ]
    return f"| {' | '.join(cells)} |"


def _delay(timing: Timing) -> str:
    if timing.floor is None:
        return "none"
    return " and ".join(
        [*([] if timing.delay is None else [str(timing.delay)]), *(["not read"] if timing.unread else [])]
    )


def _inequalities(timing: Timing) -> list[str]:
    """All but what holds for each probe."""
    return [
        code(f"{outcome.check}: {outcome.inequality}")
        for outcome in timing.outcomes
        if outcome.check != "probe-kill" or outcome.verdict != "pass"
    ]


def _verdict(timing: Timing) -> str:
    failed = {outcome.check for outcome in timing.outcomes if outcome.verdict == "fail"}
    names = ", ".join(sorted(failed & set(STRICT)))
    verdict = f"**fail**: {names}" if names else timing.verdict
    return f"{verdict}; restarted before withdrawal" if failed - set(STRICT) else verdict


def _keep_alive(found: list[Timing]) -> Iterator[str]:
    rows = [
        f"- {plain(timing.workload.name)} behind {span(name)}: {'not read' if seconds is None else seconds}"
        for timing in found
        for name, seconds in timing.idle_timeouts
    ]
    if rows:
        yield from (*KEEP_ALIVE.splitlines(), "", *rows, "")
