"""The plan of one unit: which object goes from which state to which, step by step. An immutable file."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

from ecs2k8s.core.documents import canonical
from ecs2k8s.core.errors import PlanError

FORMAT = "ecs2k8s/plan/v1"
REVIEWED = "plan.json"  # in the inputs of a rehearsal: the sha256 of the plan that it is made of

# What an object is, as JSON with sorted keys, whichever side said it: the snapshot, AWS, or a cluster. None: it does
# not exist. Two states are the same exactly when they are equal.
State = Any

Purpose = Literal["move", "decommission", "remove", "rehearse"]
Phase = Literal["P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All parts of a plan are values; a key that this version does not know is refused when the file is read."""


class Thing(Part, frozen=True, order=True):
    """An object that a step changes or that the plan relies on.

    `kind` is a key of `things.KINDS` (`elbv2.rule`, `kubernetes.kustomization`); `id` is an ARN where AWS gives one,
    else what the kind says.
    """

    kind: str
    id: str


class Request(Part, frozen=True):
    """One call: `elbv2.ModifyRule` with the parameters as boto3 takes them, or `kubernetes.Apply`."""

    call: str
    parameters: dict[str, Any] = {}


class Move(Part, frozen=True):
    """One object from one state to another by one call, and the same as a command for a person.

    To be done is to be seen as `wanted`. Where the object is neither as `before` nor as `wanted`, somebody else
    changed it, and nobody moves it.
    """

    thing: Thing
    before: State
    wanted: State
    request: Request
    command: str


class Wait(Part, frozen=True):
    """A bake: it ends when both the time and the requests are reached, and is undecided after `limit` seconds."""

    seconds: int
    requests: int = 0  # that the EKS side answered
    limit: int = 0


class Step(Part, frozen=True):
    """`kind` is one of the kinds of step (`elb.weights`). `moves` happen in this order, `back` undoes them.

    `before` names the checks that must pass first, `checks` those that must pass for the step to be done.
    """

    id: str
    kind: str
    phase: Phase
    title: str
    success: str  # what is seen when it is done
    rollback: str  # how a person undoes it, in words
    why: str = ""
    owner: str = ""
    minutes: int = 0  # planned
    moves: tuple[Move, ...] = ()
    back: tuple[Move, ...] = ()
    before: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    share: int | None = None  # per cent of the requests that EKS gets when the step is done
    wait: Wait | None = None
    guided: bool = False  # only a person does it: `moves` hold the commands, and the program watches
    commands: tuple[str, ...] = ()  # what a person types where no move has it
    undo: tuple[str, ...] = ()  # what takes that back
    takes_back: str = ""  # in a rehearsal: the step whose moves this one takes back


class Fingerprint(Part, frozen=True):
    """The state of an object that the plan relies on, as the snapshot has it."""

    thing: Thing
    state: State


class Writer(Part, frozen=True):
    """Something else that may write an object of the plan, such as `CodeDeploy`, `CloudFormation` or `Terraform`."""

    thing: Thing
    name: str
    said_by: str  # the field or tag that tells it
    refused: bool  # the plan cannot be run while it may write


class Approval(Part, frozen=True):
    """Before a phase. `another` person than the one who runs; `typed`: the name of the unit has to be typed."""

    phase: Phase
    another: bool = False
    typed: bool = False


class Plan(Part, frozen=True):
    """See cutover.md §2.1: made of a snapshot alone, so that planning twice gives the same bytes."""

    format: str
    version: str  # of the program
    unit: str
    purpose: Purpose
    designs: dict[str, list[str]]  # by workload, `namespace/name`
    account: str
    partition: str
    region: str
    eks_cluster: str
    taken: str  # when the snapshot was taken, RFC 3339
    expires: str  # a run has to start before
    inputs: dict[str, str]  # sha256 of the snapshot and of the output
    steps: tuple[Step, ...]
    fingerprints: tuple[Fingerprint, ...] = ()
    writers: tuple[Writer, ...] = ()
    approvals: tuple[Approval, ...] = ()
    traffic: tuple[str, ...] = ()  # what one run may hold at a time: ARNs of rules and listeners, names of records
    permissions: dict[str, list[str]] = {}  # IAM actions by mode: `guided`, `execute`
    schedule: str = "default"
    thresholds: dict[str, float] = {}
    objectives: dict[str, float] = {}  # by target group of ECS: per cent of requests without an error
    notes: tuple[str, ...] = ()  # what a person has to know before anything else
    executable: bool = False
    seal: str = ""  # sha256 of all the rest: a file that somebody edited, be it a text or a check, is known by it

    @property
    def ident(self) -> str:
        """The sha256 of the file, by which approvals and runs name the plan."""
        return hashlib.sha256(dump(self)).hexdigest()

    @property
    def reviewed(self) -> str:
        """What people have read and approve: of a rehearsal the plan that it is made of."""
        return self.inputs.get(REVIEWED, self.ident) if self.purpose == "rehearse" else self.ident

    @property
    def short(self) -> str:
        return self.ident[:12]

    def step(self, ident: str) -> Step:
        """Raises `PlanError` where there is none."""
        for step in self.steps:
            if step.id == ident:
                return step
        raise PlanError(f"the plan of {self.unit} has no step {ident!r}")


def dump(plan: Plan) -> bytes:
    """plan.json: canonical JSON."""
    return canonical(plan)


def sealed(plan: Plan) -> Plan:
    """*plan* with its seal. Who edits a plan on purpose can make another one: approvals name the whole file."""
    return msgspec.structs.replace(plan, seal=digest(msgspec.structs.replace(plan, seal="")))


def load(data: bytes, where: str) -> Plan:
    """Raises `PlanError` with the file and the path of what is wrong."""
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PlanError(f"{where}: {error}") from error
    if plan.format != FORMAT:
        raise PlanError(f"{where}: format {plan.format!r} is not {FORMAT!r}: plan again with this version")
    seen: set[str] = set()
    for step in plan.steps:
        if step.id in seen:
            raise PlanError(f"{where}: has two steps {step.id!r}")
        seen.add(step.id)
    return plan


def digest(value: object) -> str:
    """The sha256 of a state, a request or anything else that is JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()
