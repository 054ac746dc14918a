"""What a journal can say: one type for each event, by the names of cutover.md §2.6.

States of objects stand here for people, with secrets masked. What they were is told by their digests, and a step back
takes its values from plan.json, which lies in the same folder and never changes.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.cutover.plan import Move, Purpose, State, Thing, digest
from ecs2k8s.cutover.states import StepState
from ecs2k8s.cutover.verdicts import Result as CheckResult

FORMAT = "ecs2k8s/journal/v1"
Way = Literal["forth", "back"]


class JournalError(Ecs2k8sError):
    """A journal cannot be written any more, or says what it cannot say."""


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, tag_field="ev"):
    """`step` is the id of a step of the plan, empty where the event is about the run."""

    step: str = ""

    @property
    def ev(self) -> str:
        return str(self.__struct_config__.tag)


class RunStart(Event, frozen=True, tag="run_start", kw_only=True):
    """The first line. `cluster_uid` is the UID of the namespace kube-system: the name of a context proves nothing."""

    format: str
    version: str
    unit: str
    mode: Literal["guided", "execute"]
    who: str
    cluster_uid: str = ""
    purpose: Purpose = "move"  # of the plan: `rehearse` takes back what it did


class Lock(Event, frozen=True, tag="lock", kw_only=True):
    did: Literal["taken", "lost", "released", "broken"]
    id: str
    keys: tuple[str, ...] = ()
    who: str = ""
    text: str = ""


class Approval(Event, frozen=True, tag="approval", kw_only=True):
    phase: str
    who: str
    when: str  # RFC 3339
    text: str = ""


class Waiver(Event, frozen=True, tag="waiver", kw_only=True):
    check: str
    subject: str  # empty: wherever the check is asked
    reason: str
    owner: str
    expires: str  # RFC 3339


class Precheck(Event, frozen=True, tag="precheck", kw_only=True):
    """Whether a step may begin: the invariants, and that nothing moved since it was last verified."""

    ok: bool
    text: str = ""


class Intent(Event, frozen=True, tag="intent", kw_only=True):
    """A call is about to be sent. `move` counts the moves of the step, or its moves back, from 0."""

    move: int
    way: Way
    thing: Thing
    before: State
    wanted: State
    before_sha256: str
    wanted_sha256: str
    request_sha256: str

    @property
    def key(self) -> tuple[str, int, Way]:
        return self.step, self.move, self.way


class Result(Event, frozen=True, tag="result", kw_only=True):
    """What came back. `refused`: surely without effect. `unsure`: only looking helps."""

    outcome: Literal["answered", "refused", "unsure"]
    request_id: str = ""
    text: str = ""


class Observed(Event, frozen=True, tag="observed", kw_only=True):
    """What is there, compared with the open intent. `other`: somebody else changed it."""

    thing: Thing
    found: Literal["wanted", "before", "other"]
    state: State
    sha256: str


class Verified(Event, frozen=True, tag="verified", kw_only=True):
    """What is there is what is meant to be there; nothing goes on while this is not what is there."""

    thing: Thing
    state: State
    sha256: str


class Verdict(Event, frozen=True, tag="verdict", kw_only=True):
    check: CheckResult


class Transition(Event, frozen=True, tag="transition", kw_only=True, rename={"was": "from"}):
    """A step went from one state to another."""

    was: StepState
    to: StepState
    why: str = ""


class Pause(Event, frozen=True, tag="pause", kw_only=True):
    """`reason` is a word for programs (`conflict`, `lost_lock`, `veto`), `text` a sentence for people."""

    reason: str
    by: str = ""
    text: str = ""


class Resume(Event, frozen=True, tag="resume", kw_only=True):
    by: str
    text: str = ""


class Abort(Event, frozen=True, tag="abort", kw_only=True):
    by: str
    text: str = ""


class RollbackStart(Event, frozen=True, tag="rollback_start", kw_only=True):
    reason: str  # the trigger's name, or `person`
    by: str = ""
    text: str = ""


class RollbackEnd(Event, frozen=True, tag="rollback_end", kw_only=True):
    to: Literal["rolled_back", "rollback_failed"]
    text: str = ""


class Completed(Event, frozen=True, tag="completed", kw_only=True):
    text: str = ""


class Setting(Event, frozen=True, tag="setting", kw_only=True):
    """A threshold that was changed while the run ran."""

    name: str
    value: float
    by: str
    why: str


class Note(Event, frozen=True, tag="note", kw_only=True):
    text: str
    by: str = ""


class Torn(Event, frozen=True, tag="torn", kw_only=True):
    """A line whose writing was interrupted was cut off; it lies in the file `copy`."""

    size: int
    copy: str


class Seal(Event, frozen=True, tag="seal", kw_only=True):
    """The run is closed. What comes after can only be a way back."""

    by: str = ""
    text: str = ""


AnyEvent = (
    RunStart | Lock | Approval | Waiver | Precheck | Intent | Result | Observed | Verified | Verdict | Transition
    | Pause | Resume | Abort | RollbackStart | RollbackEnd | Completed | Setting | Note | Torn | Seal
)  # fmt: skip
EVENTS = (
    "run_start", "lock", "approval", "waiver", "precheck", "intent", "result", "observed", "verified", "verdict",
    "transition", "pause", "resume", "abort", "rollback_start", "rollback_end", "completed", "setting", "note",
    "torn", "seal",
)  # fmt: skip


KINDS: dict[str, type[AnyEvent]] = {str(kind.__struct_config__.tag): kind for kind in AnyEvent.__args__}


def event(ev: str, fields: dict[str, Any]) -> AnyEvent:
    """The event of that name. Raises `JournalError` where there is none, or it cannot have such fields."""
    if ev not in KINDS:
        raise JournalError(f"there is no event {ev!r}")
    try:
        return msgspec.convert(fields, KINDS[ev])
    except msgspec.ValidationError as error:
        raise JournalError(f"the event {ev!r} cannot be written: {error}") from error


def intent(step: str, move: int, of: Move, way: Way = "forth") -> Intent:
    return Intent(
        step=step,
        move=move,
        way=way,
        thing=of.thing,
        before=of.before,
        wanted=of.wanted,
        before_sha256=digest(of.before),
        wanted_sha256=digest(of.wanted),
        request_sha256=digest(of.request),
    )


def observed(step: str, thing: Thing, state: State, found: Literal["wanted", "before", "other"]) -> Observed:
    return Observed(step=step, thing=thing, found=found, state=state, sha256=digest(state))


def verified(step: str, thing: Thing, state: State) -> Verified:
    return Verified(step=step, thing=thing, state=state, sha256=digest(state))
