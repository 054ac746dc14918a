"""Design A and design D in memory, for the stories of tests/stories: a mistake, and what becomes of users."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.planning.step_texts import texts
from ecs2k8s.cutover.run.engine import Outcome, back, carry
from ecs2k8s.cutover.run.shares import share, weights
from tests import watched
from tests.cutover_world import NEW, OLD, RULE, SCALE, SERVICE, Clock, Quick, World, forward, handed_over, of, ramp
from tests.planned import ground, planned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Request, Step
    from ecs2k8s.cutover.verdicts import Result

ARNS = {"ECS": OLD, "EKS": NEW, "another": OLD.replace("/web/1", "/another/9")}
NEEDED = 2  # tasks that serve what comes in, in `watched.healthy`
Mistake = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """How the program ended, and what became of users by then; `harm` is empty where nothing did."""

    code: int
    text: str
    harm: str = ""


# A ramp of design A, in memory


@dataclass
class Ramp(World):
    """With real checks of what the mistake is about, on the answers that it makes."""

    mistake: Mistake = field(default_factory=dict)
    really: frozenset[str] = frozenset()  # ids of the checks that are the program's own
    edited: bool = False
    wrong: set[str] = field(default_factory=set)

    def judge(self, check: str, step: Step) -> Result:
        if check not in self.really:
            return super().judge(check, step)
        its = answers(self.mistake)
        return Judges(watched.scene(its), fixed=watched.NOW - 600).judge(check, step)

    def send(self, step: Step, request: Request) -> str:
        """As it is answered; `silent`: without an effect all the same."""
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "silent":
            self.sent.append(request)
            return "request"
        self.faults.insert(0, fault)
        return super().send(step, request)

    def goes_on(self, _: float = 0) -> None:
        """Somebody else edits, at a share of the requests; and it is looked at what users get."""
        edit = self.mistake.get("edit", {})
        if edit and not self.edited and share(self.states[RULE]) == edit["at"]:
            self.edited = True
            self.states[RULE] = forward(*((ARNS[name], weight) for name, weight in edit["weights"].items()))
        for zone in self._empty():
            self.wrong.add(f"requests go to {zone}, where no pod is healthy")

    def _empty(self) -> Iterator[str]:
        if share(self.states[RULE]) > 0:
            pods = next(state for thing, state in self.states.items() if thing.kind == HEALTH and thing.id == NEW)
            yield from sorted({each["Zone"] for each in pods} - {e["Zone"] for e in pods if e["State"] == "healthy"})


HEALTH = "elbv2.target-health"


def answers(mistake: Mistake) -> watched.World:
    """Where all is well, but for the mistake."""
    its = watched.healthy()
    for call, changed in mistake.get("answers", {}).items():
        before = its.answers.get(call)
        its.answers[call] = _over(before, changed) if isinstance(before, dict) else changed
    if targets := mistake.get("targets of EKS"):
        found = [watched.target(ip, state=targets["State"], reason=targets.get("Reason", "")) for ip in ("10.0.0.1",)]
        its.answers["elbv2.DescribeTargetHealth"] = {"TargetHealthDescriptions": found}
    if mistake.get("gates") is False:
        for pod in its.objects:
            if pod["kind"] == "Pod":
                pod["spec"] = {}
    if mistake.get("metrics") is False:
        its.values.clear()
    return its


def _over(before: dict[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """*changed* fields of the first of each list, or the whole list where it is one."""
    found = dict(before)
    for key, value in changed.items():
        found[key] = [{**before[key][0], **value}] if isinstance(value, dict) else value
    return found


def ramped(mistake: Mistake, folder: Path) -> Seen:
    """A run from its begin to wherever it stops; what it leaves is compared with what it said."""
    plan = ramp()
    its = Ramp(plan, of(plan), mistake=mistake, really=frozenset(mistake.get("checks", ())))
    its.plan = asking(plan, mistake.get("before requests", ()))
    for name in mistake.get("before the run", {}):
        its.states[RULE] = forward((OLD, 1), (ARNS[name], mistake["before the run"][name]))
    for target in its.states[next(thing for thing in its.states if thing.kind == HEALTH and thing.id == NEW)]:
        if target["Zone"] in mistake.get("pods that are not healthy in", ()):
            target["State"] = "initial"
    its.faults = list(mistake.get("faults", ()))
    its.clock = Clock(sleeping=its.goes_on)
    with Journal.create(folder, its.plan, "01J", its.clock, disk=Quick(), mode="execute", who="ann") as journal:
        outcome = carry(its.run(journal), "ann")
        harm = [*sorted(its.wrong), *_untrue(its, journal, outcome)]
        if needs := mistake.get("going back needs"):
            harm += _going_back(its, journal, outcome, needs)
    return Seen(outcome.code, outcome.text, "; ".join(harm))


@cache
def asked() -> set[str]:
    """The checks of the plan of a sample, and of its end."""
    steps = planned(ground("three-tier"), "shop-backend").steps
    end = {check for text in texts().values() for check in (*text.before, *text.checks)}
    return end | {check for step in steps for check in (*step.before, *step.checks)}


def asking(plan: Plan, checks: Any) -> Plan:
    """With *checks* before the first request."""
    ready = plan.steps[2]
    assert asked() >= set(checks), "no plan asks for it"
    steps = (*plan.steps[:2], msgspec.structs.replace(ready, checks=tuple(checks) or ready.checks), *plan.steps[3:])
    return msgspec.structs.replace(plan, steps=steps)


def _untrue(its: Ramp, journal: Journal, outcome: Outcome) -> Iterator[str]:
    live = share(its.states[RULE])
    done = [step for step in its.plan.steps if step.share is not None and journal.run.step(step.id) == "verified"]
    if done and outcome.code == 0 and live * 100 != done[-1].share:
        yield f"the run is completed, and EKS has {live:.0%} of the requests"
    if its.mistake.get("metrics") is False and live:
        yield f"EKS has {live:.0%} of the requests, and nobody saw one answered"
    if its.edited and done and outcome.code == 0:
        yield f"all steps are done, and somebody else wrote over the weights at {its.mistake['edit']['at']:.0%}"
    lost = set(its.mistake.get("before the run", ())) - {_name(arn) for arn in weights(its.states[RULE])}
    if lost:
        yield f"the weight of {', '.join(sorted(lost))} is gone"


def _name(arn: str) -> str:
    return next((name for name, known in ARNS.items() if known == arn), arn)


def _going_back(its: Ramp, journal: Journal, outcome: Outcome, needs: str) -> Iterator[str]:
    """All requests come back to ECS as it is by then."""
    if outcome.code != 0:
        return
    back(its.run(journal), "the queue grows", "ann")
    found = answers(its.mistake).answers
    running = found["ecs.DescribeServices"]["services"][0]["runningCount"]
    if share(its.states[RULE]) == 0 and needs == "tasks" and running < NEEDED:
        yield f"all requests came back to {running} of {NEEDED} tasks"
    if share(its.states[RULE]) == 0 and needs == "image" and not found["ecr.DescribeImages"]["imageDetails"]:
        yield "ECS has all requests again, and cannot start a task: the image is gone"


# Design D, in memory


@dataclass
class Handover(World):
    """Tasks that were told to stop go on with what they have for `drain` seconds."""

    drain: float = 0.0
    stops_at: float = float("inf")
    worked: set[str] = field(default_factory=set)

    def apply(self, request: Request) -> None:
        super().apply(request)
        if request.call == "ecs.UpdateService" and not request.parameters["desiredCount"]:
            self._ecs()["running"] = NEEDED
            self.stops_at = self.clock.monotonic() + self.drain
        self.look()

    def look(self, _: float = 0) -> None:
        if self.clock.monotonic() >= self.stops_at:
            self._ecs()["running"] = 0
        sides = [side for side, on in (("ECS", self._ecs().get("running", NEEDED)), ("EKS", self._eks())) if on]
        self.worked.add(" and ".join(sides))

    def _ecs(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.states[SERVICE])

    def _eks(self) -> int:
        return int(cast("dict[str, Any]", self.states[SCALE])["replicas"])


def handed(mistake: Mistake, folder: Path) -> Seen:
    plan = handed_over()
    its = Handover(plan, of(plan), drain=mistake["tasks work on for"])
    its.clock = Clock(sleeping=its.look)
    with Journal.create(folder, plan, "01J", its.clock, disk=Quick(), mode="execute", who="ann") as journal:
        outcome = carry(its.run(journal), "ann")
    return Seen(outcome.code, outcome.text, "both sides work on one queue" if "ECS and EKS" in its.worked else "")
