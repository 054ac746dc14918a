"""What numbers of requests can say: rates that differ, a share that fits its weight, and how many requests are missing.

Two rates are compared over the same minutes, never before and after: the time of day would be in the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Judgement = Literal["pass", "fail", "inconclusive"]

CONFIDENCE = 0.99  # of the interval of a difference
DELTA = 0.005  # by which a rate may be worse
SHARE_CONFIDENCE, SHARE_SLACK = 0.999, 0.01
ABSOLUTE_LEAST = 600  # requests without an error that let a group of little traffic pass
LOW_TRAFFIC = 1.0  # requests a second below which a group is judged by itself
FAIL_LEAST = 100  # requests below which no rate is said to be worse: one error of a few is no rate
FAILS_IN_A_ROW = 2
MOST_REQUESTS = 100_000_000  # above which no number of requests is said to decide


@dataclass(frozen=True, slots=True)
class Rate:
    """So many *events* of so many *requests*."""

    events: int
    requests: int

    def __post_init__(self) -> None:
        if not 0 <= self.events <= self.requests:
            raise ValueError(f"{self.events} events of {self.requests} requests")

    @property
    def value(self) -> float:
        return self.events / self.requests if self.requests else 0.0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.events + other.events, self.requests + other.requests)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`missing`: requests of the candidate that a verdict still needs if the rates stay; None: no number would do."""

    verdict: Judgement
    interval: Interval
    missing: int | None = 0


@cache
def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(events: float, requests: float, confidence: float) -> Interval:
    """The score interval of one proportion (Wilson 1927); everything is possible where nothing was seen."""
    if not requests:
        return Interval(0.0, 1.0)
    z, rate = _z(confidence), events / requests
    scale = 1 + z * z / requests
    middle = (rate + z * z / (2 * requests)) / scale
    half = z * math.sqrt(rate * (1 - rate) / requests + z * z / (4 * requests * requests)) / scale
    low = 0.0 if events == 0 else max(0.0, middle - half)
    return Interval(low, 1.0 if events == requests else min(1.0, middle + half))


def newcombe(one: Rate, other: Rate, confidence: float = CONFIDENCE) -> Interval:
    """Of the difference *one* minus *other*: method 10 of Newcombe, Statistics in Medicine 17 (1998), 873-890."""
    return _newcombe((one.events, one.requests), (other.events, other.requests), confidence)


def _newcombe(one: tuple[float, float], other: tuple[float, float], confidence: float) -> Interval:
    if not one[1] or not other[1]:
        return Interval(-1.0, 1.0)
    a, b = wilson(*one, confidence), wilson(*other, confidence)
    p, q = one[0] / one[1], other[0] / other[1]
    low = p - q - math.hypot(p - a.low, b.high - q)
    return Interval(max(-1.0, low), min(1.0, p - q + math.hypot(a.high - p, q - b.low)))


def compare(candidate: Rate, control: Rate, delta: float = DELTA, confidence: float = CONFIDENCE) -> Comparison:
    """Whether *candidate* is worse than *control* by more than *delta*: three ways, and what a verdict still needs."""
    interval = newcombe(candidate, control, confidence)
    verdict = judged(interval, delta)
    if _too_few(verdict, candidate):
        return Comparison("inconclusive", interval, FAIL_LEAST - candidate.requests)
    missing = 0 if verdict != "inconclusive" else _missing(candidate, control, delta, confidence)
    return Comparison(verdict, interval, missing)


def look(candidate: Rate, control: Rate, delta: float = DELTA, confidence: float = CONFIDENCE) -> Judgement:
    """The verdict of `compare` alone."""
    verdict = judged(newcombe(candidate, control, confidence), delta)
    return "inconclusive" if _too_few(verdict, candidate) else verdict


def _too_few(verdict: Judgement, candidate: Rate) -> bool:
    return verdict == "fail" and candidate.requests < FAIL_LEAST


def judged(interval: Interval, delta: float) -> Judgement:
    """Worse for sure, not worse for sure, or neither."""
    if interval.low > delta:
        return "fail"
    return "pass" if interval.high < delta else "inconclusive"


