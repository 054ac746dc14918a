"""What ECS and an HPA would have done with a recorded load: two pure functions of the same datapoints.

ECS acts when an alarm has breached for all its periods; how far it scales in is not documented, so it is taken to be
as far as the target says. An HPA acts at every datapoint. Sources:
https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html,
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html,
https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

BEYOND = 1e9  # pods
TOLERANCE = 0.1  # of an HPA: it leaves the number alone within a tenth of the target
Load = tuple[tuple[int, float | None], ...]  # time, and the load of the fleet; None: no datapoint


@dataclass(frozen=True, slots=True)
class Alarm:
    """So many of the last *evaluated* datapoints must lie beyond *threshold*."""

    threshold: float
    above: bool
    evaluated: int
    needed: int
    or_equal: bool = False

    def breaches(self, value: float) -> bool:
        if self.or_equal and value == self.threshold:
            return True
        return value > self.threshold if self.above else value < self.threshold


@dataclass(frozen=True, slots=True)
class Step:
    low: float
    high: float
    change: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy. `shared`: the metric is the load divided by the count, as CPU is; a queue is as long as it is.

    A target tracking policy has `target` and two alarms, a step scaling policy `steps`, `kind` and one alarm.
    """

    load: Load
    shared: bool
    alarms: tuple[Alarm, ...]
    target: float = 0.0
    scales_in: bool = True
    cooldown_out: int = 300
    cooldown_in: int = 300
    steps: tuple[Step, ...] = ()
    kind: str = ""
    least: int = 0  # MinAdjustmentMagnitude


@dataclass(slots=True)
class _State:
    count: int
    past: list[list[float | None]] = field(default_factory=list)  # of each rule, what its metric was
    last_out: int = -(10**9)
    last_in: int = -(10**9)
    base: int = 0  # the count before the last scale-out


def ecs_counts(rules: tuple[Rule, ...], first: int, bounds: tuple[int, int], suspended: tuple[bool, bool]) -> list[int]:
    """The desired count of ECS after each datapoint. *bounds*: least, most. *suspended*: scaling in, scaling out."""
    low, high = bounds
    state = _State(first, [[] for _ in rules])
    found = []
    for index in range(len(rules[0].load)):
        time = rules[0].load[index][0]
        wanted = [_ecs_wants(rule, past, index, state, time) for rule, past in zip(rules, state.past, strict=True)]
        known = [(want, rule) for want, rule in zip(wanted, rules, strict=True) if want is not None]
        more, leading = max(known, key=lambda each: each[0], default=(state.count, rules[0]))
        if more > state.count and not suspended[1]:
            if time - state.last_out >= leading.cooldown_out:
                state.base = state.count
            state.count, state.last_out = min(high, max(low, more)), time
        elif not suspended[0] and _all_agree(rules, wanted, state.count):
            fewer, leading = max((each for each in known if each[0] < state.count), key=lambda each: each[0])
            if time - state.last_in >= leading.cooldown_in:
                state.count, state.last_in = max(low, min(high, fewer)), time
        found.append(state.count)
    return found


def _all_agree(rules: tuple[Rule, ...], wanted: list[int | None], count: int) -> bool:
    """Target tracking scales in only if every policy that may scale in wants to; one of steps needs nobody."""
    tracking = [want for rule, want in zip(rules, wanted, strict=True) if rule.target and rule.scales_in]
    stepping = [want for rule, want in zip(rules, wanted, strict=True) if not rule.target]
    fewer = [want is not None and want < count for want in tracking]
    return (bool(fewer) and all(fewer)) or any(want is not None and want < count for want in stepping)


def _ecs_wants(rule: Rule, past: list[float | None], index: int, state: _State, time: int) -> int | None:
    """The count that the policy asks for at this datapoint; None: it asks for nothing."""
    value = _metric(rule, index, state.count)
    past.append(value)
    if value is None:
        return None
    for alarm in rule.alarms:
        recent = past[-alarm.evaluated :]
        known = sum(point is not None and alarm.breaches(point) for point in recent)
        if len(recent) < alarm.evaluated or known < alarm.needed or not alarm.breaches(value):
            continue
        if rule.target:
            want = _whole(state.count * value / rule.target) if state.count else 0
            if (alarm.above and want > state.count) or (not alarm.above and rule.scales_in and want < state.count):
                return want
        else:
            return _stepped(rule, value - alarm.threshold, state, time)
    return None


def _whole(count: float) -> int:
    """Rounded up, within what any bounds allow: a datapoint over a tiny target may be more than a float holds."""
    return math.ceil(max(-BEYOND, min(BEYOND, count)) - 1e-9)


def _metric(rule: Rule, index: int, count: int) -> float | None:
    load = rule.load[index][1]
    if load is None or not rule.shared:
        return load
    return load / count if count else None


def _stepped(rule: Rule, beyond: float, state: _State, time: int) -> int | None:
    """The count after the step that *beyond* (metric less threshold) lies in."""
    change = next((step.change for step in rule.steps if step.low <= beyond < step.high), None)
    if change is None:
        return None
    if rule.kind == "ExactCapacity":
        return change
    cooling = time - state.last_out < rule.cooldown_out
    base = state.base if cooling and change > 0 else state.count
    want = base + (change if rule.kind == "ChangeInCapacity" else _part(base, change, rule.least))
    return max(state.count, want) if change > 0 else want  # what was added already counts while it cools down


def _part(base: int, percent: int, least: int) -> int:
    """*percent* of *base*, rounded towards 0 but to 1 at least, and to *least*."""
    part = base * percent / 100
    size = max(1, math.floor(abs(part)), least) if part else 0
    return int(math.copysign(size, part))


@dataclass(frozen=True, slots=True)
class Hpa:
    """Its bounds, the seconds that it looks back before it goes down, and whether it may go down and up."""

    low: int
    high: int
    window: int
    scales_in: bool = True
    scales_out: bool = True


def hpa_counts(rules: tuple[Rule, ...], first: int, hpa: Hpa) -> list[int]:
    """The replicas of an HPA after each datapoint."""
    count, window = first, hpa.window
    asked: list[tuple[int, int]] = []
    found: list[int] = []
    for index in range(len(rules[0].load)):
        time = rules[0].load[index][0]
        wanted = [_hpa_wants(rule, index, count) for rule in rules]
        known = [want for want in wanted if want is not None]
        if known:
            best = max(hpa.low, min(hpa.high, max(known)))
            asked = [(when, want) for when, want in asked if time - when <= window] + [(time, best)]
            if best > count and hpa.scales_out:
                count = best
            elif best < count and hpa.scales_in and len(known) == len(wanted):
                count = min(count, max(want for _, want in asked))
        found.append(count)
    return found


def _hpa_wants(rule: Rule, index: int, count: int) -> int | None:
    value = _metric(rule, index, count)
    if value is None:
        return None
    ratio = value / rule.target
    return count if abs(ratio - 1) <= TOLERANCE else _whole(count * ratio)
