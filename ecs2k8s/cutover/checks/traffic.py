"""T01 to T06, T17: what CloudWatch counts of both sides, over the same whole minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover import statistics
from ecs2k8s.cutover.checks.places import group_dimension
from ecs2k8s.cutover.checks.scene import PERIOD, Said, told
from ecs2k8s.cutover.run.shares import weights
from ecs2k8s.cutover.statistics import Rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecs2k8s.cutover.checks.places import Pair
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.statistics import Comparison, Judgement
    from ecs2k8s.cutover.verdicts import Result

REQUESTS, ERRORS = "RequestCount", "HTTPCode_Target_5XX_Count"
DAY = 86_400
SILENT_DAYS = 7
OF_MIX = 0.02  # by which 3xx and 4xx may differ
Minutes = dict[float, float]


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one side by minute: requests, and events of one metric."""

    requests: Minutes
    events: Minutes

    def rate(self, minutes: Iterable[float]) -> Rate:
        """An answer may be counted a minute after its request, so that only sums are compared."""
        its = list(minutes)
        requests = round(sum(self.requests.get(minute, 0) for minute in its))
        return Rate(min(requests, round(sum(self.events.get(minute, 0) for minute in its))), requests)


def minutes(scene: Scene, pair: Pair, groups: Sequence[str], metric: str, since: float | None = None) -> Minutes:
    """The sum over *groups* by minute; a minute without data is not there."""
    found: Minutes = {}
    for group in groups:
        dimensions = {"LoadBalancer": pair.balancer, "TargetGroup": group_dimension(scene.arn(group))}
        begin = scene.since if since is None else since
        for start, value in scene.series(metric, dimensions, "Sum", begin).points:
            found[start] = found.get(start, 0) + value
    return found


def counted(scene: Scene, pair: Pair, groups: Sequence[str], metric: str) -> Counted:
    return Counted(minutes(scene, pair, groups, REQUESTS), minutes(scene, pair, groups, metric))


def share(scene: Scene, step: Step) -> Result:
    """T01."""
    del step
    parts, requests = [], 0
    for pair in scene.pairs:
        eks, ecs = (sum(minutes(scene, pair, groups, REQUESTS).values()) for groups in (pair.eks, pair.ecs))
        requests += round(eks + ecs)
        parts.append(_share(pair, round(eks), round(eks + ecs), _weighed(scene, pair)))
    return told("T01", scene.plan.unit, parts, n=requests, missing="" if requests else "requests")


def _weighed(scene: Scene, pair: Pair) -> float:
    """What the weights that are live give EKS."""
    live = weights(scene.read(pair.place))
    whole = sum(live.values())
    return sum(live.get(group, 0) for group in pair.eks) / whole if whole else 0.0


def _share(pair: Pair, eks: int, requests: int, weighed: float) -> Said:
    if not requests:
        return Said("inconclusive", f"{pair.subject}: no request came")
    interval = statistics.share_interval(requests, weighed)
    fits = interval.low <= eks / requests <= interval.high
    said = f"{pair.subject}: EKS got {eks / requests:.2%} of {requests:,}, by weight {weighed:.2%}"
    return Said("pass" if fits else "fail", f"{said}, between {interval.low:.2%} and {interval.high:.2%}")


def target_errors(scene: Scene, step: Step) -> Result:
    """T02."""
    delta = scene.threshold("error-delta", statistics.DELTA)
    return _compared("T02", scene, step, {"5xx": ERRORS}, delta)


def mix(scene: Scene, step: Step) -> Result:
    """T03."""
    metrics = {"3xx": "HTTPCode_Target_3XX_Count", "4xx": "HTTPCode_Target_4XX_Count"}
    return _compared("T03", scene, step, metrics, OF_MIX)


def _compared(ident: str, scene: Scene, step: Step, metrics: Mapping[str, str], delta: float) -> Result:
    del step
    parts, requests, missing = [], 0, [0]
    for pair in scene.pairs:
        for word, metric in metrics.items():
            eks, ecs = (counted(scene, pair, groups, metric) for groups in (pair.eks, pair.ecs))
            found = [_looked(eks, ecs, until, delta) for until in (scene.until - PERIOD, scene.until)]
            verdict = statistics.confirmed([look.verdict for _, _, look in found])
            candidate, control, last = found[-1]
            requests += candidate.requests
            missing += [last.missing] if last.missing else []
            parts.append(Said(verdict, _rates(pair, word, candidate, control, last)))
    more = f"{max(missing):,} more requests" if max(missing) else ""
    return told(ident, scene.plan.unit, parts, n=requests, missing=more, threshold=delta)


