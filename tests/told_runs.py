"""Folders of runs, each carried out by the engine on objects in memory, for tests of what lies in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ecs2k8s.cutover.approvals import Waiver, approve, keep_approval, keep_waivers
from ecs2k8s.cutover.evidence.bundle import bundle
from ecs2k8s.cutover.evidence.papers import papers
from ecs2k8s.cutover.evidence.report import report
from ecs2k8s.cutover.folder import plan_of
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.read import read
from ecs2k8s.cutover.plan import Approval, Move, Request, Step, Thing, dump
from ecs2k8s.cutover.run.engine import back, carry
from ecs2k8s.cutover.run.shares import share
from ecs2k8s.cutover.verdicts import Result, Source
from tests.cutover_world import RULE, Quick, World, forward, of, of_sample, ramp
from tests.journals import RUN, StillClock, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from ecs2k8s.cutover.plan import Plan

ANN = "arn:aws:sts::111122223333:assumed-role/ops/ann"


def drilled() -> Plan:
    """Design A in small, with the drill by its names, and with checks."""
    its = ramp(shares=(1, 0, 1, 25, 100))
    names = {"P6.00": "drill", "P6.01": "drill-back"}
    steps = (replace(step, id=names.get(step.id, step.id), checks=("T01", "T02")) for step in its.steps)
    return replace(its, steps=tuple(steps), approvals=(Approval("P6"), Approval("P8", another=True)))


def carried(folder: Path, its: Plan, change: Callable[[World], None] | None = None, *, mode: str = "execute") -> World:
    """A run of *its* plan until it ends or stops."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_bytes(dump(its))
    world = World(its, of(its))
    if change:
        change(world)
    options: dict[str, Any] = {"mode": mode, "who": ANN}
    with Journal.create(folder, its, RUN, world.clock, disk=Quick(), **options) as journal:
        carry(world.run(journal, guided=mode == "guided"), ANN)
    return world


def went_back(folder: Path, world: World) -> None:
    with Journal.open(folder, world.clock, disk=Quick()) as journal:
        back(world.run(journal), "T02: errors", ANN)


def at_hand(base: Path) -> Callable[[str], Path]:
    """By its name the folder of each, made once, with all that lies in it; whoever changes one takes a copy."""

    def made(kind: str) -> Path:
        folder = base / kind
        if not folder.exists():
            KINDS[kind](folder)
            bundle(folder)
        return folder

    return made


def completed(folder: Path) -> None:
    carried(folder, drilled())


def running(folder: Path) -> None:
    """Killed in the midst of a step."""
    carried(folder, drilled())
    journal = folder / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))


def rolled_back(folder: Path) -> None:
    went_back(folder, carried(folder, drilled(), lambda world: world.verdicts.update(T02="pass")))


def at_a_quarter(world: World) -> bool:
    return share(world.states[RULE]) == 0.25


def triggered(folder: Path) -> None:
    """Sent back by a check that fails while EKS has requests."""

    def failing(world: World) -> None:
        world.clock.sleeping = lambda _: world.verdicts.update(T02="fail") if at_a_quarter(world) else None

    carried(folder, drilled(), failing)


def not_back(folder: Path) -> None:
    """Every call back is refused."""
    world = carried(folder, drilled())
    world.faults = ["refused"] * 50
    went_back(folder, world)


def conflict(folder: Path) -> None:
    """Somebody else changes the rule under the run."""

    def edited(world: World) -> None:
        def sleeping(_: float) -> None:
            if at_a_quarter(world):
                world.states[RULE]["Priority"] = "77"

        world.clock.sleeping = sleeping

    carried(folder, drilled(), edited)


def guided(folder: Path) -> None:
    """A person types what is offered, at once."""
    its = drilled()

    def typed(world: World) -> None:
        by_command = {move.command: move.request for step in its.steps for move in step.moves}

        def sleeping(_: float) -> None:
            while world.offered:
                world.apply(by_command[world.offered.pop(0)])

        world.clock.sleeping = sleeping

    carried(folder, its, typed, mode="guided")


