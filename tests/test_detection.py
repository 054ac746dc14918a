"""What a ramp finds: seeded regressions before a tenth of the traffic, and how often two same versions are sent back.

The world is the small one of `tests.watched`, whose minutes are drawn; the checks are those of a run, asked each minute
as a run asks them. Regressions of answers meet real servers in tests/test_probes.py.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.plan import Step, Thing
from ecs2k8s.cutover.run.triggers import TRIGGERS
from tests.answering import FIND
from tests.claims import MEMORY
from tests.power import binomial
from tests.watched import (
    BALANCER,
    DEPLOYMENT,
    MINUTE,
    NEW,
    NEW_GROUP,
    NOW,
    OBJECTS,
    OLD,
    OLD_GROUP,
    RULE,
    World,
    healthy,
    pod,
    rule,
    scene,
    target,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.checks.scene import Scene
    from tests.figures import Figure

PLACE = Thing("elbv2.rule", RULE)
PER_MINUTE = 6_000  # a hundred requests a second
RAMP = ((1, 15), (5, 15))  # per cent, minutes: what comes before a tenth
LONGER = (*RAMP, (10, 30))
DARK = ("L01", "L02", "L04", "L06", "L07", "L08")  # asked before any request of a user
BACK = {trigger.check for trigger in TRIGGERS if trigger.then == "back"}
PAUSE = {trigger.check for trigger in TRIGGERS if trigger.then == "pause"}
BY_METRICS = ("T01", "T02", "T04", "T05", "T06")


@dataclass
class Version:
    """How one side answers."""

    errors: float = 0.001
    refused: float = 0.0  # connections that fail
    elb: float = 0.0  # answered by the load balancer itself
    p50: float = 0.05
    p99: float = 0.3
    more: float = 1.0  # of the share that its weight says


@dataclass
class Ramp:
    """Minute by minute, with a look after each."""

    eks: Version
    chances: random.Random
    world: World = field(default_factory=healthy)
    ecs: Version = field(default_factory=Version)

    def run(self, steps: tuple[tuple[int, int], ...], checks: tuple[str, ...]) -> tuple[str, int]:
        """The first check that fails, and at which share; empty where none does."""
        self.world.values.clear()
        for back in range(60):
            self._put("RequestCount", BALANCER, NOW - (back + 1) * MINUTE, PER_MINUTE)
        its = scene(self.world)
        clock: Any = its.clock
        judges = Judges(its)
        for share, minutes in steps:
            self.world.states[PLACE] = rule(100 - share, share)
            step = Step(f"to{share}", "elb.weights", "P6", "", "", "", share=share)
            judges.since()
            for _ in range(minutes):
                self._minute(clock.at, share)
                clock.at += MINUTE
                for check in checks:
                    if judges.judge(check, step).verdict == "fail":
                        return check, share
        return "", steps[-1][0]

    def _minute(self, at: float, share: int) -> None:
        eks = self._drawn(PER_MINUTE, share / 100 * self.eks.more)
        elb = 0
        for group, count, its in ((NEW_GROUP, eks, self.eks), (OLD_GROUP, PER_MINUTE - eks, self.ecs)):
            refused = self._drawn(count, its.refused)
            elb += refused + self._drawn(count, its.elb)
            answered = count - refused
            self._put("RequestCount", group, at, answered)
            self._put("HTTPCode_Target_5XX_Count", group, at, self._drawn(answered, its.errors))
            self._put("TargetConnectionErrorCount", group, at, refused)
            for percentile, middle in (("p50", its.p50), ("p90", its.p99 * 0.6), ("p99", its.p99)):
                spread = 2 / max(answered, 1) ** 0.5
                value = middle * self.chances.lognormvariate(0, spread)
                self.world.values["TargetResponseTime", group, percentile][at] = value
        self._put("RequestCount", BALANCER, at, PER_MINUTE)
        self._put("HTTPCode_ELB_502_Count", BALANCER, at, elb)

    def _drawn(self, count: int, rate: float) -> int:
        return binomial(count, rate, self.chances) if 0 < rate < 1 else round(count * rate)

    def _put(self, metric: str, where: str, at: float, value: float) -> None:
        if value:
            self.world.values[metric, where, "Sum"][at] = value


# --- what users would meet, by what is counted

COUNTED: dict[str, Version] = {
    "errors of every answer": Version(errors=1.0),
    "errors of a fifth": Version(errors=0.2),
    "errors of a twentieth": Version(errors=0.05),
    "errors of three in a hundred": Version(errors=0.03),
    "errors of two in a hundred": Version(errors=0.02),
    "no connection to any pod": Version(refused=1.0),
    "no connection to half of the pods": Version(refused=0.5),
    "no connection to one pod of fifty": Version(refused=0.02),
    "pods that stop too early": Version(refused=0.005),
    "the load balancer answers by itself": Version(elb=1.0),
    "twice as slow at the end": Version(p99=0.8),
    "ten times as slow": Version(p50=0.5, p99=3.0),
    "slow by half a second": Version(p50=0.55, p99=0.9),
    "three times its share": Version(more=3.0),
    "no request at all": Version(more=0.0),
}


def objects(*pods: Any) -> list[Any]:
    return [*OBJECTS, *pods]


def sick(**status: Any) -> Callable[[World], None]:
    return lambda world: world.objects.__setitem__(slice(None), objects(pod("web-1", "10.0.0.1", **status), pod("web-2", "10.0.0.2")))  # fmt: skip


def waiting(reason: str) -> Callable[[World], None]:
    return sick(containerStatuses=[{"name": "web", "restartCount": 3, "state": {"waiting": {"reason": reason}}}])


def groups(*new: Any, old: tuple[Any, ...] = (target("10.0.1.1"),)) -> Callable[[World], None]:
    found = {NEW: list(new), OLD: list(old)}
    answer = lambda its: {"TargetHealthDescriptions": found[its["TargetGroupArn"]]}  # noqa: E731
    return lambda world: world.answers.update({"elbv2.DescribeTargetHealth": answer})


def not_rolled(world: World) -> None:
    found = copy.deepcopy(DEPLOYMENT)
    found["status"]["readyReplicas"] = 0
    world.objects[0] = found


def without_gate(world: World) -> None:
    world.objects[-1] = pod("web-2", "10.0.0.2") | {"spec": {}}


ONE, OTHER = target("10.0.0.1"), target("10.0.0.2", "eu-west-1b")
# What stands in the cluster or in the groups before any user comes.
STANDING: dict[str, Callable[[World], None]] = {
    "pods in a crash loop": waiting("CrashLoopBackOff"),
    "an image that cannot be pulled": waiting("ImagePullBackOff"),
    "a secret that is not there": waiting("CreateContainerConfigError"),
    "killed for its memory": sick(containerStatuses=[{"name": "web", "restartCount": 1, "lastState": {"terminated": {"reason": "OOMKilled"}}}]),
    "evicted": sick(reason="Evicted"),
    "a rollout that is not done": not_rolled,
    "pods without the gate": without_gate,
    "a security group that is closed": groups(target("10.0.0.1", state="unhealthy", reason="Target.Timeout"), OTHER),
    "a wrong path of the health check": groups(target("10.0.0.1", state="unhealthy", reason="Target.ResponseCodeMismatch"), OTHER),
    "a zone without a pod": groups(ONE, target("10.0.0.2"), old=(target("10.0.1.1"), target("10.0.1.2", "eu-west-1b"))),
    "targets that are no pods": groups(ONE, OTHER, target("10.9.9.9")),
    "ECS drained by a binding to its group": groups(ONE, OTHER, old=(target("10.0.1.1", state="draining"),)),
    "weights that somebody set": lambda world: world.states.update({PLACE: rule(50, 50)}),
}  # fmt: skip
# Of the answers themselves: found by probes before any user comes, on real servers (tests/test_probes.py).
ANSWERED = (
    "status-500", "redirect", "field-missing", "value-changed", "number-as-text", "list-shorter", "mojibake",
    "cors-missing", "hsts-missing", "cookie-secure", "html-link", "truncated",
)  # fmt: skip


def found_standing(change: Callable[[World], None]) -> str:
    """Asked with the state that the run verified before."""
    world = healthy()
    its = scene(world)
    verified = its.verified()
    change(world)
    return _failing(replace(its, verified=lambda: verified))


def _failing(its: Scene) -> str:
    judges = Judges(its)
    step = Step("ready", "check", "P3", "", "", "")
    return next((check for check in DARK if judges.judge(check, step).verdict == "fail"), "")


def found_counted(version: Version, seed: int) -> tuple[str, int]:
    return Ramp(version, random.Random(seed)).run(RAMP, BY_METRICS)


@pytest.mark.claim("R7", MEMORY)
def test_forty_regressions_are_seeded_and_most_are_found_before_a_tenth_of_the_traffic(figure: Figure) -> None:
    """Those of answers are known to be found: each is a test of its own."""
    assert set(ANSWERED) <= FIND.keys()
    seed = random.SystemRandom().randrange(2**31)
    missed = [name for name, version in COUNTED.items() if not found_counted(version, seed)[0]]
    missed += [name for name, change in STANDING.items() if not found_standing(change)]
    seeded = len(COUNTED) + len(STANDING) + len(ANSWERED)
    figure(seeded=seeded, found=seeded - len(missed), seed=seed)
    assert seeded == 40
    assert len(missed) <= 2, f"seed {seed}: {missed}"


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(COUNTED))
def test_whatever_is_drawn_it_is_found(name: str) -> None:
    """Twenty ramps: at least nineteen find it."""
    found = [found_counted(COUNTED[name], seed)[0] for seed in range(20)]
    assert sum(bool(each) for each in found) >= 19, found


def test_without_requests_no_check_of_traffic_passes() -> None:
    ramp = Ramp(COUNTED["no request at all"], random.Random(1))
    assert ramp.run(RAMP, BY_METRICS) == ("T01", 5)
    judges = Judges(scene(ramp.world), fixed=NOW)
    for check in ("T02", "T04", "T05"):
        assert judges.judge(check, Step("x", "bake", "P6", "", "", "")).verdict == "inconclusive"


def alarms(runs: range) -> dict[str, int]:
    """Of ramps to a tenth with two versions that are the same: how many are sent back, and how many paused."""
    found = {"back": 0, "pause": 0}
    for seed in runs:
        check, _ = Ramp(Version(), random.Random(f"same {seed}")).run(LONGER, BY_METRICS)
        found["back"] += check in BACK
        found["pause"] += check in PAUSE
    return found


@pytest.mark.claim("R7-same", MEMORY)
@pytest.mark.parametrize("ramps", [50, pytest.param(500, marks=pytest.mark.long)])
def test_two_same_versions_are_seldom_sent_back(ramps: int, figure: Figure) -> None:
    begin = random.SystemRandom().randrange(2**31)
    found = alarms(range(begin, begin + ramps))
    figure(ramps=ramps, back=100 * found["back"] / ramps, paused=100 * found["pause"] / ramps, seed=begin)
    assert found["back"] <= max(1, ramps / 100), f"seed {begin}: {found}"
    assert found["pause"] <= max(3, ramps / 20), f"seed {begin}: {found}"
