"""What a journal amounts to: the state of the run and of its steps, and what is open. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.journal.events import (
    Abort,
    Approval,
    Completed,
    Event,
    Intent,
    JournalError,
    Lock,
    Observed,
    Pause,
    Result,
    Resume,
    RollbackEnd,
    RollbackStart,
    RunStart,
    Seal,
    Setting,
    Transition,
    Verdict,
    Verified,
    Waiver,
)
from ecs2k8s.cutover.states import RunState, StepState, TransitionError, follow_run, follow_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Thing


@dataclass(frozen=True, slots=True)
class Rollback:
    """One going back, by an abort or a rollback; `end` is None while it lasts."""

    start: Line
    end: Line | None = None

    @property
    def to(self) -> str:
        """`rolled_back` or `rollback_failed`; empty while it lasts."""
        return self.end.event.to if self.end and isinstance(self.end.event, RollbackEnd) else ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its journal tells it. `intent` is open: sent perhaps, and not verified; `result` is what came back.

    `verified` has what each object was last seen to be when it was right; nothing else may be there now (I10).
    """

    id: str
    plan: str
    start: RunStart
    state: RunState
    steps: Mapping[str, StepState]
    intent: Intent | None
    result: Result | None
    intents: tuple[Intent, ...]
    verified: Mapping[Thing, Verified]
    pauses: tuple[Pause, ...]  # why it is paused; each was a veto of its own
    other: Observed | None  # what somebody else changed, while the run stands there
    verdicts: tuple[Line, ...]
    approvals: tuple[Approval, ...]
    waivers: tuple[Waiver, ...]
    rollbacks: tuple[Rollback, ...]
    lock: Lock | None  # what was last said about it
    settings: Mapping[str, float]
    last: Line

    def step(self, ident: str) -> StepState:
        return self.steps.get(ident, "pending")


def fold(lines: Iterable[Line]) -> Run:
    """Raises `TransitionError` where a state followed one that it cannot follow, and `JournalError` without a line."""
    folding = Folding()
    for line in lines:
        folding.take(line)
    return folding.run()


class Folding:
    """A run while its lines come in. A line that is refused changes nothing."""

    def __init__(self) -> None:
        self.state: RunState | None = None
        self.steps: dict[str, StepState] = {}
        self.intent: Intent | None = None
        self.result: Result | None = None
        self.verified: dict[Thing, Verified] = {}
        self.pauses: list[Pause] = []
        self.other: Observed | None = None
        self.rollbacks: list[Rollback] = []
        self.lock: Lock | None = None
        self.settings: dict[str, float] = {}
        self.kept: defaultdict[type[Event], list[Line]] = defaultdict(list)
        self.last: Line | None = None

    def take(self, line: Line) -> None:
        event = line.event
        if (self.state is None) != isinstance(event, RunStart):
            raise JournalError(f"line {line.head.seq}: the first event, and no other, begins the run")
        if type(event) in TAKES:
            TAKES[type(event)](self, event, line)
        if type(event) in KEPT:
            self.kept[type(event)].append(line)
        self.last = line

    def run(self) -> Run:
        if self.state is None or self.last is None:
            raise JournalError("a journal without a line tells of no run")
        return Run(
            id=self.last.head.run,
            plan=self.last.head.plan,
            start=self._events(RunStart)[0],
            state=self.state,
            steps=MappingProxyType(dict(self.steps)),
            intent=self.intent,
            result=self.result,
            intents=tuple(self._events(Intent)),
            verified=MappingProxyType(dict(self.verified)),
            pauses=tuple(self.pauses),
            other=self.other,
            verdicts=tuple(self.kept[Verdict]),
            approvals=tuple(self._events(Approval)),
            waivers=tuple(self._events(Waiver)),
            rollbacks=tuple(self.rollbacks),
            lock=self.lock,
            settings=MappingProxyType(dict(self.settings)),
            last=self.last,
        )

    def _events(self, kind: type[Any]) -> list[Any]:
        return [line.event for line in self.kept[kind]]

    def become(self, state: RunState) -> None:
        self.state = follow_run(self.state, state) if self.state else state
        self.pauses = []
        if state != "paused":
            self.other = None


def _follow(to: Folding, event: Event, _: Line) -> None:
    to.become(RUN_AFTER[type(event)])


def _pause(to: Folding, event: Pause, _: Line) -> None:
    """A second veto pauses nothing more, but is a reason too."""
    if to.state != "paused":
        to.become("paused")
    to.pauses.append(event)


def _move(to: Folding, event: Transition, _: Line) -> None:
    state = to.steps.get(event.step, "pending")
    if event.was != state:
        raise TransitionError(f"step {event.step} is {state}, so it cannot go from {event.was} to {event.to}")
    to.steps[event.step] = follow_step(state, event.to)


def _intend(to: Folding, event: Intent, _: Line) -> None:
    """One call at a time, and none while paused; the way back waits for nothing (I12)."""
    if event.way == "forth" and to.state != "running":
        raise TransitionError(f"a run that is {to.state} sends nothing but the way back")
    if event.way == "forth" and to.intent and to.intent.key != event.key:
        raise TransitionError(f"step {event.step} cannot send: what step {to.intent.step} sent was not verified")
    to.intent, to.result = event, None


def _answer(to: Folding, event: Result, _: Line) -> None:
    if not to.intent or to.intent.step != event.step:
        raise TransitionError(f"step {event.step} has a result, but sent nothing")
    to.result = event
    if event.outcome == "refused":
        to.intent = None


def _observe(to: Folding, event: Observed, _: Line) -> None:
    if event.found == "other":
        to.other = event


def _verify(to: Folding, event: Verified, _: Line) -> None:
    to.verified[event.thing] = event
    if to.intent and to.intent.thing == event.thing:
        to.intent, to.result = None, None


def _start_back(to: Folding, event: Event, line: Line) -> None:
    to.become(RUN_AFTER[type(event)])
    to.rollbacks.append(Rollback(line))


def _end_back(to: Folding, event: RollbackEnd, line: Line) -> None:
    to.become(event.to)
    to.rollbacks[-1] = Rollback(to.rollbacks[-1].start, line)


def _lock(to: Folding, event: Lock, _: Line) -> None:
    to.lock = event


def _set(to: Folding, event: Setting, _: Line) -> None:
    to.settings[event.name] = event.value


RUN_AFTER: dict[type[Event], RunState] = {
    RunStart: "running",
    Resume: "running",
    Abort: "aborting",
    RollbackStart: "rolling_back",
    Completed: "completed",
    Seal: "closed",
}
TAKES: dict[type[Event], Callable[[Folding, Any, Line], None]] = {
    RunStart: _follow,
    Resume: _follow,
    Completed: _follow,
    Seal: _follow,
    Abort: _start_back,
    RollbackStart: _start_back,
    RollbackEnd: _end_back,
    Pause: _pause,
    Transition: _move,
    Intent: _intend,
    Result: _answer,
    Observed: _observe,
    Verified: _verify,
    Lock: _lock,
    Setting: _set,
}
KEPT = {RunStart, Intent, Verdict, Approval, Waiver}
