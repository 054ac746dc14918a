"""The states of a step and of a run, and the only ways between them (cutover.md §2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.errors import Ecs2k8sError

if TYPE_CHECKING:
    from collections.abc import Mapping

StepState = Literal[
    "pending", "blocked", "ready", "awaiting_approval", "intent_written", "applied", "verifying", "verified",
    "inconclusive", "conflict", "failed", "rolling_back", "rolled_back", "rollback_failed", "skipped", "waived",
]  # fmt: skip
RunState = Literal[
    "running", "paused", "aborting", "rolling_back", "rolled_back", "rollback_failed", "completed", "closed",
]  # fmt: skip


class TransitionError(Ecs2k8sError):
    """A state was about to follow one that it cannot follow: a defect, and nothing was sent."""


STEP: Mapping[StepState, frozenset[StepState]] = {
    "pending": frozenset({"blocked", "ready", "skipped", "waived", "conflict", "rolling_back"}),
    "blocked": frozenset({"ready", "pending", "skipped", "waived", "conflict", "rolling_back"}),
    "ready": frozenset(
        {"awaiting_approval", "intent_written", "verifying", "blocked", "conflict", "waived", "rolling_back"}
    ),
    "awaiting_approval": frozenset({"intent_written", "verifying", "ready", "conflict", "rolling_back"}),
    "intent_written": frozenset({"applied", "intent_written", "ready", "failed", "conflict", "rolling_back"}),
    "applied": frozenset({"verifying", "intent_written", "failed", "conflict", "rolling_back"}),
    "verifying": frozenset({"verified", "inconclusive", "failed", "conflict", "waived", "rolling_back"}),
    "inconclusive": frozenset({"verifying", "failed", "waived", "conflict", "rolling_back"}),
    "conflict": frozenset({"verifying", "ready", "rolling_back", "failed"}),
    "failed": frozenset({"rolling_back", "ready"}),
    "verified": frozenset({"rolling_back", "conflict"}),
    "waived": frozenset({"rolling_back"}),
    "skipped": frozenset({"rolling_back"}),
    "rolling_back": frozenset({"rolled_back", "rollback_failed"}),
    "rollback_failed": frozenset({"rolling_back"}),
    "rolled_back": frozenset({"rolling_back"}),
}  # fmt: skip
RUN: Mapping[RunState, frozenset[RunState]] = {
    "running": frozenset({"paused", "aborting", "rolling_back", "completed"}),
    "paused": frozenset({"running", "aborting", "rolling_back"}),
    "aborting": frozenset({"rolled_back", "rollback_failed"}),
    "rolling_back": frozenset({"rolled_back", "rollback_failed"}),
    "rollback_failed": frozenset({"rolling_back", "aborting", "closed"}),  # closed: a person has set it right
    "rolled_back": frozenset({"rolling_back", "closed"}),
    "completed": frozenset({"rolling_back", "closed"}),
    "closed": frozenset({"rolling_back"}),  # invariant I12: going back is always allowed
}
OVER: frozenset[RunState] = frozenset({"completed", "rolled_back", "closed"})  # nothing is left to do


def follow_step(before: StepState, after: StepState) -> StepState:
    """*after*, where it may follow *before*. Raises `TransitionError`."""
    if after not in STEP[before]:
        raise TransitionError(f"a step that is {before} cannot become {after}")
    return after


def follow_run(before: RunState, after: RunState) -> RunState:
    """*after*, where it may follow *before*. Raises `TransitionError`."""
    if after not in RUN[before]:
        raise TransitionError(f"a run that is {before} cannot become {after}")
    return after
