"""What report/index.html shows, as plain values: the template adds layout and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs2k8s.assess.decisions import Word
    from ecs2k8s.report.drawing import Drawing
    from ecs2k8s.report.spans import Text


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one slug: `message` and `action` where all say the same, else each place has its own."""

    slug: str
    severity: str
    title: str
    count: int
    message: Text
    action: Text
    see: str
    places: tuple[Place, ...]
    more: int  # places that are not listed here


@dataclass(frozen=True, slots=True)
class Place:
    subject: str
    path: str
    message: Text
    action: Text


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing about a workload, in ECS and after; a side without lines has nothing of the kind."""

    name: str
    ecs: tuple[str, ...]
    eks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Fields that do not become exactly what they were, for one reason: that of the table, or findings, by title."""

    fields: tuple[str, ...]
    verdict: str
    because: Text
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SideRow:
    """A field with its value on both sides; `eks` is empty where no field there holds it, whether `carried` or not."""

    ecs: str
    before: str
    eks: str
    after: str
    carried: bool


@dataclass(frozen=True, slots=True)
class SideGroup:
    """Fields of one class of risk of which the same is said."""

    risk: str
    severity: str
    titles: tuple[str, ...]  # of the findings on them
    because: Text
    rows: tuple[SideRow, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """All fields of a workload that a reader must look at, the riskiest first; `more` of `count` are not listed."""

    groups: tuple[SideGroup, ...]
    count: int
    more: int


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """One workload. `exact`, `different` and `nothing` count fields; the last ask for nothing on EKS."""

    ident: str
    namespace: str
    name: str
    kind: str
    sources: tuple[str, ...]
    word: Word
    wave: int  # 0: it does not move
    reasons: tuple[Text, ...]
    counts: dict[str, int]
    picture: Drawing
    topics: tuple[Topic, ...]
    exact: int
    nothing: int
    different: int
    differences: tuple[Difference, ...]  # where there are no sides
    sides: Sides | None  # None where the account is too large for them
    command: str  # shows all of them
    groups: tuple[Group, ...]
    files: tuple[str, ...]  # relative to the migration directory


@dataclass(frozen=True, slots=True)
class Table:
    """A table of plain text; the first column is what each row is about."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""  # what is not listed, in words


@dataclass(frozen=True, slots=True)
class Estate:
    """What is said of the account as a whole."""

    title: str
    word: Word
    headline: str
    version: str  # of Kubernetes
    words: dict[str, int]  # how many workloads are no-go, go with work, go
    totals: dict[str, int]  # of the ledger
    meanings: dict[str, str]  # of its verdicts
    severities: dict[str, int]
    objects: int
    steps: tuple[Text, ...]
    unread: tuple[Text, ...]
    needs: tuple[Text, ...]
    everywhere: tuple[Text, ...]
    shared: tuple[Group, ...]  # findings that belong to no single workload
    topology: Drawing | None
    edges: Table
    waves: Table | None
    tables: tuple[tuple[str, Table], ...]  # heading and table


@dataclass(frozen=True, slots=True)
class Page:
    estate: Estate
    workloads: tuple[WorkloadView, ...]
