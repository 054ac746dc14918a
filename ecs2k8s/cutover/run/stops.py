"""Why a run does not go on. Each is raised where it is found and told once, at the end of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import State, Thing


class Stop(Exception):  # noqa: N818 (a run that stops is no error)
    """The run stops where it is: everything stays as it is, and `resume` goes on."""

    def __init__(self, reason: str, step: str = "") -> None:
        super().__init__(reason)
        self.reason, self.step = reason, step


class Paused(Stop):
    """By a person, a flag, a lost lock, a check that says nothing, or because a person has to act."""


class CheckFailed(Stop):
    """A check said no before anything took traffic: nothing has to be taken back."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One object as the plan has it, as this run last saw it, and as it is."""

    thing: Thing
    planned: State
    verified: State
    live: State


class Conflict(Stop):
    """Somebody else changed an object of the plan."""

    def __init__(self, reason: str, step: str, columns: Columns) -> None:
        super().__init__(reason, step)
        self.columns = columns


class GoBack(Stop):
    """Traffic has to go back now: a trigger, or a person."""


class Abort(GoBack):
    """Likewise, and the run ends for good."""
