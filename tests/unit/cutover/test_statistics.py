"""Intervals against published values and against brute force; the rule of error rates, its power and its false alarms."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.cutover import statistics
from ecs2k8s.cutover.statistics import Interval, Rate, absolute, binomial_interval, compare, confirmed, newcombe, wilson
from tests.power import BAKES, COLUMNS, PERIODS, ROWS, binomial, chance_of, false_alarms, measured, tables

if TYPE_CHECKING:
    from collections.abc import Callable

# Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10, 95 %.
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]


@pytest.mark.parametrize(("counts", "expected"), PUBLISHED)
def test_the_interval_of_a_difference_is_the_published_one(
    counts: tuple[int, int, int, int], expected: tuple[float, float]
) -> None:
    found = newcombe(Rate(*counts[:2]), Rate(*counts[2:]), 0.95)
    assert (found.low, found.high) == pytest.approx(expected, abs=5.1e-5)


# The score interval holds exactly those rates whose score test does not refuse what was seen.
@pytest.mark.parametrize(("events", "requests"), [(0, 1), (0, 40), (1, 40), (7, 31), (20, 40), (39, 40), (40, 40)])
def test_the_interval_of_a_rate_is_the_set_that_the_score_test_admits(events: int, requests: int) -> None:
    found = wilson(events, requests, 0.99)
    z = 2.5758293035489004
    for step in range(1, 20_000):
        rate = step / 20_000
        score = abs(events / requests - rate) / math.sqrt(rate * (1 - rate) / requests)
        if abs(score - z) > 1e-6:
            assert (score < z) == (found.low < rate < found.high)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_a_difference_turned_round_has_the_interval_turned_round(a: int, b: int, c: int, d: int) -> None:
    one, other = Rate(min(a, b), max(a, b)), Rate(min(c, d), max(c, d))
    found, turned = newcombe(one, other), newcombe(other, one)
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))
    assert -1 <= found.low <= found.high <= 1


@pytest.mark.parametrize("trials", [1, 2, 5, 13, 40])
@pytest.mark.parametrize("chance", [Fraction(1, 100), Fraction(1, 4), Fraction(1, 2), Fraction(99, 100)])
@pytest.mark.parametrize("confidence", [Fraction(9, 10), Fraction(999, 1000)])
def test_the_binomial_interval_is_that_of_exact_sums(trials: int, chance: Fraction, confidence: Fraction) -> None:
    chances = [math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(trials + 1)]
    tail = (1 - confidence) / 2
    low = max(k for k in range(trials + 1) if sum(chances[:k]) <= tail)
    high = min(k for k in range(trials + 1) if sum(chances[k + 1 :]) <= tail)
    assert binomial_interval(trials, float(chance), float(confidence)) == (low, high)


def test_a_large_count_is_as_the_normal_distribution_has_it() -> None:
    low, high = binomial_interval(1_000_000, 0.1, 0.999)
    spread = math.sqrt(1_000_000 * 0.1 * 0.9) * 3.290527
    assert low == pytest.approx(100_000 - spread, abs=3)
    assert high == pytest.approx(100_000 + spread, abs=3)


@pytest.mark.parametrize(("share", "expected"), [(0.0, (0, 0)), (1.0, (100, 100))])
def test_no_share_and_all_of_it_leave_no_room(share: float, expected: tuple[int, int]) -> None:
    assert binomial_interval(100, share, 0.999) == expected


def test_a_share_may_be_a_point_beside_its_interval() -> None:
    low, high = binomial_interval(10_000, 0.05, 0.999)
    found = statistics.share_interval(10_000, 0.05)
    assert (found.low, found.high) == pytest.approx((low / 10_000 - 0.01, high / 10_000 + 0.01))


# --- the rule


def test_worse_for_sure_fails_and_not_worse_for_sure_passes() -> None:
    assert compare(Rate(50, 1_000), Rate(20, 20_000)).verdict == "fail"
    assert compare(Rate(5, 5_000), Rate(20, 20_000)).verdict == "pass"
    assert compare(Rate(0, 100), Rate(20, 20_000)).verdict == "inconclusive"


def test_a_rate_is_not_worse_before_a_hundred_requests() -> None:
    found = compare(Rate(9, 90), Rate(20, 20_000))
    assert (found.verdict, found.missing) == ("inconclusive", 10)
    assert compare(Rate(10, 100), Rate(20, 20_000)).verdict == "fail"
    assert absolute(Rate(30, 90)).verdict == "inconclusive"


def test_nothing_seen_is_undecided_and_no_number_is_made_up() -> None:
    for one, other in ((Rate(0, 0), Rate(20, 20_000)), (Rate(0, 500), Rate(0, 0)), (Rate(0, 0), Rate(0, 0))):
        found = compare(one, other)
        assert (found.verdict, found.missing) == ("inconclusive", None)


def test_the_number_of_missing_requests_is_the_smallest_that_decides() -> None:
    candidate, control = Rate(0, 160), Rate(16, 16_000)
    found = compare(candidate, control)
    assert found.verdict == "inconclusive"
    assert found.missing is not None
    for more, verdict in ((found.missing - 1, "inconclusive"), (found.missing, "pass")):
        factor = (160 + more) / 160
        its = statistics._newcombe((0, 160 + more), (16 * factor, 16_000 * factor), 0.99)
        assert statistics.judged(its, 0.005) == verdict


def test_no_number_of_requests_decides_a_difference_of_exactly_delta() -> None:
    assert compare(Rate(55, 10_000), Rate(5, 10_000)).missing is None


def test_a_group_of_little_traffic_passes_without_an_error_in_600_requests() -> None:
    assert absolute(Rate(0, 600)).verdict == "pass"
    assert (absolute(Rate(0, 599)).verdict, absolute(Rate(0, 599)).missing) == ("inconclusive", 1)
    assert absolute(Rate(1, 600)).verdict == "inconclusive"
    assert absolute(Rate(30, 300)).verdict == "fail"


def test_little_traffic_is_judged_by_itself() -> None:
    assert statistics.rates(Rate(0, 60), Rate(100, 100_000), seconds=900).missing == 540
    assert statistics.rates(Rate(0, 10_000), Rate(10, 10_000), seconds=900).verdict == "pass"
    assert statistics.rates(Rate(0, 600), Rate(0, 12_000), seconds=900).verdict == "pass"
    assert statistics.rates(Rate(0, 800), Rate(0, 800), seconds=900).verdict == "pass"


def test_an_error_in_little_traffic_is_compared_as_soon_as_there_is_enough() -> None:
    assert statistics.rates(Rate(1, 599), Rate(0, 12_000), seconds=900).missing is None
    assert statistics.rates(Rate(1, 800), Rate(0, 12_000), seconds=900) == compare(Rate(1, 800), Rate(0, 12_000))
    assert statistics.rates(Rate(40, 800), Rate(0, 12_000), seconds=900).verdict == "fail"


def test_one_fail_is_looked_at_again() -> None:
    assert confirmed([]) == "inconclusive"
    assert confirmed(["pass", "fail"]) == "inconclusive"
    assert confirmed(["fail", "fail"]) == "fail"
    assert confirmed(["fail", "fail", "pass"]) == "pass"


@pytest.mark.parametrize(("events", "requests"), [(-1, 10), (11, 10), (1, 0)])
def test_more_events_than_requests_are_refused(events: int, requests: int) -> None:
    with pytest.raises(ValueError, match="events of"):
        Rate(events, requests)


# --- its power: exact sums, and the same by drawing

# The table of the design (cutover.md 3.4): by requests of EKS; control 20,000 requests at 0.1 %.
DESIGN = {
    100: (0.00, 0.08, 0.33, 0.89, 0.003),
    300: (0.00, 0.09, 0.56, 1.00, 0.001),
    600: (0.00, 0.16, 0.84, 1.00, 0.000),
    1_000: (0.00, 0.21, 0.97, 1.00, 0.000),
    2_000: (0.78, 0.39, 1.00, 1.00, 0.000),
    5_000: (1.00, 0.76, 1.00, 1.00, 0.000),
    10_000: (1.00, 0.97, 1.00, 1.00, 0.000),
}


@pytest.mark.parametrize("requests", ROWS)
def test_the_power_is_what_the_design_says(requests: int) -> None:
    found = [chance_of(requests, column) for column in COLUMNS]
    assert found == pytest.approx(DESIGN[requests], abs=0.03)


@pytest.mark.long
@pytest.mark.parametrize("requests", ROWS)
def test_drawing_finds_the_exact_power(requests: int) -> None:
    chances = random.Random(requests)
    trials = 4_000
    for column in COLUMNS:
        exact, found = chance_of(requests, column), measured(requests, column, trials, chances)
        assert abs(found - exact) <= 4 * math.sqrt(max(exact * (1 - exact), 1e-4) / trials)


@pytest.mark.long
@pytest.mark.parametrize(("share", "rate"), BAKES)
def test_two_versions_that_are_the_same_are_rolled_back_in_one_bake_of_a_hundred_at_most(
    share: float, rate: float
) -> None:
    """500 bakes of 30 minutes with a look after each."""
    _, twice = false_alarms(share, rate, PERIODS, 500, random.Random(f"{share} {rate}"))
    assert twice <= 0.02  # of a true rate of 0.9 %, four standard deviations


def test_the_same_in_a_few_bakes(record_property: Callable[[str, object], None]) -> None:
    seed = random.SystemRandom().randrange(2**32)
    record_property("seed", seed)
    _, twice = false_alarms(0.05, 0.01, PERIODS, 50, random.Random(seed))
    assert twice <= 0.1, f"seed {seed}"


def test_the_docs_have_the_exact_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "statistics.md").read_text()
    assert "\n".join(tables()) in page


@given(st.integers(1, 400), st.sampled_from([0.001, 0.02, 0.5]), st.integers(0, 2**32))
def test_the_drawn_counts_are_counts(trials: int, chance: float, seed: int) -> None:
    assert 0 <= binomial(trials, chance, random.Random(seed)) <= trials


def test_the_drawn_counts_have_mean_and_spread_of_a_binomial() -> None:
    chances = random.Random(7)
    drawn = [binomial(1_000, 0.02, chances) for _ in range(4_000)]
    mean = sum(drawn) / len(drawn)
    spread = sum((each - mean) ** 2 for each in drawn) / len(drawn)
    assert mean == pytest.approx(20, abs=0.3)
    assert spread == pytest.approx(19.6, rel=0.1)


@pytest.mark.parametrize(("low", "high", "verdict"), [(0.051, 0.2, "fail"), (-0.2, 0.049, "pass"), (0.05, 0.2, "inconclusive"), (-0.2, 0.05, "inconclusive")])  # fmt: skip
def test_an_interval_that_touches_the_tolerance_is_undecided(low: float, high: float, verdict: str) -> None:
    assert statistics.judged(Interval(low, high), 0.05) == verdict