def worker(folder: Path) -> None:
    """Design D: nothing shares out requests."""
    carried(folder, of_sample("shop-worker"))


def stopped(folder: Path) -> None:
    """A check that nobody could judge."""
    carried(folder, drilled(), lambda world: world.verdicts.update(T01="inconclusive"))


KINDS: dict[str, Callable[[Path], None]] = {
    each.__name__: each
    for each in (completed, running, rolled_back, triggered, not_back, conflict, guided, worker, stopped)
}


def told(folder: Path) -> dict[str, Any]:
    """What report.json is to say."""
    return report(plan_of(folder), read(folder).lines, papers(folder))


def hostile(folder: Path, text: str) -> None:
    """A run whose every free text is *text*: names of AWS, notes and reasons of people, errors that came back."""
    thing = Thing("elbv2.rule", text)
    before, wanted = ({text: text, **forward((text, 99), (f"targetgroup:{text}", share))} for share in (0, 1))
    move = Move(thing, before, wanted, Request("elbv2.ModifyRule", {"RuleArn": text}), f"aws {text}")
    step = Step(f"shift{text}", "elb.weights", "P6", text, text, text, text, text, 5, (move,), (move,), ("T01",), ("T02",))  # fmt: skip
    its = plan(text, designs={text: [text]}, steps=(step,), eks_cluster=text, notes=(text,), traffic=(text,))
    folder.mkdir(parents=True)
    (folder / "plan.json").write_bytes(dump(its))
    start: dict[str, Any] = {"mode": "execute", "who": text, "cluster_uid": text}
    with Journal.create(folder, its, RUN, StillClock(), disk=Quick(), **start) as journal:
        for event in _events(step, move, text):
            journal.append(event)
    approval = approve(its, "P6", text, 1_795_687_200, text=text)
    keep_approval(folder, approval)
    (folder / "approvals" / "no approval \"'<b>.json").write_text(text)
    until = datetime.fromtimestamp(1_795_687_200, UTC) + timedelta(days=1)
    waiver = Waiver(check="T01", subject=text, reason=text, owner=text, expires=until)
    keep_waivers(folder, (waiver,))
    bundle(folder)


def _events(step: Step, move: Move, text: str) -> list[say.AnyEvent]:
    check = {"subject": text, "text": text, "value": text, "threshold": {text: text}, "missing": text, "lines": (text,)}
    sources = (Source(text, text),)
    ident = step.id
    return [
        say.Lock(did="taken", id=text, keys=(text,), who=text, text=text),
        say.Approval(phase="P6", who=text, when="2026-11-26T10:00:00Z", text=text),
        say.Setting(name=text, value=1.0, by=text, why=text),
        say.Transition(step=ident, was="pending", to="ready", why=text),
        say.intent(ident, 0, move),
        say.Transition(step=ident, was="ready", to="intent_written"),
        say.Result(step=ident, outcome="unsure", request_id=text, text=text),
        say.observed(ident, move.thing, {text: [text]}, "other"),
        say.verified(ident, move.thing, move.wanted),
        *(
            say.Verdict(step=ident, check=Result(id=each, verdict=verdict, sources=sources, **check))  # type: ignore[arg-type]
            for each, verdict in (("T01", "inconclusive"), ("T02", "fail"), ("T03", "error"), ("T04", "pass"))
        ),
        say.Waiver(check="T01", subject=text, reason=text, owner=text, expires="2026-11-27T10:00:00Z"),
        say.Note(text=text, by=text),
        say.Pause(step=ident, reason=text, by=text, text=text),
        say.RollbackStart(reason=text, by=text, text=text),
        say.Transition(step=ident, was="intent_written", to="rolling_back"),
        say.Transition(step=ident, was="rolling_back", to="rollback_failed"),
        say.RollbackEnd(to="rollback_failed", text=text),
    ]
