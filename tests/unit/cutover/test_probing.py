"""Within a run: probes through the test rule of a real load balancer, transactions, and the drill of going back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from ecs2k8s.core.checks import checks
from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.checks.probing import PROBED, Prober
from ecs2k8s.cutover.checks.reaching import reach
from ecs2k8s.cutover.checks.scene import LacksError
from ecs2k8s.cutover.journal.events import Intent, Observed, RunStart, Verdict
from ecs2k8s.cutover.journal.lines import Head, Line
from ecs2k8s.cutover.plan import Move, Plan, Request, Step, Thing
from ecs2k8s.cutover.probes.cases import FORMAT, Case, Probes, Side
from ecs2k8s.cutover.probes.client import Answer
from ecs2k8s.cutover.things.later import TEST_HEADER
from ecs2k8s.cutover.verdicts import Result
from tests.harness.clock import run
from tests.harness.control_plane import LISTENER, forward, header_is, path_is, rule
from tests.harness.scene import NEW, OLD, scene
from tests.harness.server import Answer as Served
from tests.harness.server import Asked, Behaviour
from tests.watched import MINUTE, NEW_GROUP, NOW, OLD_GROUP, RULE, World, healthy, plan
from tests.watched import scene as watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.journal.events import AnyEvent

VALUE = "5f0c3d2e9a7b4c61"
STEP = Step("dark", "check.dark", "P4", "dark", "", "")
BASE = "http://shop.test"
NOWHERE = Side()


def with_rules(*priorities: int, listener: str = LISTENER) -> Plan:
    moves = tuple(
        Move(
            Thing("elbv2.test-rule", f"{listener}#shop-{number}"),
            None,
            {"Priority": str(number), "Tags": {}},
            Request("elbv2.CreateRule"),
            "",
        )
        for number in priorities
    )
    made = plan()
    return structs.replace(made, steps=(*made.steps, Step("test-rule", "elb.rule", "P4", "", "", "", moves=moves)))


def answering(*rules: Mapping[str, Any], port: int = 80) -> World:
    world = healthy()
    world.answers["elbv2.DescribeListeners"] = {"Listeners": [{"ListenerArn": LISTENER, "Port": port}]}
    world.answers["elbv2.DescribeRules"] = {"Rules": list(rules)}
    return world


def its_rule(priority: int, value: str, *conditions: Any) -> dict[str, Any]:
    return rule(priority, [*conditions, header_is(TEST_HEADER, value)], [])


def probes(*cases: Case, ecs: Side = NOWHERE, eks: Side = NOWHERE) -> Probes:
    return Probes(FORMAT, BASE, cases, ecs, eks)


def test_what_probes_decide_is_what_the_table_says() -> None:
    assert {checks()[ident].origin for ident in PROBED} == {"world"}


# --- how EKS is reached


def test_each_case_has_the_value_of_the_rule_that_it_meets() -> None:
    shop = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.TEST"]}}
    other = {"Field": "host-header", "HostHeaderConfig": {"Values": ["other.test"]}}
    world = answering(
        its_rule(3, "other", other),
        its_rule(5, "api", path_is("/api/*"), shop),
        its_rule(9, "rest", path_is("/?", "/*")),
    )
    find = reach(watched(world, with_rules(3, 5, 9)), probes(Case("/")))
    found = [find(Case(path)).headers[TEST_HEADER] for path in ("/api/a?b=/c", "/", "/apis")]
    assert found == ["api", "rest", "rest"]


@pytest.mark.parametrize(
    ("world", "priorities", "eks"),
    [
        (answering(), (5,), Side()),  # nobody made it
        (answering(its_rule(5, VALUE)), (), Side()),  # it is no rule of this plan
        (answering(rule(5, [path_is("/*")], [])), (5,), Side()),  # a rule of somebody else
        (answering(its_rule(5, VALUE), port=443), (5,), Side()),
        (answering(its_rule(5, VALUE)), (5,), Side(headers={TEST_HEADER.lower(): "old"})),
    ],
)
def test_probes_that_would_reach_ecs_twice_are_not_sent(world: World, priorities: tuple[int, ...], eks: Side) -> None:
    with pytest.raises(LacksError):
        reach(watched(world, with_rules(*priorities)), probes(Case("/"), eks=eks))


def test_a_path_that_no_test_rule_answers_is_not_sent() -> None:
    its = watched(answering(its_rule(5, VALUE, path_is("/api/*"))), with_rules(5))
    with pytest.raises(LacksError, match="that /web meets"):
        reach(its, probes(Case("/web")))(Case("/web"))


def test_the_file_may_say_how_eks_is_reached() -> None:
    for eks in (Side("10.0.0.7:443"), Side(headers={"X-Shop": "eks"})):
        assert reach(watched(healthy()), probes(Case("/"), eks=eks))(Case("/")) == eks


# --- through a real load balancer


def reply(**changes: Any) -> Behaviour:
    def answer(asked: Asked) -> Served:
        if asked.path == "/order" and "order" in changes:
            return Served(changes["order"])
        return Served(body=b'{"total": %d}' % changes.get("total", 7), after=changes.get("after", 0.0))

    return Behaviour("either", reply=answer)


def probed(eks: Behaviour, *idents: str, cases: tuple[Case, ...]) -> dict[str, Result]:
    """ECS has all the weight; only the header leads to EKS."""

    async def whole() -> dict[str, Result]:
        async with scene() as at, asyncio.timeout(60):
            await at.serve(OLD, reply())
            await at.serve(NEW, eks)
            made = rule(5, [header_is(TEST_HEADER, VALUE)], forward((NEW, 1)))
            at.table.listen(forward((OLD, 1)), made)
            await at.healthy(OLD, 1)
            await at.healthy(NEW, 1)
            there = Side(":".join(map(str, at.balancer.at(LISTENER)[0])))
            its = watched(answering(made), structs.replace(with_rules(5), thresholds={"probe-rate": 5_000.0}))
            judges = Judges(its, prober=Prober(probes(*cases, ecs=there, eks=there)))
            return {ident: await asyncio.to_thread(judges.judge, ident, STEP) for ident in idents}

    return run(whole())


COMPARED = tuple(Case(f"/{at}") for at in range(20))


def test_what_is_the_same_behind_the_test_rule_passes_and_what_differs_fails() -> None:
    same = probed(reply(), "L09", "L12", cases=COMPARED)
    assert (same["L09"].verdict, same["L09"].n) == ("pass", 200)
    assert same["L12"].n == 200
    other = probed(reply(total=8), "L09", cases=COMPARED)["L09"]
    assert (other.verdict, "json.total" in other.lines[0]) == ("fail", True)
    assert VALUE not in repr(same) + repr(other)


def test_slow_pods_are_seen_in_the_calls_that_were_made_for_parity() -> None:
    found = probed(reply(after=0.03), "L09", "L12", cases=COMPARED)
    assert (found["L09"].verdict, found["L12"].verdict) == ("pass", "fail")


ORDER = (Case("/basket", transaction="buy"), Case("/order", "POST /order", "POST", idempotent=True, transaction="buy"))


@pytest.mark.parametrize(
    ("status", "changes", "verdict", "said"),
    [
        (0, {}, "pass", "buy: 3 of 3 succeed on EKS"),
        (0, {"order": 503}, "fail", "0 of 3 succeed on EKS: POST /order: 503 instead of a success"),
        (201, {"order": 201}, "pass", "3 of 3"),
        (201, {"order": 200}, "fail", "200 instead of 201"),
    ],
)
def test_a_transaction_succeeds_on_eks_or_not(status: int, changes: dict[str, Any], verdict: str, said: str) -> None:
    cases = (ORDER[0], structs.replace(ORDER[1], status=status))
    found = probed(reply(**changes), "T15", cases=cases)["T15"]
    assert (found.verdict, found.threshold, said in found.text) == (verdict, 3, True)


# --- transactions, one answer at a time


@dataclass
class Sent:
    answers: list[Answer]
    asked: list[str] = field(default_factory=list)

    def __call__(self, _: Probes, __: Side, case: Case, ___: float) -> Answer:
        self.asked.append(case.path)
        return self.answers.pop(0) if self.answers else Answer(200, body=b"thank you")


def tried(answers: list[Answer], *cases: Case) -> tuple[Result, Sent]:
    send = Sent(answers)
    prober = Prober(probes(*cases, eks=Side("10.0.0.7:80")), send=send)
    return Judges(watched(healthy()), prober=prober).judge("T15", STEP), send


@pytest.mark.parametrize(("bad", "verdict", "value"), [(0, "pass", 3), (1, "inconclusive", 2), (3, "fail", 0)])
def test_three_of_three_pass_and_none_of_three_fails(bad: int, verdict: str, value: int) -> None:
    found, _ = tried([Answer(500)] * bad, Case("/", transaction="buy"))
    assert (found.verdict, found.value) == (verdict, value)


def test_steps_of_a_transaction_follow_each_other_and_end_where_one_fails() -> None:
    found, send = tried([Answer(0, failure="timed out")], *ORDER)
    assert send.asked == ["/basket", *["/basket", "/order"] * 2]
    assert "GET /basket: timed out" in found.text


def test_a_success_says_what_it_should() -> None:
    case = Case("/", transaction="buy", contains="thank you")
    assert tried([], case)[0].verdict == "pass"
    found, _ = tried([Answer(200, body=b"secret words")] * 3, case)
    assert (found.verdict, "secret words" in repr(found)) == ("fail", False)


def test_without_a_transaction_it_is_said_how_to_declare_one() -> None:
    found, _ = tried([], Case("/"))
    assert (found.verdict, "transaction: NAME" in found.text) == ("not_applicable", True)
    assert Judges(watched(healthy())).judge("T15", STEP) == found


def test_without_probes_nothing_is_compared_and_nothing_passes() -> None:
    for ident in ("L09", "L12"):
        found = Judges(watched(healthy())).judge(ident, STEP)
        assert (found.verdict, found.missing) == ("inconclusive", "--probes")
        only = Prober(probes(Case("/", transaction="buy"), eks=Side("10.0.0.7:80")))
        assert Judges(watched(healthy()), prober=only).judge(ident, STEP).verdict == "inconclusive"


def test_a_run_that_somebody_needs_sends_no_more() -> None:
    left = iter([True])
    cases = (Case("/", transaction="buy"), *COMPARED)
    prober = Prober(probes(*cases, eks=Side("10.0.0.7:80")), (), lambda: next(left, False), Sent([]))
    found = Judges(watched(healthy()), prober=prober).judge("T15", STEP)
    assert (found.verdict, found.text) == ("inconclusive", "was interrupted")


def test_whoever_resumes_without_the_probes_of_the_run_has_nothing_passed() -> None:
    earlier = Result("T15", "web", "pass", n=3)
    its = watched(healthy(), lines=lambda: lines((0, Verdict(step="bake", check=earlier))))
    assert Judges(its).judge("T15", STEP).verdict == "inconclusive"


# --- the drill

PLACE = Thing("elbv2.rule", RULE)
BACK = Step("drill-back", "elb.weights", "P6", "", "", "", share=0)


def lines(*events: tuple[float, AnyEvent]) -> list[Line]:
    return [Line(Head(number, "", NOW + at, at, "01J", ""), event, "") for number, (at, event) in enumerate(events, 1)]


def walked(took: float, mode: Any = "execute") -> list[Line]:
    """Twenty minutes ago."""
    begin = -20 * MINUTE
    sent = Intent(step=BACK.id, move=0, way="forth", thing=PLACE, before={}, wanted={}, before_sha256="", wanted_sha256="", request_sha256="")  # fmt: skip
    seen = Observed(step=BACK.id, thing=PLACE, found="wanted", state={}, sha256="")
    start = RunStart(format="", version="", unit="web", mode=mode, who="ann")
    return lines((begin - 600, start), (begin, sent), (begin + took, seen))


def drilled(took: float, mode: str = "execute", world: World | None = None) -> Result:
    its = watched(world or quiet(), lines=lambda: walked(took, mode))
    return Judges(its).judge("L21", BACK)


def quiet() -> World:
    """EKS has had nothing for fifteen minutes."""
    world = healthy()
    world.put("RequestCount", OLD_GROUP, 600, 15)
    del world.values["RequestCount", NEW_GROUP, "Sum"]
    return world


@pytest.mark.parametrize(
    ("took", "mode", "verdict"), [(4, "execute", "pass"), (61, "execute", "fail"), (61, "guided", "pass")]
)
def test_the_drill_is_in_time_or_not(took: float, mode: str, verdict: str) -> None:
    found = drilled(took, mode)
    assert (found.verdict, found.value) == (verdict, took)


def test_requests_that_do_not_come_back_fail_the_drill_and_no_data_is_no_pass() -> None:
    world = quiet()
    world.put("RequestCount", NEW_GROUP, 1, 2)
    assert drilled(4, world=world).verdict == "fail"
    world.values.clear()
    assert drilled(4, world=world).verdict == "inconclusive"


def test_a_drill_that_nobody_walked_is_undecided() -> None:
    assert Judges(watched(quiet())).judge("L21", BACK).verdict == "inconclusive"
