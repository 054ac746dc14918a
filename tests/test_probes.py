"""Probes against real servers: what must be found, what must be ignored, and nothing of a body is kept."""

from __future__ import annotations

import dataclasses
import json
import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover.probes.cases import FORMAT, RULES, Array, Case, Probes, Rule, Side, read_probes, read_rules
from ecs2k8s.cutover.probes.client import Answer, ask
from ecs2k8s.cutover.probes.counting import compared, proposed
from ecs2k8s.cutover.probes.fields import shape_of, sized, unpacked
from ecs2k8s.cutover.probes.odds import tail, unlikely
from ecs2k8s.cutover.probes.running import Drawn, Pace, calls
from ecs2k8s.cutover.probes.verdict import parity, speed
from tests.answering import ECS, EKS, FIND, IGNORE, KINDS, SLOW, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.cutover.probes.counting import Call, Compared

BASE = "http://shop.test"
ARRAYS = {"rows": Array(key="id"), "values": Array()}
ROUNDS = 14  # enough that a flapping answer differs often


class Time:
    """The real one."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def probes(ecs: str, eks: str, cases: tuple[Case, ...], **more: Any) -> Probes:
    return Probes(FORMAT, BASE, cases, Side(ecs), Side(eks, {"X-Test": "secret"}), arrays=ARRAYS, **more)


@pytest.fixture(scope="module")
def probed() -> Iterator[tuple[list[Call], Compared, list[Any]]]:
    """All kinds of differences at once, each a route of its own."""
    with serving() as (ecs, eks, seen):
        cases = tuple(Case(f"/{name}") for name in KINDS)
        pace = Pace(ROUNDS, rate=5_000, at_once=16, timeout=SLOW / 3)
        found = calls(probes(ecs, eks, cases), pace, Time, Drawn(3, b"k"))
        yield found, compared(found), seen


@pytest.mark.parametrize("name", sorted(FIND))
def test_it_is_found(probed: tuple[list[Call], Compared, list[Any]], name: str) -> None:
    found = [each.path for each in probed[1].regressions if each.route == f"GET /{name}"]
    assert FIND[name][1] in found


@pytest.mark.parametrize("name", sorted(IGNORE))
def test_it_is_ignored(probed: tuple[list[Call], Compared, list[Any]], name: str) -> None:
    assert [each for each in probed[1].regressions if each.route == f"GET /{name}"] == []


def test_the_same_is_no_suspect_either(probed: tuple[list[Call], Compared, list[Any]]) -> None:
    quiet = {f"GET /{name}" for name in IGNORE} - {"GET /both-flap"}
    assert [each for each in probed[1].suspects if each.route in quiet] == []


def test_nothing_of_an_answer_is_kept_but_hashes_and_shapes(
    probed: tuple[list[Call], Compared, list[Any]],
) -> None:
    found, whole, _ = probed
    text = repr([dataclasses.asdict(whole), [(call.ecs, call.again, call.eks) for call in found]])
    for value in ("Ann", "Zürich", "DENY", "pod.internal", "Hello", "12.5", "secret"):
        assert value not in text
    assert "Ann" in repr(KINDS["same"](ECS))


def test_hashes_of_two_runs_say_nothing_of_each_other() -> None:
    answer = Answer(200, (("Content-Type", "application/json"),), b'{"a": "x"}')
    case = (Case("/a"),)
    one, other = (
        calls(probes("", "", case), Pace(1, 1e6, 1), Time, Drawn(1, key), lambda *_: answer)[0].ecs["json.a"]
        for key in (b"1", b"2")
    )
    assert one.hash != other.hash
    assert one.shape == other.shape == "text, 1 characters"


def test_both_sides_get_the_same_request_but_for_the_test_header(
    probed: tuple[list[Call], Compared, list[Any]],
) -> None:
    by_side: dict[str, set[str]] = {ECS: set(), EKS: set()}
    for side, method, path, headers in probed[2]:
        assert headers["Host"] == "shop.test"
        assert headers["X-Ecs2k8s-Probe"] == "1"
        assert headers["User-Agent"].startswith("ecs2k8s/")
        assert ("X-Test" in headers) == (side == EKS)
        by_side[side].add(f"{method} {path} {sorted(headers.items() - {('X-Test', 'secret')})}")
    assert by_side[ECS] == by_side[EKS]


def test_the_order_is_drawn_and_a_seed_repeats_it() -> None:
    orders = []
    for seed in (1, 1, 2):
        seen: list[tuple[str, str]] = []

        def send(_: Probes, side: Side, case: Case, __: float, seen: list[tuple[str, str]] = seen) -> Answer:
            seen.append((side.connect, case.path))
            return Answer(200)

        cases = tuple(Case(f"/{at}") for at in range(6))
        calls(probes("ecs", "eks", cases), Pace(2, 1e6, 1), Time, Drawn(seed, b"k"), send)
        orders.append(seen)
    assert orders[0] == orders[1] != orders[2]
    firsts = {side for side, _ in orders[0][::3]}
    assert firsts == {"ecs", "eks"}


def test_calls_are_no_faster_than_allowed() -> None:
    class Slow:
        at = 0.0
        slept: list[float] = []  # noqa: RUF012

        def now(self) -> float:
            return self.at

        def monotonic(self) -> float:
            return self.at

        def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            self.at += seconds

    clock = Slow()
    calls(probes("", "", (Case("/a"),)), Pace(10, rate=2.0, at_once=1), clock, Drawn(1, b"k"), lambda *_: Answer(200))
    assert clock.at == pytest.approx(29 / 2)  # thirty calls, the first at once


def test_a_rule_that_somebody_reviewed_takes_a_difference_out_but_never_a_status(
    probed: tuple[list[Call], Compared, list[Any]],
) -> None:
    from datetime import date

    def left(path: str, route: str = "*") -> set[tuple[str, str]]:
        rules = [Rule(path, "because", date(2030, 1, 1), route)]
        return {(each.route, each.path) for each in compared(probed[0], rules).regressions}

    assert ("GET /list-order", "json.tags[]") not in left("json.tags[]")
    assert ("GET /list-order", "json.tags[]") in left("json.tags[]", "GET /other")
    assert ("GET /status-500", "status") in left("*")


def test_what_ecs_does_by_itself_is_proposed_for_review(
    probed: tuple[list[Call], Compared, list[Any]], tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(proposed(probed[1]))
    assert "json.at" in file.read_text()
    with pytest.raises(UsageError, match="expires"):  # nobody finished it
        read_rules(file, 0)
    reviewed = file.read_text().replace("expires:", "expires: 2030-01-01")
    file.write_text(reviewed)
    with pytest.raises(UsageError, match=r"ignore\[0\]: needs a reason"):
        read_rules(file, 0)
    file.write_text(reviewed.replace('reason: ""', 'reason: "A time stamp."'))
    assert any(rule.path == "json.at" for rule in read_rules(file, 0))
    assert read_rules(file, 2_000_000_000) == ()  # 2033: expired


def test_a_request_that_cannot_be_answered_has_a_word_and_no_text() -> None:
    with serving() as (ecs, _, _seen):
        gone = probes("127.0.0.1:1", "", (Case("/same"),))
        assert ask(gone, gone.ecs, gone.cases[0], 1).failure == "connection refused"
        cut = probes(ecs, "", (Case("/same", method="HEAD"),))
        assert ask(cut, cut.ecs, cut.cases[0], 1).status == 200


def test_parity_is_three_ways() -> None:
    def run(statuses: list[int], rounds: int = 4) -> str:
        left = iter(statuses)

        def send(_: Probes, side: Side, __: Case, ___: float) -> Answer:
            return Answer(next(left) if side.connect == "eks" else 200)

        found = calls(probes("ecs", "eks", (Case("/a"),)), Pace(rounds, 1e6, 1), Time, Drawn(1, b"k"), send)
        return parity(compared(found), "web", "").verdict

    assert run([200, 200, 200, 200]) == "pass"
    assert run([500, 200, 200, 200]) == "inconclusive"
    assert run([500, 500, 200, 200]) == "fail"
    assert parity(compared([]), "web", "").verdict == "inconclusive"


def test_latency_is_judged_on_two_hundred_calls() -> None:
    def run(rounds: int, eks: float) -> str:
        def send(_: Probes, side: Side, __: Case, ___: float) -> Answer:
            return Answer(200, seconds=eks if side.connect == "eks" else 0.1)

        found = calls(probes("ecs", "eks", (Case("/a"),)), Pace(rounds, 1e6, 1), Time, Drawn(1, b"k"), send)
        return speed(found, "web", "").verdict

    assert (run(199, 0.1), run(200, 0.13), run(200, 0.14)) == ("inconclusive", "pass", "fail")


# --- two versions that are the same


def noisy(chances: random.Random, failing: float) -> Any:
    """An answer with fields that change always, often and seldom, as real ones do."""
    seldom = {f"s{at}": chances.random() < 0.02 for at in range(5)}
    often = {f"o{at}": chances.random() < 0.3 for at in range(3)}
    body = {"id": chances.random(), "list": chances.sample(range(4), 4), "fixed": 7, **seldom, **often}
    status = 500 if chances.random() < failing else 200
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(body).encode(), 0.1)


def same_versions(runs: int, seed: int, failing: float = 0.002) -> dict[str, int]:
    """How often probes of ten routes in five rounds say what of two versions that are the same."""
    found = {"pass": 0, "fail": 0, "inconclusive": 0}
    cases = tuple(Case(f"/{at}") for at in range(10))
    for run in range(runs):
        chances = random.Random(f"{seed} {run}")
        its = calls(
            probes("", "", cases), Pace(5, 1e9, 1), Time, Drawn(run, b"k"), lambda *_, c=chances: noisy(c, failing)
        )
        found[parity(compared(its), "web", "").verdict] += 1
    return found


def test_two_versions_that_are_the_same_seldom_fail() -> None:
    seed = random.SystemRandom().randrange(2**32)
    assert same_versions(20, seed)["fail"] <= 2, f"seed {seed}"


@pytest.mark.long
@pytest.mark.parametrize(("failing", "undecided"), [(0.0, 25), (0.002, 75)])
def test_of_five_hundred_runs_of_the_same_version_few_fail_or_are_undecided(failing: float, undecided: int) -> None:
    """One answer in 500 that fails leaves one run in ten undecided: a failure of EKS alone is looked at again."""
    found = same_versions(500, 1, failing)
    assert found["fail"] <= 5, found
    assert found["inconclusive"] <= undecided, found


# --- the files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cases: [{path: x}]", r"cases\[0\].path: 'x' does not begin with /"),
        ("cases: [{path: /a, method: POST}]", "POST may change something"),
        ("cases: [{path: /a, method: get}]", "is no method in capitals"),
        ("cases: []", "cases: there is none"),
        ("cases: [{path: /a, headers: {Host: b}}]", "Host is that of `base`"),
        ('cases: [{path: /a, headers: {A: "b\\r\\nC: d"}}]', "is no header of one line"),
        ("cases: [{path: /a, headers: {A: '${NOT_THERE}'}}]", "the environment has no NOT_THERE"),
        ("cases: [{path: /a, headers: {A: '${TWO_LINES}'}}]", "TWO_LINES is more than one line"),
        ("cases: [{path: /a, verb: GET}]", "unknown field `verb`"),
        ("cases: [{path: 1}]", "Expected `str`, got `int`"),
        ("cases: {", "line"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(f"format: {FORMAT}\nbase: https://shop.example.com\n{text}\n")
    with pytest.raises(UsageError, match=said) as raised:
        read_probes(file, {"TWO_LINES": "a\nb"})
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "base", ["shop.example.com", "ftp://shop.example.com", "https://shop.example.com/app", "https://"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, base: str) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(f"format: {FORMAT}\nbase: '{base}'\ncases: [{{path: /}}]\n")
    with pytest.raises(UsageError, match=r"base: .* is no address"):
        read_probes(file, {})


def test_credentials_come_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "probes.json"
    its = {
        "format": FORMAT,
        "base": "https://shop.example.com",
        "cases": [{"path": "/a", "headers": {"Authorization": "Bearer ${TOKEN}"}}],
    }
    file.write_text(json.dumps(its))
    assert read_probes(file, {"TOKEN": "t"}).cases[0].headers == {"Authorization": "Bearer t"}


def test_a_post_that_somebody_declared_harmless_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "probes.yaml"
    file.write_text(f"format: {FORMAT}\nbase: https://a.test\ncases: [{{path: /s, method: POST, idempotent: true}}]\n")
    assert read_probes(file, {}).cases[0].method == "POST"


def test_a_file_of_rules_of_another_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("format: other\nignore: []\n")
    with pytest.raises(UsageError, match=f"is not '{RULES}'"):
        read_rules(file, 0)
    with pytest.raises(UsageError, match="No such file"):
        read_rules(tmp_path / "none.yaml", 0)


@pytest.mark.parametrize(
    ("value", "shape"),
    [(None, "null"), (True, "true"), (3, "whole number"), (0.5, "number"), ("", "text, 0 characters"),
     ("2026-01-02T03:04:05Z", "time"), ("abc", "text, 3-4 characters"), ("x" * 33, "text, 33-64 characters")],
)  # fmt: skip
def test_a_shape_tells_nothing_of_the_value(value: Any, shape: str) -> None:
    assert shape_of(value) == shape


def test_every_size_is_in_its_class() -> None:
    for number in range(3, 300):
        low, _, high = sized(number).partition("-")
        assert int(low) <= number <= int(high) < 2 * int(low)


def test_a_packed_bomb_is_cut_off_and_garbage_is_compared_as_it_is() -> None:
    import zlib

    bomb = zlib.compress(b"0" * (80 * 1024 * 1024), 9)
    assert len(unpacked(bomb, "deflate")) == 64 * 1024 * 1024
    assert unpacked(b"no gzip", "gzip") == b"no gzip"


# --- how likely chance is


def test_the_chance_is_that_of_counting_all_draws() -> None:
    from itertools import combinations

    for whole, odd, drawn in ((6, 2, 2), (7, 3, 2), (9, 4, 3)):
        draws = list(combinations(range(whole), drawn))
        for found in range(drawn + 1):
            counted = sum(sum(each < odd for each in draw) >= found for draw in draws) / len(draws)
            assert tail(odd, drawn, whole, found) == pytest.approx(counted)


def test_of_many_chances_only_as_many_are_unlikely_as_their_number_allows() -> None:
    chances = {("r", str(at)): 0.004 for at in range(10)}
    assert len(list(unlikely(chances, 0.01))) == 10
    assert list(unlikely({("r", "a"): 0.004} | {("r", str(at)): 0.5 for at in range(9)}, 0.01)) == []
    assert list(unlikely({}, 0.01)) == []
