"""How often the rule of error rates says what: exactly, by sums over all counts, and by drawing.

`python -m tests.power` prints the tables of docs/statistics.md.
"""

from __future__ import annotations

import math
import random
import sys
from functools import cache
from typing import TYPE_CHECKING, Literal

from ecs2k8s.cutover.statistics import Rate, confirmed, judged, log_chance, look, newcombe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.statistics import Judgement

CONTROL = 20_000
DELTA = 0.005
ROWS = (100, 300, 600, 1_000, 2_000, 5_000, 10_000)
Column = tuple[float, float, Literal["pass", "fail"]]  # rate of EKS, rate of ECS, the verdict that is counted
COLUMNS: tuple[Column, ...] = (
    (0.001, 0.001, "pass"),
    (0.01, 0.001, "fail"),
    (0.02, 0.001, "fail"),
    (0.05, 0.001, "fail"),
    (0.01, 0.01, "fail"),
)
TINY = 1e-9
PER_PERIOD = 600  # requests a minute, of both sides


@cache
def chances(trials: int, chance: float) -> tuple[tuple[int, float], ...]:
    """Each count with its probability, but for those that never come."""
    its = ((count, math.exp(log_chance(trials, chance, count))) for count in _around(trials, chance))
    return tuple((count, weight) for count, weight in its if weight > TINY)


def _around(trials: int, chance: float) -> range:
    mean, spread = trials * chance, math.sqrt(trials * chance * (1 - chance))
    return range(max(0, int(mean - 8 * spread)), min(trials, int(mean + 8 * spread) + 10) + 1)


@cache
def chance_of(requests: int, column: Column) -> float:
    """The probability of the verdict, by a sum over all pairs of counts."""
    eks, ecs, wanted = column
    return math.fsum(
        one * other
        for a, one in chances(requests, eks)
        for b, other in chances(CONTROL, ecs)
        if judged(newcombe(Rate(a, requests), Rate(b, CONTROL)), DELTA) == wanted
    )


def binomial(trials: int, chance: float, source: random.Random) -> int:
    """A count, drawn by the gaps between events, which are geometric."""
    count, at, scale = 0, 0, math.log1p(-chance)
    while True:
        at += int(math.log(1.0 - source.random()) / scale) + 1
        if at > trials:
            return count
        count += 1


def measured(requests: int, column: Column, trials: int, source: random.Random) -> float:
    eks, ecs, wanted = column
    pairs = ((binomial(requests, eks, source), binomial(CONTROL, ecs, source)) for _ in range(trials))
    return sum(judged(newcombe(Rate(a, requests), Rate(b, CONTROL)), DELTA) == wanted for a, b in pairs) / trials


def looks(share: float, rate: float, worse: float, periods: int, source: random.Random) -> Iterator[Judgement]:
    """A bake: 600 requests a period, of which *share* go to EKS; one look after each period, at all so far."""
    eks = ecs = Rate(0, 0)
    for _ in range(periods):
        got = binomial(PER_PERIOD, share, source)
        eks += Rate(binomial(got, worse, source), got)
        ecs += Rate(binomial(PER_PERIOD - got, rate, source), PER_PERIOD - got)
        yield look(eks, ecs, DELTA)


def bake(share: float, rate: float, worse: float, periods: int, source: random.Random) -> tuple[bool, bool]:
    """Whether any look of a bake failed, and whether two in a row did."""
    seen = list(looks(share, rate, worse, periods, source))
    twice = any(confirmed(seen[: at + 1]) == "fail" for at in range(len(seen)))
    return "fail" in seen, twice


def false_alarms(share: float, rate: float, periods: int, trials: int, source: random.Random) -> tuple[float, float]:
    """How often a bake of two identical versions fails, by any one look and by two in a row."""
    found = [bake(share, rate, rate, periods, source) for _ in range(trials)]
    return sum(once for once, _ in found) / trials, sum(twice for _, twice in found) / trials


def tables() -> Iterator[str]:
    yield "| Requests of EKS | both 0.1 %: pass | 1 %: fail | 2 %: fail | 5 %: fail | both 1 %: fail |"
    yield "|--:|--:|--:|--:|--:|--:|"
    for requests in ROWS:
        yield f"| {requests:,} | {' | '.join(f'{chance_of(requests, column):.3f}' for column in COLUMNS)} |"


BAKES = tuple((share, rate) for share in (0.01, 0.05, 0.1, 0.5) for rate in (0.001, 0.01, 0.03))
PERIODS, TRIALS = 30, 2_000


def alarm_table(source: random.Random) -> Iterator[str]:
    yield "| Share of EKS | errors of both | any look fails | two in a row |"
    yield "|--:|--:|--:|--:|"
    for share, rate in BAKES:
        once, twice = false_alarms(share, rate, PERIODS, TRIALS, source)
        yield f"| {share:.0%} | {rate:.1%} | {once:.2%} | {twice:.2%} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*tables(), "", *alarm_table(random.Random(1)), ""]))
