"""A service behind the load balancer: requests move to EKS share by share, stop on the way, and go back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from tests.demo_story import BACK, BY_HAND, OUT, WAITS, Story, waived

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.demo_world import Counted

SCHEDULE = f"{OUT}/schedule.yaml"
STAGES = """\
hold_days: 1
stages:
- {share: 5, minutes: 12, requests: 300}
- {share: 25, minutes: 5, requests: 600}
- {share: 50, minutes: 60, requests: 5000}
- {share: 100, minutes: 60, requests: 5000}
"""
SLOW = """\
The demo writes cutover-demo/schedule.yaml: after the drill, 5 % first. At 1 % it would take 60,000 requests until EKS has
answered the 600 of which the run wants to see none fail."""
SEEN = 180.0  # until a whole minute has passed in which no request went to EKS
LUNCH = '"Weight":75}'  # what is to be typed when lunch comes: 25 % to EKS


@dataclass(frozen=True, slots=True)
class Service(Story):
    unit: ClassVar[str] = "shop-backend"
    seen: list[Counted] = field(default_factory=list)

    def tell(self) -> None:
        self.plan()
        self.cutover("run", ends=WAITS)
        self.waive()
        self.desk.note("Nobody can see whether two of the steps are done, so a person says it.")
        self.cutover("resume", *waived(), *BY_HAND, ends=WAITS)
        go = self.approve("P6", "First requests go to EKS")
        self.cutover(
            "resume", *go, ends=WAITS, on={**self.counting("drill", "drill-back", "shift-5"), LUNCH: self.pause}
        )
        self.count()
        self.cutover("status", ends=WAITS)
        self.cutover("resume", ends=BACK, on={**self.counting("shift-25"), "shift-50: The weights": self.back})
        self.world.stage.clock.sleep(SEEN)
        self.count()
        self.prove()

    def plan(self) -> None:
        (self.desk.place / SCHEDULE).write_text(STAGES, "utf-8")
        self.desk.note(SLOW)
        self.desk.program("plan", OUT, "--unit", self.unit, "--schedule", SCHEDULE)

    def counting(self, *steps: str) -> dict[str, Callable[[], None]]:
        """When they are done."""
        return {f"{step}: The weights": self.count for step in steps}

    def count(self) -> None:
        self.seen.append(self.world.counted())
        self.desk.note(f"{self.seen[-1]}")

    def pause(self) -> None:
        self.desk.note("Lunch comes before anybody has typed that.")
        self.cutover("pause", "--why", "lunch")

    def back(self) -> None:
        self.count()
        self.cutover("rollback", "--why", "customers complain")
