"""L09 and L12: what the probes say, as results of checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.verdicts import Result, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecs2k8s.cutover.probes.counting import Call, Compared
    from ecs2k8s.cutover.verdicts import Verdict

LINES = 50
SLOWER, PERCENT, ENOUGH = 1.3, 95, 200


def parity(found: Compared, subject: str, when: str) -> Result:
    """L09: undecided where something differed in too few calls to tell."""
    worst = [*found.regressions, *found.suspects]
    verdict: Verdict = "fail" if found.regressions else "inconclusive" if found.suspects or not found.calls else "pass"
    words = {"fail": "differ", "inconclusive": "differ in too few calls to tell", "pass": ""}
    count = len(found.regressions) or len(found.suspects)
    text = f"{count} fields {words[verdict]}" if worst else f"{found.calls} calls without a difference"
    return Result(
        "L09",
        subject,
        verdict,
        text if found.calls else "no call was made",
        n=found.calls,
        missing="more rounds" if verdict == "inconclusive" else "",
        sources=(Source("probes", when),),
        lines=tuple(each.words for each in worst[:LINES]),
    )


def speed(calls: Sequence[Call], subject: str, when: str) -> Result:
    """L12, of the same calls: they are interleaved already. A call without an answer has no time."""
    answered = [call for call in calls if _is_answered(call)]
    ecs, eks = (sorted(call.seconds[at] for call in answered) for at in (0, 2))
    if len(answered) < ENOUGH:
        text = f"{len(answered)} of {ENOUGH} calls were answered on both sides"
        lacks = f"{ENOUGH - len(answered):,} more calls"
        return Result("L12", subject, "inconclusive", text, n=len(answered), missing=lacks)
    one, other = (_percentile(values, PERCENT) for values in (ecs, eks))
    verdict: Verdict = "pass" if other <= SLOWER * one else "fail"
    text = f"95 of 100 calls take {other * 1000:.0f} ms on EKS, {one * 1000:.0f} ms on ECS"
    sources = (Source("probes", when),)
    return Result(
        "L12", subject, verdict, text, round(other, 4), round(SLOWER * one, 4), len(answered), sources=sources
    )


def _is_answered(call: Call) -> bool:
    return all(fields["status"].hash.isdigit() for fields in (call.ecs, call.eks))


def _percentile(values: Sequence[float], percent: int) -> float:
    return values[max(0, -(-len(values) * percent // 100) - 1)]
