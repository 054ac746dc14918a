"""What people decide while a run runs: approvals before a phase, and waivers of checks (cutover.md §2.9)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover.durable import make_folder, put
from ecs2k8s.cutover.plan import Phase, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan
    from ecs2k8s.cutover.verdicts import Result

APPROVAL, WAIVERS = "ecs2k8s/approval/v1", "ecs2k8s/waivers/v1"
FOLDER, WAIVERS_FILE = "approvals", "waivers.json"
ANOTHER = frozenset({"P8", "P10"})  # phases that a second person approves, whatever the plan says
TYPED = frozenset({"P10"})  # nothing leads back from here
NEVER_WAIVED = frozenset({*(f"I{number}" for number in range(1, 13)), "S01", "S31", "L06", "T13"})

# Names that SDKs, the CLI and instances give to a session.
MADE_UP = re.compile(
    r"(?i:botocore-session-\d+|aws-?(sdk|cli|go)\S*|i-[0-9a-f]{8,17}|[0-9a-f-]{16,}|[0-9.-]*)", re.ASCII
)
SKEW = 300  # seconds by which the clock of another machine may be ahead


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`plan` is the hash, so that whoever plans again has to ask again; `typed` is the unit's name, where asked for."""

    format: str
    plan: str
    phase: Phase
    who: str  # the ARN that STS tells
    when: datetime
    text: str
    typed: str = ""


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One check goes on in spite of its verdict until `expires`. Without `subject` wherever it is asked."""

    check: str
    reason: str
    owner: str
    expires: datetime
    subject: str = ""


class Waivers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: str
    waivers: tuple[Waiver, ...]


def approve(plan: Plan, phase: Phase, who: str, now: float, **said: str) -> Approval:
    """*said*: the `text`, and what was `typed`."""
    when = datetime.fromtimestamp(int(now), UTC)
    return Approval(format=APPROVAL, plan=plan.ident, phase=phase, who=who, when=when, **{"text": "", **said})


def objection(approval: Approval, plan: Plan, phase: Phase, runner: str, now: float) -> str:
    """Why *approval* does not open *phase* of *plan* to a run of *runner*; empty where it does."""
    return next(_objections(approval, plan, phase, runner, now), "")


def _objections(approval: Approval, plan: Plan, phase: Phase, runner: str, now: float) -> Iterator[str]:
    if approval.plan != plan.ident:
        yield f"is of the plan {approval.plan[:12]}, not of {plan.short}: whoever plans again has to ask again"
    if approval.phase != phase:
        yield f"is for {approval.phase}, not for {phase}"
    if _aware(approval.when) > _time(now + SKEW):
        yield f"is of {approval.when:%Y-%m-%dT%H:%M:%SZ}, which is not yet"
    if not approval.who.strip():
        yield "does not say who approves"
    if needs_another(plan, phase) and person(approval.who) == person(runner):
        yield f"is by {approval.who}, who runs it: {phase} needs another person"
    if needs_typing(plan, phase) and approval.typed != plan.unit:
        yield f"does not have the name of the unit, {plan.unit}, as it was typed: nothing leads back from {phase}"


def needs_another(plan: Plan, phase: Phase) -> bool:
    return phase in ANOTHER or any(each.another for each in plan.approvals if each.phase == phase)


def needs_typing(plan: Plan, phase: Phase) -> bool:
    return phase in TYPED or any(each.typed for each in plan.approvals if each.phase == phase)


def person(arn: str) -> str:
    """Who it is, in whatever role: `arn:aws:sts::…:assumed-role/ops/ann` is ann, and a user is its whole ARN.

    A session is named after a person where a directory hands out roles. Where a program made the name up, all sessions
    of the role count as one person.
    """
    kind, _, rest = arn.strip().split(":", 5)[-1].partition("/")
    session = rest.rpartition("/")[2]
    if kind == "assumed-role" and not MADE_UP.fullmatch(session):
        return session.casefold()
    return (arn.strip().removesuffix(f"/{session}") if kind == "assumed-role" else arn.strip()).casefold()


def read_approval(path: Path) -> Approval:
    """Raises `UsageError` with the file and what is wrong."""
    approval: Approval = _read(path, Approval)
    if approval.format != APPROVAL:
        raise UsageError(f"{path}: format {approval.format!r} is not {APPROVAL!r}")
    return approval


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Raises `UsageError` also where one may not be waived, or gives no reason or owner."""
    found: Waivers = _read(path, Waivers)
    if found.format != WAIVERS:
        raise UsageError(f"{path}: format {found.format!r} is not {WAIVERS!r}")
    for at, waiver in enumerate(found.waivers):
        if waiver.check in NEVER_WAIVED:
            raise UsageError(f"{path}: waivers[{at}]: {waiver.check} is never waived")
        if not waiver.reason.strip() or not waiver.owner.strip():
            raise UsageError(f"{path}: waivers[{at}]: needs a reason and an owner")
    return found.waivers


def keep_approval(run: Path, approval: Approval) -> Path:
    """Beside the journal, one file for each."""
    make_folder(run / FOLDER)
    path = run / FOLDER / f"{approval.phase}-{digest(approval)[:12]}.json"
    put(path, canonical(approval))
    return path


def kept_waivers(run: Path) -> tuple[Waiver, ...]:
    """Those that were given last, also to a process that was not given them again."""
    return read_waivers(run / WAIVERS_FILE) if (run / WAIVERS_FILE).exists() else ()


def keep_waivers(run: Path, waivers: Iterable[Waiver]) -> None:
    put(run / WAIVERS_FILE, canonical(Waivers(format=WAIVERS, waivers=tuple(waivers))))


def waiver_of(result: Result, waivers: Iterable[Waiver], now: float) -> Waiver | None:
    """The waiver by which *result* does not block; one that has expired is none."""
    if result.id in NEVER_WAIVED or not result.blocks:
        return None
    for waiver in waivers:
        same = waiver.check == result.id and waiver.subject in ("", result.subject)
        if same and _aware(waiver.expires) > _time(now):
            return waiver
    return None


def waived(result: Result, waiver: Waiver) -> Result:
    """The same result, which says that it was waived, by whom and why."""
    why = f"waived by {waiver.owner} until {waiver.expires:%Y-%m-%d}: {waiver.reason}"
    return msgspec.structs.replace(result, verdict="waived", text=f"{why}. It was {result.verdict}: {result.text}")


def _read(path: Path, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: {error}") from error


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _time(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)
