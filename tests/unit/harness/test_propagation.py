from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.harness.propagation import Known


def test_what_is_first_seen_is_known_at_once_and_a_change_later() -> None:
    known = Known(Random(1))
    known.told({"a": 1}, 0, 60)
    known.told({"a": 2}, 10, 60)
    assert known.values == {"a": 1}
    assert known.learn(70) == {"a"}
    assert known.values == {"a": 2}


def test_what_is_gone_is_forgotten() -> None:
    known = Known(Random(1))
    known.told({"a": 1}, 0, 60)
    known.told({}, 1, 60)
    assert (known.values, known.due) == ({}, {})


@given(st.integers(), st.lists(st.floats(0.1, 30), min_size=1, max_size=20))
def test_an_older_value_never_comes_back_and_a_minute_later_the_last_one_is_known(seed: int, gaps: list[float]) -> None:
    known, now, seen = Known(Random(seed)), 0.0, [0]
    known.told({"a": 0}, now, 60)
    for number, gap in enumerate(gaps, 1):
        now += gap
        known.told({"a": number}, now, 60)
        known.learn(now)
        seen.append(known.values["a"])
    known.learn(now + 60)
    assert seen == sorted(seen)
    assert known.values["a"] == len(gaps)
