"""What a diff found, as values: rows for leaves, changes for objects, and the diff that holds them.

`Diff.plain` is the machine form, `ecs2k8s/diff/v1`. Text, Markdown and HTML are views of it and of nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from ecs2k8s.core.findings import SEVERITIES, catalogue

SCHEMA = "ecs2k8s/diff/v1"
MASKED = "••••••"  # of one length, whatever it hides
Name = Literal["translate", "drift", "cluster", "plan"]


class Risk(StrEnum):
    """What a leaf is about. The order is the one in which a reviewer reads."""

    IDENTITY = "identity"
    IMAGE = "image"
    COMMAND = "command"
    SECRETS = "secrets"
    NETWORK = "network"
    TRAFFIC = "traffic"
    RESOURCES = "resources"
    LIFECYCLE = "lifecycle"
    SCALING = "scaling"
    OBSERVABILITY = "observability"
    METADATA = "metadata"

    @property
    def rank(self) -> int:
        return RANKS[self]


RANKS = {risk: rank for rank, risk in enumerate(Risk)}


class Status(StrEnum):
    """What became of a leaf. The second line is of `diff translate`, the third of all others."""

    SAME = "same"
    MAPPED, DEFAULTED, ADDED, DROPPED, UNKNOWN = "mapped", "defaulted", "added", "dropped", "unknown"
    CHANGED, REMOVED, CONFLICT = "changed", "removed", "conflict"


class Action(StrEnum):
    """What a change does to an object; terraform's words."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NO_OP = "no-op"
    UNKNOWN = "unknown"  # nobody could say: what it is is among what is undecided


@dataclass(frozen=True, slots=True)
class Masked:
    """A value that is not shown. Whether both sides hold the same one is all that may be known of it."""

    same: bool

    def __str__(self) -> str:
        return f"{MASKED} ({'same' if self.same else 'differs'})"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One side of a row: the value (or `Masked`) and where it stands, `file:line` or `ARN field`."""

    value: Any
    origin: str = ""

    def plain(self) -> dict[str, Any]:
        shown = {"masked": True} if isinstance(self.value, Masked) else {"value": self.value}
        return {"type": type_of(self.value), "origin": self.origin, **shown}


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf on both sides; None where a side has none.

    `cause` is the id of the known cause (mappings/causes.yaml) that explains it, `because` the reason in words, `rule`
    the row of a table or of added.yaml that it follows, `manager` who owns the field in the cluster, `findings` the
    slugs that were said of the leaf.
    """

    path: str
    status: Status
    risk: Risk
    before: Leaf | None
    after: Leaf | None
    because: str = ""
    cause: str = ""
    rule: str = ""
    manager: str = ""
    findings: tuple[str, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether a reader may leave it out: nothing differs, or a known cause says why."""
        return self.status is Status.SAME or bool(self.cause)

    def because_too(self, why: str) -> Row:
        """With one more reason; the first may be why its values are not shown."""
        return replace(self, because="; ".join(part for part in (self.because, why) if part))

    @property
    def unexplained(self) -> bool:
        """Whether neither a known cause nor a rule says why it is as it is."""
        return not self.explained and not self.rule

    @property
    def severity(self) -> str:
        """The worst of its findings; empty where there are none."""
        if not self.findings:
            return ""
        said = {catalogue()[slug].severity for slug in self.findings}
        return next((severity for severity in SEVERITIES if severity in said), "")

    @property
    def blocks(self) -> bool:
        """Whether nobody may go on before it is settled."""
        return self.status in {Status.UNKNOWN, Status.CONFLICT} or self.severity == "error"

    @property
    def masked_same(self) -> bool | None:
        """Of masked values: whether both sides hold the same; None where nothing is masked."""
        sides = [side.value for side in (self.before, self.after) if side and isinstance(side.value, Masked)]
        return sides[0].same if sides else None

    def plain(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "status": self.status.value,
            "risk": self.risk.value,
            "before": self.before.plain() if self.before else None,
            "after": self.after.plain() if self.after else None,
            "equal": self.masked_same,
            "because": self.because,
            "cause": self.cause,
            "rule": self.rule,
            "manager": self.manager,
            "findings": list(self.findings),
            "severity": self.severity,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One object, or one document of AWS, with its rows in the order of risk, then of path."""

    subject: str  # `Kind/namespace/name`, or an ARN
    action: Action
    rows: tuple[Row, ...]
    workload: str = ""  # `namespace/name` of whom it belongs to
    said: tuple[str, ...] = ()  # of the object as a whole: not validated, and why
    shape: str = ""  # of a document of AWS: `ecs.Service`

    def plain(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "shape": self.shape,
            "action": self.action.value,
            "workload": self.workload,
            "said": list(self.said),
            "rows": [row.plain() for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """One comparison. `left` and `right` say what was compared; `undecided` what could not be."""

    name: Name
    left: str
    right: str
    changes: tuple[Change, ...]
    undecided: tuple[str, ...] = ()
    said: tuple[str, ...] = ()  # of the comparison as a whole, each one line

    @property
    def rows(self) -> list[Row]:
        return [row for change in self.changes for row in change.rows]

    @property
    def totals(self) -> dict[str, int]:
        """Rows by status, those that occur."""
        counts = Counter(row.status for row in self.rows)
        return {status.value: counts[status] for status in Status if counts[status]}

    @property
    def explained(self) -> int:
        return sum(row.explained for row in self.rows)

    @property
    def unexplained(self) -> int:
        return sum(row.unexplained for row in self.rows)

    def plain(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "diff": self.name,
            "left": self.left,
            "right": self.right,
            "totals": self.totals,
            "explained": self.explained,
            "unexplained": self.unexplained,
            "undecided": list(self.undecided),
            "said": list(self.said),
            "changes": [change.plain() for change in self.changes],
        }


def type_of(value: Any) -> str:
    """JSON's word for what *value* is; `secret` where it is masked."""
    if isinstance(value, Masked):
        return "secret"
    if value is None:
        return "null"
    words = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return words.get(type(value), type(value).__name__)