def _missing(candidate: Rate, control: Rate, delta: float, confidence: float) -> int | None:
    """How many more requests of *candidate* decide, if both rates stay and both sides grow alike."""
    if not candidate.requests or not control.requests:
        return None

    def decides(requests: int) -> bool:
        factor = requests / candidate.requests
        one, other = ((rate.events * factor, rate.requests * factor) for rate in (candidate, control))
        return judged(_newcombe(one, other, confidence), delta) != "inconclusive"

    low, high = candidate.requests, candidate.requests
    while not decides(high):
        if high > MOST_REQUESTS:
            return None
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high - candidate.requests


def absolute(candidate: Rate, delta: float = DELTA, confidence: float = CONFIDENCE) -> Comparison:
    """For a group of little traffic, which no control has enough of: no error in 600 requests, or clearly too many.

    With no error in n requests the rate is below 3/n with 95 % confidence.
    """
    interval = wilson(candidate.events, candidate.requests, confidence)
    if interval.low > delta and candidate.requests >= FAIL_LEAST:
        return Comparison("fail", interval)
    if candidate.events:
        return Comparison("inconclusive", interval, None)
    missing = max(0, ABSOLUTE_LEAST - candidate.requests)
    return Comparison("inconclusive" if missing else "pass", interval, missing)


def rates(candidate: Rate, control: Rate, seconds: float, delta: float = DELTA) -> Comparison:
    """By difference where both sides have traffic; the candidate by itself where either has little.

    Once it has answered enough and with errors, only the difference can tell whose they are.
    """
    if min(candidate.requests, control.requests) < LOW_TRAFFIC * seconds:
        alone = absolute(candidate, delta)
        if alone.verdict == "pass" or candidate.requests < ABSOLUTE_LEAST:
            return alone
    return compare(candidate, control, delta)


def confirmed(looks: Sequence[Judgement]) -> Judgement:
    """The verdict of repeated looks, the last one last: `fail` when it was said twice in a row.

    Each look at growing numbers is another chance to be wrong; docs/statistics.md has what was measured.
    """
    last = looks[-1] if looks else "inconclusive"
    if last != "fail":
        return last
    return "fail" if list(looks[-FAILS_IN_A_ROW:]) == ["fail"] * FAILS_IN_A_ROW else "inconclusive"


def share_interval(
    requests: int, share: float, confidence: float = SHARE_CONFIDENCE, slack: float = SHARE_SLACK
) -> Interval:
    """Where the measured share lies if each of *requests* was sent by *share*, a point more to either side."""
    low, high = binomial_interval(requests, share, confidence)
    return Interval(max(0.0, low / requests - slack), min(1.0, high / requests + slack))


def binomial_interval(trials: int, chance: float, confidence: float) -> tuple[int, int]:
    """The quantiles between which a binomial count lies, with at most half of the rest beyond either."""
    tail = (1 - confidence) / 2
    low = _quantile(trials, chance, tail)
    return low, trials - _quantile(trials, 1 - chance, tail)


def _quantile(trials: int, chance: float, tail: float) -> int:
    """The largest count below which no more than *tail* of the probability lies."""
    if chance <= 0 or chance >= 1:
        return round(trials * chance)
    mean, spread = trials * chance, math.sqrt(trials * chance * (1 - chance))
    first = max(0, math.floor(mean - 12 * spread - 12))  # what is below is less than any tail that is asked for
    below, count = 0.0, first
    while count < trials:
        below += math.exp(log_chance(trials, chance, count))
        if below > tail:
            break
        count += 1
    return count


def log_chance(trials: int, chance: float, count: int) -> float:
    """The logarithm of the probability of *count* in *trials*, for a chance that is neither 0 nor 1."""
    ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
    return ways + count * math.log(chance) + (trials - count) * math.log1p(-chance)


def total(counted: Iterable[Rate]) -> Rate:
    return sum(counted, Rate(0, 0))