def _looked(eks: Counted, ecs: Counted, until: float, delta: float) -> tuple[Rate, Rate, Comparison]:
    """At the minutes before *until* in which both sides answered, or EKS alone where ECS gets nothing any more."""
    own = [minute for minute in eks.requests if minute < until]
    both = [minute for minute in own if minute in ecs.requests]
    candidate, control = eks.rate(both or own), ecs.rate(both)
    return candidate, control, statistics.rates(candidate, control, len(both or own) * PERIOD, delta)


def _rates(pair: Pair, word: str, candidate: Rate, control: Rate, last: Comparison) -> str:
    said = f"{pair.subject}: {word} {candidate.value:.2%} of {candidate.requests:,} on EKS"
    said += f", {control.value:.2%} of {control.requests:,} on ECS" if control.requests else ""
    return f"{said}; at 99 % between {last.interval.low:+.2%} and {last.interval.high:+.2%}"


def connections(scene: Scene, step: Step) -> Result:
    """T05: a single error of a few requests is no rate, so it takes two."""
    del step
    most = scene.threshold("connection-errors", 0.001)
    parts, requests = [], 0
    for pair in scene.pairs:
        for metric in ("TargetConnectionErrorCount", "TargetTLSNegotiationErrorCount"):
            # What never reached a target is no request of it: both are counted.
            errors = round(sum(minutes(scene, pair, pair.eks, metric).values()))
            answered = round(sum(minutes(scene, pair, pair.eks, REQUESTS).values()))
            requests += answered
            parts.append(_failed(f"{pair.subject}: {metric}", errors, answered + errors, most))
    return told("T05", scene.plan.unit, parts, n=requests, threshold=most)


def _failed(what: str, errors: int, tried: int, most: float) -> Said:
    if not tried:
        return Said("inconclusive", f"{what}: nothing was sent to EKS")
    verdict: Judgement = "fail" if errors > 1 and errors / tried > most else "pass"
    return Said(verdict, f"{what}: {errors} of {tried:,}")


def balancer_errors(scene: Scene, step: Step) -> Result:
    """T06: against the same time before the share changed."""
    del step
    parts = [_balancer(scene, name) for name in dict.fromkeys(pair.balancer for pair in scene.pairs)]
    return told("T06", scene.plan.unit, parts)


ELB_ERRORS = tuple(f"HTTPCode_ELB_{code}_Count" for code in (502, 503, 504))
BASELINE = 3_600.0  # seconds before
BAD_PERIODS = 2


def _balancer(scene: Scene, name: str) -> Said:
    dimensions = {"LoadBalancer": name}
    begin = scene.since - BASELINE
    requests = dict(scene.series(REQUESTS, dimensions, "Sum", begin).points)
    errors: Minutes = {}
    for metric in ELB_ERRORS:
        for start, value in scene.series(metric, dimensions, "Sum", begin).points:
            errors[start] = errors.get(start, 0) + value
    before = [minute for minute in requests if minute < scene.since]
    # A request that the load balancer answers itself may count as none, so errors without requests are bad minutes too.
    after = sorted({minute for minute in (*requests, *errors) if minute >= scene.since})
    if not after or not any(requests.get(minute) for minute in after):
        return Said("inconclusive", f"{name}: no request came")
    usual = _part(sum(errors.get(m, 0) for m in before), sum(requests[m] for m in before))
    least = scene.threshold("elb-5xx-least", 0.01)
    limit = max(scene.threshold("elb-5xx-factor", 3.0) * usual, least)
    bad = [m for m in after if _part(errors.get(m, 0), requests.get(m, 0)) > limit]
    count = round(sum(errors.get(m, 0) for m in bad))
    enough = len(bad) >= BAD_PERIODS and count >= scene.threshold("elb-5xx-events", 20.0)
    said = f"{name}: {len(bad)} of {len(after)} minutes above {limit:.1%} errors of its own, {count} of them"
    return Said("fail" if enough else "pass", said)


def _part(events: float, requests: float) -> float:
    return events / max(events, requests) if events else 0.0


def silent(scene: Scene, step: Step) -> Result:
    """T17: each day counts only where the load balancer itself has data, else nobody measured."""
    del step
    days = round(scene.threshold("silent-days", SILENT_DAYS))
    begin = scene.until - days * DAY
    return told("T17", scene.plan.unit, _silences(scene, begin, days), threshold=days)


def _silences(scene: Scene, begin: float, days: int) -> Iterator[Said]:
    for pair in scene.pairs:
        ours = sum(minutes(scene, pair, pair.ecs, REQUESTS, begin).values())
        whole = scene.series(REQUESTS, {"LoadBalancer": pair.balancer}, "Sum", begin).points
        measured = {int((start - begin) // DAY) for start, _ in whole}
        if ours:
            yield Said("fail", f"{pair.subject}: {ours:,.0f} requests came to ECS in {days} days")
        elif len(measured) < days:
            yield Said("inconclusive", f"{pair.subject}: {len(measured)} of {days} days have data")
        else:
            yield Said("pass", f"{pair.subject}: no request came to ECS in {days} days")
