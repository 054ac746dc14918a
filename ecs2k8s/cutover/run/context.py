"""What every part of a run is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ecs2k8s.cutover.journal.file import Journal
    from ecs2k8s.cutover.plan import Plan, Step
    from ecs2k8s.cutover.verdicts import Result
    from ecs2k8s.cutover.world import Clock, Reader, Sender

# Runs the check of an id for a step, on the world as it is now. It never raises for what it cannot read: that is a
# result too.
Judge = Callable[[str, "Step"], "Result"]
# Requests that the EKS side of a step answered in [since, until); None where nobody counted.
Count = Callable[["Step", float, float], "int | None"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants of a run while it runs: `pause`, `abort`, `rollback`, or `resume` of one that waits."""

    what: str
    by: str
    text: str = ""


class Controls(Protocol):
    """People and other processes."""

    def asked(self) -> Asked | None:
        """The strongest wish that is still open."""

    def lost(self) -> str:
        """Renews the locks when it is time. Why they are lost; empty while they are held."""

    def heard(self) -> None:
        """The wish was fulfilled."""

    def leaves(self) -> bool:
        """Whether the process is to end now, by a signal or because it lost its locks."""

    def approved(self, step: Step) -> str:
        """What is missing before the phase of *step*; empty when nothing is."""

    def waived(self, result: Result) -> str:
        """By whom and why *result* is waived; empty when it is not."""


class Talk(Protocol):
    """Lines for the operator; foreign text is escaped by it."""

    def say(self, text: str) -> None: ...

    def offer(self, step: Step, command: str, *, back: bool = False) -> None:
        """Guided: what a person has to type now, to carry *step* out or to take it back."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `hold`: what load balancers take at most until all of them have new weights."""

    poll: float = 2.0
    tick: float = 10.0
    seen: float = 120.0  # until what was sent has to be seen
    settle: float = 20.0  # until what may have been sent is taken for lost
    hold: float = 60.0
    look: float = 10.0  # between two looks at a trigger
    measured: float = 600.0  # until new weights can be judged: whole minutes of them, which CloudWatch tells later


@dataclass(frozen=True, slots=True)
class Run:
    """A plan being carried out. Without `sender` it is guided: a person sends, and the run watches."""

    plan: Plan
    journal: Journal
    reader: Reader
    clock: Clock
    judge: Judge
    count: Count
    controls: Controls
    talk: Talk
    sender: Sender | None = None
    pace: Pace = field(default_factory=Pace)
    stays: bool = False  # paused with requests at EKS, it goes on watching instead of ending
