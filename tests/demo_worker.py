"""A worker, which consumes a queue: exactly one side may do so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tests.demo_story import BACK, BY_HAND, OUT, WAITS, Story, waived


@dataclass(frozen=True, slots=True)
class Worker(Story):
    unit: ClassVar[str] = "shop-worker"

    def tell(self) -> None:
        self.desk.note("The worker consumes a queue: it is off on ECS before it is on on EKS, and the other way round.")
        self.desk.program("plan", OUT, "--unit", self.unit)
        self.cutover("run", *waived(), ends=WAITS)
        go = self.approve("P5", "Work is handed over")
        self.cutover("resume", *BY_HAND, *go)
        self.count()
        self.cutover("rollback", "--why", "the queue grows older", ends=BACK)
        self.count()

    def count(self) -> None:
        self.desk.note(f"Of the worker, {self.world.tasks()} tasks run on ECS, and {self.world.pods()} pods on EKS.")
