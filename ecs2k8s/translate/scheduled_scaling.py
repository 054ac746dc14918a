"""Scheduled actions: two that take turns are a floor of KEDA; of any other the finding has the command that does it.

A cron trigger of KEDA is active from one of its starts to the next of its ends, so it says the same only where the two
take turns. https://keda.sh/docs/latest/scalers/cron/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from ecs2k8s.core.cron_fields import UnreadableError
from ecs2k8s.core.kubernetes_cron import Cron
from ecs2k8s.core.schedule_expressions import UTC_NAME, convert
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.core.zones import zone

if TYPE_CHECKING:
    from ecs2k8s.core.schedule_expressions import Said
    from ecs2k8s.resolve.index import Tracked
    from ecs2k8s.resolve.scaling import Scaling
    from ecs2k8s.resolve.workload import AwsMap, Workload

FROM = datetime(2026, 1, 1, tzinfo=UTC)
HORIZON = timedelta(days=800)  # two years, with every change of the clocks and one 29 February or none


@dataclass(frozen=True, slots=True)
class Floor:
    """At least *high* replicas from each *start* to the next *end*, at least *low* otherwise."""

    zone: str
    start: str
    end: str
    low: int
    high: int


def floor(scaling: Scaling) -> Floor | str:  # noqa: PLR0911
    """What the actions of a service say together, or why KEDA cannot say it."""
    if len(scaling.actions) != 2:  # noqa: PLR2004
        return "KEDA knows a floor from one time to another, which takes two actions"
    views = [action.view for action in scaling.actions]
    bounds: list[AwsMap] = [view.get("ScalableTargetAction", NOTHING) for view in views]
    if any("MinCapacity" not in bound for bound in bounds):
        return "an action does not change the minimum"
    most = int(scaling.target.get("MaxCapacity", 0))
    if any(int(bound.get("MaxCapacity", most)) != most for bound in bounds):
        return "KEDA cannot change the maximum"
    if any(key in view for view in views for key in ("StartTime", "EndTime")):
        return "KEDA knows no first and no last day"
    said = [_said(view) for view in views]
    if None in said:
        return "a schedule cannot be said in five fields of cron"
    ends = sorted(zip((int(b["MinCapacity"]) for b in bounds), (s for s in said if s), strict=True), key=lambda e: e[0])
    (low, down), (high, up) = ends
    if low == high or up.zone != down.zone or not _take_turns(up, down):
        return "the two actions do not take turns in one time zone"
    return Floor(up.zone, up.schedule, down.schedule, low, high)


def _said(view: AwsMap) -> Said | None:
    """The schedule of an action in Kubernetes' cron, where that has the same times."""
    expression = str(view.get("Schedule", ""))
    if not expression.strip().startswith("cron"):
        return None
    try:
        said = convert(expression, str(view.get("Timezone", UTC_NAME)), None, None)
    except UnreadableError:
        return None
    return said if said.exact and said.schedule and not said.over else None


@cache
def _take_turns(up: Said, down: Said) -> bool:
    """Whether between two starts there is always exactly one end, over the horizon."""
    its = zone(up.zone)
    if its is None:
        return False
    events = []
    for said in (up, down):
        times = takewhile(lambda time: time < FROM + HORIZON, Cron.parse(said.schedule).times(its, FROM))
        events += [(time, said is up) for time in times]
    events.sort()
    return len(events) > 2 and all(  # noqa: PLR2004
        now[0] < then[0] and now[1] is not then[1] for now, then in pairwise(events)
    )


def leave_out(workload: Workload, action: Tracked, kind: str, why: str) -> None:
    """Say of an action that nothing does it, with the command that would. *kind*: of the autoscaler, or empty."""
    bounds: AwsMap = action.view.get("ScalableTargetAction", NOTHING)
    given = [(word, bounds.get(key)) for word, key in (("minimum", "MinCapacity"), ("maximum", "MaxCapacity"))]
    said = _said(action.view)
    action.leave_out(
        "scheduled-scaling-not-carried",
        schedule=f"{action.view.get('Schedule', '')} ({action.view.get('Timezone', 'UTC')})",
        cron=f"`{said.schedule}` in {said.zone}" if said else "the same times",
        bounds=", ".join(f"{word} {value}" for word, value in given if value is not None) or "no bound",
        command=_command(workload, bounds, kind),
        why=why,
    )


def _command(workload: Workload, bounds: AwsMap, kind: str) -> str:
    if not kind:
        return "a command that scales the Deployment, as it has no autoscaler"
    keys = ("minReplicaCount", "maxReplicaCount") if kind == "scaledobject" else ("minReplicas", "maxReplicas")
    spec = {key: bounds[of] for key, of in zip(keys, ("MinCapacity", "MaxCapacity"), strict=True) if of in bounds}
    patch = json.dumps({"spec": spec}, separators=(",", ":"))
    return f"`kubectl -n {workload.namespace} patch {kind} {workload.name} --type=merge --patch '{patch}'`"
