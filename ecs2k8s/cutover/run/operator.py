"""What people ask of a run: by a signal, by a file that another process leaves in its folder, by approvals and waivers.

Any one veto pauses, and none can be overruled: the file `asked.json`, a file `pause` in the folder of all cutovers of
the directory, the flag at a lock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.errors import OutputError, UsageError
from ecs2k8s.cutover.approvals import FOLDER, keep_approval, objection, read_approval, waiver_of
from ecs2k8s.cutover.durable import put
from ecs2k8s.cutover.folder import all_of
from ecs2k8s.cutover.journal import events
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    from ecs2k8s.cutover.approvals import Approval, Waiver
    from ecs2k8s.cutover.journal.file import Journal
    from ecs2k8s.cutover.locks.shared import Keeper
    from ecs2k8s.cutover.plan import Phase, Plan, Step
    from ecs2k8s.cutover.verdicts import Result
    from ecs2k8s.cutover.world import Clock

FILE = "asked.json"
VETO = "pause"  # in DIR/cutover: a person's flag for all runs of the directory
BACK = ("rollback", "abort")  # who asked for the way back is heard, whoever resumes
STRONGEST = ("rollback", "abort", "pause", "resume")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    by: str
    text: str = ""


def ask(folder: Path, asked: Asked) -> None:
    """Leave a wish for the process that carries the run out; a weaker one does not replace a stronger one."""
    before = left(folder)
    if before is None or STRONGEST.index(asked.what) < STRONGEST.index(before.what):
        put(folder / FILE, msgspec.json.encode(_File(asked.what, asked.by, asked.text)))


def left(folder: Path) -> Asked | None:
    """The wish that was left. One that cannot be read is a wish to pause."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=_File)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Asked("pause", FILE, "cannot be read")
    return Asked(found.what if found.what in STRONGEST else "pause", found.by, found.text)


def forget(folder: Path, but: Container[str] = ()) -> None:
    """When a person resumes, or when the wish was carried out; one of *but* stays."""
    wish = left(folder)
    if wish is not None and wish.what in but:
        return
    try:
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder / FILE}: {error.strerror}") from error


@dataclass(slots=True)
class Operator:
    """`context.Controls` of a run in *folder*. `signalled` is set by the handler of a signal."""

    folder: Path
    plan: Plan
    journal: Journal
    clock: Clock
    who: str
    keeper: Keeper | None = None
    waivers: tuple[Waiver, ...] = ()
    signalled: Asked | None = None
    used: set[str] = field(default_factory=set)

    def asked(self) -> Asked | None:
        found = [each for each in (self.signalled, left(self.folder), self._veto()) if each]
        return min(found, key=lambda each: STRONGEST.index(each.what), default=None)

    def _veto(self) -> Asked | None:
        if (all_of(self.folder, self.plan.purpose) / VETO).exists():
            return Asked("pause", VETO, "the file stands in the folder of the cutovers")
        if self.keeper is None:
            return None
        try:
            why = self.keeper.lock.paused()
        except UnreadableError:
            return None  # the keeper says when nobody tells for too long
        return Asked("pause", "the lock", why) if why else None

    def lost(self) -> str:
        return self.keeper.why_not() if self.keeper else ""

    def heard(self) -> None:
        forget(self.folder)

    def leaves(self) -> bool:
        return self.signalled is not None or bool(self.lost())

    def approved(self, step: Step) -> str:
        phase = step.phase
        if phase in self.used or not any(each.phase == phase for each in self.plan.approvals):
            return ""
        said = []
        for approval in self._approvals(phase):
            why = objection(approval, self.plan, phase, self.who, self.clock.now())
            if not why:
                self._use(approval)
                return ""
            said.append(f"the approval of {approval.who} {why}")
        return "; ".join(said) or f"nobody approved {phase} of the plan {self.plan.short}"

    def _approvals(self, phase: Phase) -> Iterator[Approval]:
        for file in sorted((self.folder / FOLDER).glob("*.json")):
            try:
                found = read_approval(file)
            except UsageError:
                continue  # it opens nothing
            if found.phase == phase:
                yield found

    def _use(self, approval: Approval) -> None:
        self.used.add(approval.phase)
        when = approval.when.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.journal.append(events.Approval(phase=approval.phase, who=approval.who, when=when, text=approval.text))

    def waived(self, result: Result) -> str:
        found = waiver_of(result, self.waivers, self.clock.now())
        if found and (key := f"waiver of {found.check} {found.subject}") not in self.used:
            self.used.add(key)
            when = found.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
            its = {"check": found.check, "subject": found.subject, "reason": found.reason, "owner": found.owner}
            self.journal.append(events.Waiver(**its, expires=when))
        return f"waived by {found.owner}: {found.reason}" if found else ""


def take_approval(folder: Path, plan: Plan, file: Path) -> None:
    """Keep an approval that somebody gives. Raises `UsageError` where it is of another plan."""
    keep_approval(folder, approval_for(plan, file))


def approval_for(plan: Plan, file: Path) -> Approval:
    """Raises `UsageError` where it is of another plan."""
    found = read_approval(file)
    if found.plan != plan.reviewed:
        raise UsageError(
            f"{file}: approves the plan {found.plan[:12]}, and this is {plan.reviewed[:12]}: plan again, ask again"
        )
    return found
