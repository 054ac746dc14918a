"""A world of a few objects in memory, for runs: its clock is turned by hand, and calls fail as they are told to."""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ecs2k8s.cutover.plan import FORMAT, Fingerprint, Move, Plan, Request, Step, Thing, Wait
from ecs2k8s.cutover.run.context import Asked, Pace, Run
from ecs2k8s.cutover.things.elbv2_actions import actions
from ecs2k8s.cutover.verdicts import Result
from ecs2k8s.cutover.world import NotNowError, RefusedError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.journal.file import Journal
    from ecs2k8s.cutover.plan import State

OLD = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/1111111111111111"
NEW = "targetgroup:web-eks"
RULE = Thing("elbv2.rule", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1/2/3")
OTHER = Thing("elbv2.rule", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1/2/4")
GROUP = Thing("elbv2.target-group", NEW)
SHARES = (1, 0, 1, 5, 25, 50, 100)


class Quick:
    """A disk that syncs nothing: what a process wrote is there when it is killed, and only a power cut takes it."""

    def write(self, fd: int, data: bytes, /) -> int:
        return os.write(fd, data)

    def fsync(self, fd: int, /) -> None: ...


@dataclass
class Clock:
    """`sleeping` is called at the end of each sleep, so that the world goes on meanwhile."""

    time: float = 1_780_000_000.0
    skew: float = 0.0  # of the wall clock
    sleeping: Callable[[float], None] | None = None

    def now(self) -> float:
        return self.time + self.skew

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += max(seconds, 0.001)
        if self.sleeping:
            self.sleeping(seconds)


def forward(*weights: tuple[str, int]) -> State:
    """The state of a rule that forwards."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": False}}
    return {
        "Actions": actions([{"Type": "forward", "ForwardConfig": config}]),
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
        "Priority": "10",
    }


def moved(thing: Thing, before: State, wanted: State) -> Move:
    from ecs2k8s.cutover.things import KINDS
    from ecs2k8s.cutover.things.command import command

    request = KINDS[thing.kind].request(thing.id, before, wanted)
    return Move(thing, before, wanted, request, command(request, "eu-west-1"))


def weighted(number: int, share: int, last: State, places: tuple[Thing, ...]) -> Step:
    attached, wanted = forward((OLD, 100), (NEW, 0)), forward((OLD, 100 - share), (NEW, share))
    return Step(
        id=f"P6.{number:02}",
        kind="elb.weights",
        phase="P6",
        title=f"{share} %",
        success=f"EKS answers {share} % of the requests",
        rollback="all to ECS",
        moves=tuple(moved(place, last, wanted) for place in places),
        back=tuple(moved(place, wanted, attached) for place in places),
        share=share,
        wait=Wait(seconds=300),
    )


def ramp(places: tuple[Thing, ...] = (RULE,), shares: tuple[int, ...] = SHARES) -> Plan:
    """Design A in small: a group, attached, then shares."""
    before, attached = forward((OLD, 1)), forward((OLD, 100), (NEW, 0))
    group = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip", "Tags": {"ecs2k8s": "cutover"}}
    created = {"HealthCheckEnabled": True, "IpAddressType": "ipv4", "ProtocolVersion": "HTTP1", **group}
    make = moved(GROUP, None, created)
    attach = tuple(moved(place, before, attached) for place in places)
    first = [
        Step("P3.01", "elb.tg.create", "P3", "a group", "it is there", "delete it", moves=(make,)),
        Step("P3.02", "elb.rule.attach", "P3", "at weight 0", "it is in the rule", "take it out", moves=attach),
        Step("P3.03", "k8s.wait", "P3", "pods", "all healthy", "", checks=("L06",), wait=Wait(0, limit=600)),
    ]
    steps, last = [], attached
    for number, share in enumerate(shares):
        steps.append(weighted(number, share, last, places))
        last = forward((OLD, 100 - share), (NEW, share))
    return Plan(
        format=FORMAT,
        version="0",
        unit="web",
        purpose="move",
        designs={"shop/web": ["A"]},
        account="111122223333",
        partition="aws",
        region="eu-west-1",
        eks_cluster="shop",
        taken="2026-06-01T00:00:00Z",
        expires="2026-06-02T00:00:00Z",
        inputs={},
        steps=(*first, *steps),
        fingerprints=tuple(Fingerprint(place, before) for place in places),
        traffic=tuple(place.id for place in places),
        executable=True,
    )


ALIAS = {"HostedZoneId": "Z2", "DNSName": "shop.elb.example.com."}
RECORD = {"Name": "shop.example.com.", "Type": "A", "SetIdentifier": "here", "Weight": 10}
NAME = Thing("route53.record-sets", "Z1/shop.example.com.")


def with_records(plan: Plan) -> Plan:
    """With a step in which a person takes the evaluation of health out of weighted records, before anything is attached."""
    before, after = ([{**RECORD, "AliasTarget": {**ALIAS, "EvaluateTargetHealth": on}}] for on in (True, False))
    there, back = moved(NAME, before, after), moved(NAME, after, before)
    step = Step(
        "alias-health",
        "r53.alias",
        "P3",
        "records",
        "they do not ask",
        "ask",
        moves=(there,),
        back=(back,),
        guided=True,
    )
    marks = (*plan.fingerprints, Fingerprint(NAME, before))
    return replace(plan, steps=(plan.steps[0], step, *plan.steps[1:]), fingerprints=marks)


SERVICE = Thing("ecs.service", "arn:aws:ecs:eu-west-1:111122223333:service/shop/worker")
SCALE = Thing("kubernetes.scale", "shop/worker")
JOB = Thing("kubernetes.cron-job", "shop/nightly")


def handed_over(*, scaler: bool = False) -> Plan:
    """Design D in small: a worker and a schedule; `scaler`: with a step that only a person can do."""
    plan = ramp(shares=())
    tasks = {"desiredCount": 2, "taskDefinition": "worker:1"}
    none = {"desiredCount": 0, "running": 0, "taskDefinition": "worker:1"}
    on, off = (moved(SERVICE, tasks, none),), (moved(SERVICE, none, tasks),)
    pods, no_pods = {"replicas": 2}, {"replicas": 0}
    held = {"suspend": True, "startingDeadlineSeconds": 300}
    first = {"suspend": False, "startingDeadlineSeconds": 60}
    usual = {"suspend": False, "startingDeadlineSeconds": 300}
    keda = Step(
        "scaler.shop.worker",
        "work.handover",
        "P5",
        "scale",
        "",
        "pause it",
        guided=True,
        commands=("on",),
        undo=("off",),
    )

    def step(what: str, back: tuple[Move, ...], *moves: Move) -> Step:
        return Step(what, "work.handover", "P5", what, what, what, moves=moves, back=back)

    steps = (
        step("off.shop.worker", off, *on),
        step("on.shop.worker", (moved(SCALE, pods, no_pods),), moved(SCALE, no_pods, pods)),
        *((keda,) if scaler else ()),
        step("on.shop.nightly", (moved(JOB, first, held),), moved(JOB, held, first)),
        step("deadline.shop.nightly", (moved(JOB, usual, first),), moved(JOB, first, usual)),
    )
    marks = (Fingerprint(SERVICE, tasks), Fingerprint(SCALE, no_pods), Fingerprint(JOB, held))
    return replace(plan, steps=steps, fingerprints=marks, traffic=())


def of_sample(unit: str) -> Plan:
    """Design D: the plan of a unit of the sample, without checks and what a person does by hand."""
    from msgspec import structs

    from tests.planned import ground, planned

    plan = planned(ground("three-tier"), unit)
    steps = (structs.replace(step, checks=(), before=()) for step in plan.steps if not step.guided)
    return structs.replace(plan, steps=tuple(steps))


def of(plan: Plan) -> dict[Thing, State]:
    """The objects as the plan found them."""
    moves = [move for step in reversed(plan.steps) for move in reversed(step.moves)]
    found: dict[Thing, State] = {move.thing: deepcopy(move.before) for move in moves if move.before is not None}
    found |= {mark.thing: deepcopy(mark.state) for mark in plan.fingerprints}
    for group, zones in ((OLD, "ab"), (NEW, "ab")):
        found[Thing("elbv2.target-health", group)] = [
            {"Target": f"10.0.{n}.{len(group)}:80", "Zone": f"eu-west-1{zone}", "State": "healthy", "Reason": ""}
            for n, zone in enumerate(zones)
        ]
    return found


@dataclass
class World:
    """Reader, Sender, judge, counter, controls and talk in one. `verdicts` are what checks say, else `pass`."""

    plan: Plan
    states: dict[Thing, State]
    clock: Clock = field(default_factory=Clock)
    verdicts: dict[str, str] = field(default_factory=dict)
    requests: int = 10_000
    faults: list[str] = field(default_factory=list)  # of the next sendings: `throttled`, `refused`, `lost`, `unsure`
    blind: int = 0  # reads that fail
    asks: list[Asked] = field(default_factory=list)
    lock: str = ""
    unapproved: str = ""
    stays: bool = False
    sent: list[Request] = field(default_factory=list)
    done: list[Request] = field(default_factory=list)  # sent, and with an effect
    offered: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    between: Callable[[str], None] | None = None  # called at each read and each sending

    def read(self, thing: Thing) -> State:
        if self.between:
            self.between("read")
        if self.blind:
            self.blind -= 1
            raise UnreadableError("no answer")
        return deepcopy(self.states.get(thing))

    def send(self, _: Step, request: Request) -> str:
        if self.between:
            self.between("send")
        self.sent.append(request)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "throttled":
            raise NotNowError("Rate exceeded")
        if fault == "refused":
            raise RefusedError("AccessDenied")
        if fault != "lost":
            self.apply(request)
        if fault in ("lost", "unsure"):
            raise UnsureError("no answer")
        return f"request-{len(self.sent)}"

    def apply(self, request: Request) -> None:
        """What the call does, whoever sends it."""
        rule = Thing("elbv2.rule", request.parameters.get("RuleArn", ""))
        if request.call == "elbv2.ModifyRule" and self.states.get(rule) is None:
            raise RefusedError("RuleNotFound")
        self.done.append(request)
        if request.call == "elbv2.ModifyRule":
            self.states[rule] = {**self.states[rule], "Actions": actions(request.parameters["Actions"])}
            return
        if request.call == "kubernetes.Patch":
            self._patch(request.parameters)
            return
        if request.call == "ecs.UpdateService":
            state = next(state for thing, state in self.states.items() if thing.kind == SERVICE.kind)
            if state is None:
                raise RefusedError("ServiceNotFoundException")
            count = request.parameters["desiredCount"]
            state |= {"desiredCount": count, "running": 0}
            if count:
                state.pop("running")
            return
        moves = (move for step in self.plan.steps for move in (*step.moves, *step.back))
        move = next(move for move in moves if move.request == request)
        self.states[move.thing] = deepcopy(move.wanted)

    def _patch(self, parameters: dict[str, Any]) -> None:
        kind = {"Deployment": "kubernetes.scale", "CronJob": "kubernetes.cron-job"}[parameters["kind"]]
        state = self.states[Thing(kind, f"{parameters['namespace']}/{parameters['name']}")]
        for operation in parameters["operations"]:
            field_ = operation["path"].removeprefix("/spec/")
            if state is None or (operation["op"] == "test" and state.get(field_) != operation["value"]):
                raise RefusedError("the test failed")
            if operation["op"] != "test":
                state[field_] = operation.get("value")

    def judge(self, check: str, step: Step) -> Result:
        said: Any = self.verdicts.get(check, "pass")
        return Result(check, step.id, said, text=f"{check} says {said}")

    def count(self, *_: Any) -> int | None:
        return self.requests

    def asked(self) -> Asked | None:
        return self.asks.pop(0) if self.asks else None

    def heard(self) -> None:
        self.asks.clear()

    def leaves(self) -> bool:
        return bool(self.lock) or not self.stays

    def lost(self) -> str:
        return self.lock

    def approved(self, _: Step) -> str:
        return self.unapproved

    def waived(self, _: Result) -> str:
        return ""

    def say(self, text: str) -> None:
        self.said.append(text)

    def offer(self, _: Step, command: str, *, back: bool = False) -> None:  # noqa: ARG002 (there and back alike)
        self.offered.append(command)

    def run(self, journal: Journal, *, guided: bool = False) -> Run:
        return Run(
            plan=self.plan,
            journal=journal,
            reader=self,
            clock=self.clock,
            judge=self.judge,
            count=self.count,
            controls=self,
            talk=self,
            sender=None if guided else self,
            pace=Pace(),
            stays=self.stays,
        )
