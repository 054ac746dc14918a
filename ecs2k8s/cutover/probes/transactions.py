"""T15: what a user does, from one end to the other, three times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.probes.client import ask
from ecs2k8s.cutover.probes.fields import unpacked
from ecs2k8s.cutover.probes.running import StoppedError
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecs2k8s.cutover.probes.cases import Case, Probes, Side
    from ecs2k8s.cutover.probes.client import Answer
    from ecs2k8s.cutover.probes.running import Pace, Send
    from ecs2k8s.cutover.verdicts import Verdict

TIMES = 3
BAD_REQUEST = 400  # the first status that is no success
UNDECLARED = "no transaction is declared: a case of --probes says one with `transaction: NAME` (docs/probes.md)"


def transacted(probes: Probes, reach: Callable[[Case], Side], subject: str, pace: Pace, send: Send = ask) -> Result:
    """On EKS. All of three let it pass, none of three fails it. Raises `StoppedError` where it does not go on."""
    if not probes.transactions:
        return Result("T15", subject, "not_applicable", UNDECLARED)
    worst, lines = TIMES, []
    for name, cases in probes.transactions.items():
        tried = []
        for _ in range(TIMES):
            if not pace.goes_on():
                raise StoppedError
            tried.append(_tried(cases, lambda case: send(probes, reach(case), case, pace.timeout)))
        good = tried.count("")
        worst = min(worst, good)
        why = next((each for each in tried if each), "")
        lines.append(f"{name}: {good} of {TIMES} succeed on EKS" + (f": {why}" if why else ""))
    verdict: Verdict = "pass" if worst == TIMES else "inconclusive" if worst else "fail"
    lacking = [line for line in lines if not line.endswith("on EKS")] or lines
    text = lacking[0] + (f", and {len(lacking) - 1} more" if lacking[1:] and verdict != "pass" else "")
    number = TIMES * len(lines)
    return Result("T15", subject, verdict, text, worst, TIMES, number, lines=tuple(lines))


def _tried(cases: Iterable[Case], send: Callable[[Case], Answer]) -> str:
    """Why it failed; empty where all its steps succeed."""
    return next((f"{case.counted_by}: {why}" for case in cases if (why := _wrong(case, send(case)))), "")


def _wrong(case: Case, answer: Answer) -> str:
    """Without anything of the answer but its status."""
    if answer.failure:
        return answer.failure
    if answer.status != case.status if case.status else answer.status >= BAD_REQUEST:
        return f"{answer.status} instead of {case.status or 'a success'}"
    encoding = next((value for name, value in answer.headers if name.lower() == "content-encoding"), "")
    there = case.contains.encode() in unpacked(answer.body, encoding)
    return "" if there else "the answer does not contain what it should"
