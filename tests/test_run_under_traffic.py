"""A run of a plan of `ecs2k8s plan` while real requests go through the load balancer that it moves.

Plan, engine, journal, reader and sender are the program's; account, load balancer, servers and clients are of the
harness. Steps for a cluster are left out, as nobody applies manifests here: pods appear when the plan first asks for
them. Checks that are not of the engine itself pass: what they find has tests of its own. Bakes last a minute.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ecs2k8s.collect.login import Login
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.aws.connect import connect
from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.plan import Plan, Wait
from ecs2k8s.cutover.run import stepping
from ecs2k8s.cutover.run.context import Asked, Pace, Run
from ecs2k8s.cutover.run.engine import Outcome, carry
from ecs2k8s.cutover.verdicts import Result
from ecs2k8s.replay import state_ecs
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.stand_in import StandIn
from tests.claims import BALANCER
from tests.cutover_world import Quick
from tests.estates import estate
from tests.harness.cluster import Template
from tests.harness.propagation import Delays
from tests.harness.server import Behaviour
from tests.harness.stage import Stage
from tests.planned import ground, planned
from tests.replayed import ACCOUNT, REGION, prepared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Step
    from tests.figures import Figure
    from tests.harness.load import Load

SAMPLE, UNIT, DEPLOYMENT = "three-tier", "shop-backend", "shop/backend"
KINDS = {"elb.tg.create", "elb.rule.attach", "elb.weights", "bake"}


@cache
def pods() -> Template:
    """As the program writes them: what they do before they end is what it says."""
    placed = (each.manifest for each in ground(SAMPLE).translation.bundle.everything)
    [its] = (each for each in placed if str(ObjectRef.of(each)) == f"Deployment/{DEPLOYMENT}")
    spec = its["spec"]["template"]["spec"]
    [container] = spec["containers"]
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    return Template(Behaviour("eks"), pre_stop=before, grace=spec["terminationGracePeriodSeconds"])


class Killed(BaseException):
    """The program ends here, wherever it is."""


@dataclass
class World:
    """Whoever uses the program: it is begun again until it is at its end."""

    stage: Stage
    plan: Plan
    hook: Hook
    policy: StandIn
    folder: Path
    pods: Template | None = field(default_factory=pods)
    wishes: dict[str, str] = field(default_factory=dict)  # by step: what somebody asks for, or `roll`, while it runs
    wish: Asked | None = None  # that nobody fulfilled yet
    wished_at: float = 0.0
    step: str = ""
    kills: int = 0
    pace: Pace = field(default_factory=Pace)

    def group(self) -> str:
        found = self.stage.account.estate.all("elbv2.TargetGroup")
        return next(str(each["TargetGroupArn"]) for each in found if each["TargetGroupName"] == f"{UNIT}-eks")

    def judge(self, check: str, step: Step) -> Result:
        self.step = step.id
        if step.before and step.kind == "elb.weights" and self.pods and not self.stage.cluster.pods:
            self.stage.bind(self.group(), DEPLOYMENT)
            self.stage.deploy(DEPLOYMENT, 6, self.pods)
        return Result(check, step.id, "pass", text="")

    def asked(self) -> Asked | None:
        what = self.wishes.pop(self.step, "")
        if what == "roll":
            self.stage.rolling(DEPLOYMENT, pods())
        elif what:
            self.wished_at, self.wish = self.stage.clock.now(), Asked(what, "ann")
        return self.wish

    def heard(self) -> None: ...

    def leaves(self) -> bool:
        return True

    def lost(self) -> str:
        return ""

    def approved(self, _: Step) -> str:
        return ""

    def waived(self, _: Result) -> str:
        return ""

    def say(self, _: str) -> None: ...

    def offer(self, step: Step, command: str, **_back: bool) -> None:
        raise AssertionError(f"{step.id}: {command} is offered, and not sent")

    def once(self) -> Outcome:
        """The program, from its start to wherever it stops."""
        aws = connect(Login(regions=(REGION,)), self.plan, self.stage.clock, prepared(self.hook))
        with self.journal() as journal:
            sender = aws.sender("01J", None)
            run = Run(
                self.plan,
                journal,
                aws.reader,
                self.stage.clock,
                self.judge,
                lambda *_: 10**6,
                self,
                self,
                sender,
                self.pace,
            )
            outcome = carry(run, "ann")
        self.wish = None
        return outcome

    def journal(self) -> Journal:
        if (self.folder / "journal.jsonl").exists():
            return Journal.open(self.folder, self.stage.clock, disk=Quick())
        return Journal.create(self.folder, self.plan, "01J", self.stage.clock, disk=Quick(), mode="execute", who="ann")

    def through(self) -> Outcome:
        """Begun again after each kill, and resumed after each pause that somebody asked for."""
        while True:
            try:
                outcome = self.once()
            except Killed:
                self.kills += 1
                continue
            if outcome.state != "paused" or "ann" not in outcome.text:
                return outcome

    def sent(self) -> int:
        return sum(each.call == "elbv2.ModifyRule" for each in self.policy.writes())


def shortened(plan: Plan) -> Plan:
    """What moves traffic, with bakes of a minute."""
    steps = tuple(
        msgspec.structs.replace(step, wait=Wait(60) if step.wait else None, checks=(), before=step.before[:1])
        for step in plan.steps
        if step.kind in KINDS
    )
    relied = tuple(each for each in plan.fingerprints if each.thing.kind.startswith("elbv2."))
    return msgspec.structs.replace(plan, steps=steps, fingerprints=relied)


def at_once(plan: Plan) -> Plan:
    """All requests in one step, straight after the group is attached."""
    made, attach, *_ = plan.steps
    last = next(step for step in plan.steps if step.id == "shift-100")
    [attached], [full] = attach.moves, last.moves
    return msgspec.structs.replace(
        plan,
        steps=(
            made,
            attach,
            msgspec.structs.replace(last, moves=(msgspec.structs.replace(full, before=attached.wanted),)),
        ),
    )


@contextmanager
def world(folder: Path, scale: float = 240, **more: Any) -> Iterator[World]:
    documents = estate(SAMPLE)[0].documents
    balancer = next(each.id for each in documents if each.shape == "elbv2.LoadBalancer")
    patience = 10 * scale  # a request takes real seconds, of which the load balancer waits for ten
    known: dict[str, Any] = {"number": ACCOUNT, "region": REGION, "delays": Delays(50, 10), "idle_timeout": patience}
    stage = Stage(documents, balancer, scale=scale, **known)
    try:
        policy = StandIn(stage.account)
        yield World(stage, shortened(planned(ground(SAMPLE), UNIT)), Hook((policy,)), policy, folder, **more)
    finally:
        stage.close()


@contextmanager
def requests(its: World, **plan: Any) -> Iterator[Load]:
    """To the backend, from when its tasks are healthy."""
    [place] = {move.thing.id for step in its.plan.steps for move in step.moves if move.thing.kind == "elbv2.rule"}
    rule = next(each for each in its.stage.account.estate.all("elbv2.Rule") if each["RuleArn"] == place)
    listener = place.replace(":listener-rule/", ":listener/").rpartition("/")[0]
    [path] = [each["Values"][0] for each in rule["Conditions"] if each["Field"] == "path-pattern"]
    [old] = [each["TargetGroupArn"] for each in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    its.stage.settled(old, len(its.stage.plane.registered(old)))
    with its.stage.traffic(listener, paths=(path.replace("*", "x"),), fresh_every=50, **plan) as load:
        yield load


def killing(monkeypatch: pytest.MonkeyPatch, random: Random, times: int) -> None:
    """The program ends so many times, at any of the places at which it may: before and after lines and calls."""
    left = [random.randint(5, 80) for _ in range(times)]

    def at(_: str, half: Any = None) -> None:
        if not left:
            return
        left[-1] -= 1
        if not left[-1]:
            left.pop()
            if half:
                half()
            raise Killed

    monkeypatch.setattr(crash, "at", at)


@dataclass
class Ramps:
    """What whole ramps came to, one after the other, each with an account and a load balancer of its own."""

    folder: Path
    random: Random
    requests: int = 0
    failed: int = 0
    kills: int = 0
    back: int = 0
    number: int = 0

    def one(self, monkeypatch: pytest.MonkeyPatch, scale: float, rate: float | None) -> None:
        """A pause, a roll-out of the pods and kills at random; each second one is sent back, from anywhere."""
        self.number += 1
        returns, folder = self.number % 2 == 0, self.folder / str(self.number)
        folder.mkdir()
        bakes = [f"bake-{share}" for share in (1, 5, 10, 25, 50, 75, 100)]
        *early, late = sorted(self.random.sample(bakes, 3), key=bakes.index)
        wishes = dict(zip(early, self.random.sample(["pause", "roll"], 2), strict=True))
        with world(folder, scale, wishes=wishes | ({late: "rollback"} if returns else {})) as its:
            with requests(its, connections=32, rate=rate) as load:
                killing(monkeypatch, self.random, 5)
                outcome = its.through()
                its.stage.clock.sleep(120)
            assert (outcome.state, its.wishes) == ("rolled_back" if returns else "completed", {})
            assert load.tally.causes(its.stage.balancer.failures) == {}
            assert min(load.tally.of("ecs"), load.tally.of("eks")) > load.tally.requests / 50
            assert its.kills
            moves = [move for step in its.plan.steps for move in step.moves if move.request.call == "elbv2.ModifyRule"]
            assert (4 if returns else len(moves)) <= its.sent() <= len(moves) + its.kills
        self.requests += load.tally.requests
        self.failed += len(load.tally.failures)
        self.kills += its.kills
        self.back += returns


@pytest.mark.claim("R5", BALANCER)
@pytest.mark.parametrize(
    ("least", "scale", "rate"), [(10_000, 240, 600), pytest.param(100_000, 20, None, marks=pytest.mark.long)]
)
def test_whole_ramps_with_kills_pauses_roll_outs_and_ways_back_lose_no_request(
    least: int, scale: float, rate: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    ramps = Ramps(tmp_path, Random(seed))
    while ramps.requests < least or not ramps.back:
        ramps.one(monkeypatch, scale, rate)
    figure(**{name: getattr(ramps, name) for name in ("requests", "failed", "number", "back", "kills")}, seed=seed)


@pytest.mark.claim("R6", BALANCER)
def test_the_way_back_is_one_call_within_seconds_and_loses_no_request(tmp_path: Path, figure: Figure) -> None:
    with world(tmp_path, wishes={"bake-10": "rollback"}) as its:
        with requests(its, rate=150) as load:
            outcome = its.through()
            before = load.tally.of("eks")
            its.stage.clock.sleep(120)
            assert load.tally.of("eks") == before > 0
        assert outcome.state == "rolled_back"
        assert load.tally.causes(its.stage.balancer.failures) == {}
        back = [each for each in its.policy.writes() if each.at >= its.wished_at]
        assert [each.call for each in back] == ["elbv2.ModifyRule"]
        seconds = its.stage.clock.real(back[0].at - its.wished_at)
        figure(rollbacks=1, calls=len(back), p99=seconds)
        assert seconds < 5


UNGUARDED = [True, pytest.param(False, marks=pytest.mark.claim("R5-guards", BALANCER))]


@pytest.mark.parametrize("guarded", UNGUARDED)
def test_without_the_invariants_weight_goes_to_a_group_that_is_empty(
    guarded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    if not guarded:
        monkeypatch.setattr(stepping, "broken", lambda *_: ())
    with world(tmp_path, pods=None) as its:
        its.plan = at_once(its.plan)
        with requests(its, rate=300) as load:
            outcome = its.through()
        assert (outcome.state == "paused" and "I2" in outcome.text) == guarded
        assert set(load.tally.causes(its.stage.balancer.failures)) == (
            set() if guarded else {"503: no registered target"}
        )
        figure(guards=1, failed=len(load.tally.failures))


@pytest.mark.parametrize("guarded", UNGUARDED)
def test_without_the_hold_ecs_goes_before_all_nodes_have_heard(guarded: bool, tmp_path: Path, figure: Figure) -> None:
    with world(tmp_path, scale=120 if guarded else 20) as its:
        its.plan = at_once(its.plan)
        its.pace = Pace() if guarded else Pace(hold=0)
        with requests(its, rate=300) as load:
            assert its.through().state == "completed"
            with its.stage.account.open() as account:
                [service] = account.estate.where("ecs.Service", serviceName="backend")
                asked = {"cluster": service["clusterArn"], "service": service["serviceArn"], "desiredCount": 0}
                state_ecs.update_service(account, asked)
            its.stage.clock.sleep(60)
        assert (load.tally.failures == []) == guarded
        figure(guards=1, failed=len(load.tally.failures))


@pytest.mark.parametrize("guarded", UNGUARDED)
def test_without_the_wait_before_its_end_a_pod_goes_before_all_nodes_have_heard(
    guarded: bool, tmp_path: Path, figure: Figure
) -> None:
    its_pods = pods() if guarded else replace(pods(), pre_stop=0)
    with world(tmp_path, scale=120 if guarded else 20, pods=its_pods) as its:
        its.plan = at_once(its.plan)
        with requests(its, rate=300) as load:
            assert its.through().state == "completed"
            its.stage.roll(DEPLOYMENT, its_pods)
            its.stage.clock.sleep(60)
        assert (load.tally.failures == []) == guarded
        figure(guards=1, failed=len(load.tally.failures))
