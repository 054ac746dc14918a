"""The replay: what the policies of ECS and the autoscaler would have done with recorded datapoints, side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.scaling_rules import SHARED, metric_of, rule
from ecs2k8s.assess.scaling_series import COUNTS, Recorded
from ecs2k8s.assess.scaling_simulators import Hpa, ecs_counts, hpa_counts
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.translate.autoscaling import autoscaling
from ecs2k8s.translate.deployment import desired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.assess.scaling_series import Series
    from ecs2k8s.assess.scaling_simulators import Load, Rule
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.scaling import Scaling
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.autoscaling import Autoscaling

LONGEST_PERIOD = 300  # seconds between datapoints: with rarer ones nothing can be said of alarms of minutes
FEWEST, MOST = 5, 50_000  # datapoints


@dataclass(frozen=True, slots=True)
class Replay:
    """One workload. `why` says why nothing can be said, where that is so; then there are no counts."""

    workload: Workload
    times: tuple[int, ...] = ()  # seconds since 1970
    ecs: tuple[int, ...] = ()
    eks: tuple[int, ...] = ()
    metrics: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Replays:
    """Of each scaled workload with datapoints, in order. `unused`: labels of datapoints of which nothing came."""

    found: tuple[Replay, ...] = ()
    unused: tuple[str, ...] = ()


def replays(translation: Translation, target: Target) -> Replays:
    """A function of the snapshot and the choices alone."""
    recorded = Recorded.of(translation.inventory.index)
    scaled = [w for w in translation.translated if w.kind == "Deployment" and w.scaling and w.scaling.targets]
    asking = Counter(name for workload in scaled for name in _names(workload.scaling))
    asking.update(dict.fromkeys(COUNTS, len(scaled)))
    found: list[Replay] = []
    used: set[str] = set()
    for workload in scaled if recorded.series else ():
        given = {name: recorded.find(workload, name, asking[name]) for name in [*_names(workload.scaling), *COUNTS]}
        series = {name: known for name, known in given.items() if known is not None and known.points}
        if series.keys() - set(COUNTS) and workload.scaling:
            found.append(_replay(workload, workload.scaling, series, target))
            used |= {each.label for each in series.values()}
    return Replays(tuple(found), tuple(sorted(recorded.series.keys() - used)))


def _names(scaling: Scaling | None) -> list[str]:
    """The metrics that its policies go by, of those that go by one."""
    return sorted({name for policy in scaling.policies if (name := metric_of(policy))}) if scaling else []


def _replay(workload: Workload, scaling: Scaling, series: dict[str, Series], target: Target) -> Replay:
    lacking = {
        name or f"what {policy.view.get('PolicyName', 'a policy')} computes"
        for policy in scaling.policies
        if (name := metric_of(policy)) not in series
    }
    if lacking:
        return Replay(workload, why=f"there are no datapoints of {', '.join(sorted(lacking))}")
    tracked = [series[name] for name in _names(scaling)]
    period = max(each.period for each in tracked)
    start, end = max(each.points[0][0] for each in tracked), min(each.points[-1][0] for each in tracked)
    low, high = _bounds(scaling)
    if why := _unfit(period, start, end) or ("its bounds contradict each other" if low > high else ""):
        return Replay(workload, why=why)
    return _simulated(workload, scaling, series, tuple(range(start, end + 1, period)), target)


def _bounds(scaling: Scaling) -> tuple[int, int]:
    return int(scaling.target.get("MinCapacity", 0)), int(scaling.target.get("MaxCapacity", 0))


def _unfit(period: int, start: int, end: int) -> str:
    """Why datapoints cannot be replayed; empty where they can."""
    if not 0 < period <= LONGEST_PERIOD:
        return f"a datapoint every {period or 'so many'} seconds is too rare: at most {LONGEST_PERIOD} are replayed"
    count = max(0, (end - start) // period + 1)
    if count < FEWEST:
        return f"{count} datapoints that all metrics have are too few"
    return f"{count} datapoints are more than {MOST}" if count > MOST else ""


def _simulated(
    workload: Workload, scaling: Scaling, series: dict[str, Series], times: tuple[int, ...], target: Target
) -> Replay:
    counts = next((series[name] for name in COUNTS if name in series), None)
    now = max(1, desired(workload))
    rules: dict[str, Rule] = {}
    for policy in scaling.policies:
        name = metric_of(policy)
        load = _load(series[name], times, counts, now) if name in SHARED else _load(series[name], times, None, 1)
        made = rule(policy, times[1] - times[0], load)
        if isinstance(made, str):
            return Replay(workload, why=made)
        rules[policy.item.document.id] = made
    first = round((counts.at(times[0]) if counts else None) or now)
    suspended = scaling.target.get("SuspendedState", NOTHING)
    held = bool(suspended.get("DynamicScalingInSuspended")), bool(suspended.get("DynamicScalingOutSuspended"))
    scaled = autoscaling(workload, target)
    return Replay(
        workload,
        times,
        tuple(ecs_counts(tuple(rules.values()), first, _bounds(scaling), held)),
        tuple(_eks(scaled, rules, first, len(times))),
        tuple(_names(scaling)),
        (*_of_load(counts, now, shared=any(each.shared for each in rules.values())), *_of_scaling(scaling, scaled)),
    )


def _load(series: Series, times: Sequence[int], counts: Series | None, now: int) -> Load:
    """The load of the fleet at each of *times*: the metric of a task times the tasks; None without a datapoint."""
    period = times[1] - times[0]
    values = {when - (when - times[0]) % period: value for when, value in series.points}
    found: list[tuple[int, float | None]] = []
    for time in times:
        value = values.get(time)
        tasks = (counts.at(time) or now) if counts else now
        found.append((time, None if value is None else value * tasks))
    return tuple(found)


def _eks(scaled: Autoscaling | None, rules: dict[str, Rule], first: int, length: int) -> list[int]:
    if scaled is None:
        return [first] * length
    kept = tuple(rules[each.policy.item.document.id] for each in scaled.tracked)
    hpa = Hpa(scaled.fewest, scaled.maximum, scaled.window, scaled.scales_in, scaled.scales_out)
    return hpa_counts(kept, first, hpa)


def _of_load(counts: Series | None, now: int, *, shared: bool) -> list[str]:
    """What is assumed of the load."""
    if not shared:
        return []
    if counts is None:
        return [f"no {COUNTS[0]} was recorded, so {now} tasks are taken to have borne the load all the time"]
    return [f"the load at any time is the metric times {counts.label}"]


def _of_scaling(scaling: Scaling, scaled: Autoscaling | None) -> list[str]:
    found = []
    if scaled is None:
        found.append("no autoscaler was made, so the number of pods stays")
    elif len(scaled.tracked) < len(scaling.policies):
        found.append("the autoscaler does without the policies that could not be carried")
    return [*found, "scheduled actions are left out on both sides"] if scaling.actions else found
