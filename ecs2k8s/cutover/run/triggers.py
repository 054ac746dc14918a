"""What is watched while EKS gets requests, and what a bad verdict leads to (cutover.md §2.11)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecs2k8s.cutover.journal.events import Verdict
from ecs2k8s.cutover.run.stops import GoBack, Paused

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.run.context import Run
    from ecs2k8s.cutover.verdicts import Result

ERRORS = 4  # in a row without an answer, until not knowing stops the ramp


@dataclass(frozen=True, slots=True)
class Trigger:
    """`looks` that must say the same, one after the other, before anything happens; `every` so many seconds.

    Where pausing is not enough, the result says so (`grave`).
    """

    check: str
    then: Literal["back", "pause"]
    every: float = 60.0
    looks: int = 2


TRIGGERS = (
    Trigger("L06", "back", every=10.0, looks=1),
    Trigger("T02", "back"),
    Trigger("T05", "back"),
    Trigger("T06", "back"),
    Trigger("T08", "back"),
    Trigger("T11", "back"),
    Trigger("T15", "back", looks=1),
    Trigger("T01", "pause"),
    Trigger("T04", "pause"),
    Trigger("T10", "pause"),
    Trigger("T12", "pause"),
    Trigger("T13", "pause"),
)


PAUSING = frozenset(trigger.check for trigger in TRIGGERS if trigger.then == "pause")


def only_pauses(result: Result) -> bool:
    """Whether a failure stops the ramp where it is, because going back is no answer to it, or not yet."""
    return result.id in PAUSING and not result.grave


@dataclass(slots=True)
class Watch:
    """What was seen so far of each trigger; a process of its own begins anew."""

    looked: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)

    def look(self, run: Run, step: Step) -> None:
        """Look at all that is due: what only pauses keeps nothing from leading back. Raises `GoBack` or `Paused`."""
        pauses = []
        for trigger in TRIGGERS:
            if self.due(run, trigger.check, trigger.every):
                try:
                    self._judge(run, step, trigger)
                except Paused as stop:
                    pauses.append(stop)
        if pauses:
            raise pauses[0]

    def due(self, run: Run, what: str, every: float) -> bool:
        """Whether *what* was not looked at for *every* seconds; it counts as looked at now."""
        now = run.clock.monotonic()
        if now < self.looked.get(what, float("-inf")) + every:
            return False
        self.looked[what] = now
        return True

    def _judge(self, run: Run, step: Step, trigger: Trigger) -> None:
        for look in range(1, trigger.looks + 1):
            result = run.judge(trigger.check, step)
            self._write(run, step, result)
            if result.verdict not in ("fail", "error") or run.controls.waived(result):
                self.errors[trigger.check] = 0
                return
            if result.verdict == "error":
                self._not_known(step, result)
                return
            self.errors[trigger.check] = 0
            if look < trigger.looks:
                run.clock.sleep(run.pace.look)
        stop = Paused if only_pauses(result) else GoBack
        raise stop(f"{trigger.check}: {result.text}", step.id)

    def _not_known(self, step: Step, result: Result) -> None:
        count = self.errors[result.id] = self.errors.get(result.id, 0) + 1
        if count >= ERRORS:
            raise Paused(f"{result.id} cannot be judged: {result.text}", step.id)

    def _write(self, run: Run, step: Step, result: Result) -> None:
        """Only what is news: a bake of a day looks thousands of times."""
        if self.said.get(result.id) != result.verdict:
            self.said[result.id] = result.verdict
            run.journal.append(Verdict(step=step.id, check=result))
