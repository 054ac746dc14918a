"""The fields of a workload that are not what they were: value in ECS beside value on EKS, from `diff translate`."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import own_documents
from ecs2k8s.compare.changes import Masked, Status
from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.paths import show
from ecs2k8s.report.data import not_exact
from ecs2k8s.report.diff_words import OF_ARN, cut
from ecs2k8s.report.page_model import SideGroup, SideRow, Sides
from ecs2k8s.report.spans import own
from ecs2k8s.report.translated import by_workload, translated_changes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from ecs2k8s.assess.decisions import Decision
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.compare.changes import Change, Leaf, Row

MOST_ROWS, MOST_OF_ONE = 10_000, 60  # rows of the page, and of one workload
LONGEST_VALUE, LONGEST_PLACE = 160, 240
LOUD = frozenset({"error", "warning"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A row with the object or document that it belongs to."""

    change: Change
    row: Row


def sides(translation: Translation, decided: Sequence[Decision]) -> Mapping[str, Sides]:
    """By `namespace/name`."""
    changes = translated_changes(translation)
    named = by_workload(changes)
    documents: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        documents[change.subject].append(change)
    most = min(MOST_OF_ONE, MOST_ROWS // max(1, len(decided)))
    inexact = {f"{entry.document.id} {show(entry.path)}" for entry in not_exact(translation.ledger.entries)}
    found = {}
    for each in decided:
        folder = each.workload.folder
        mine = named.get(folder) or [change for ident in own_documents(each.workload) for change in documents[ident]]
        found[folder] = _sides(mine, most, inexact)
    return found


def command(each: Decision) -> str:
    """What shows all of them, typed in the migration directory; what is refused has no name there."""
    return "ecs2k8s diff translate ." + ("" if each.refused else f" --workload {quote(each.workload.folder)}")


def _sides(changes: Iterable[Change], most: int, inexact: Container[str]) -> Sides:
    found = sorted((_Found(each, row) for each in changes for row in each.rows if differs(row, inexact)), key=_rank)
    groups: dict[tuple[str, ...], list[_Found]] = defaultdict(list)
    for each in found[:most]:
        row = each.row
        groups[row.risk.value, row.severity, row.status.value, row.because, *row.findings].append(each)
    return Sides(tuple(map(_group, groups.values())), len(found), max(0, len(found) - most))


def differs(row: Row, inexact: Container[str]) -> bool:
    """Whether a reader must look at it. *inexact*: what the ledger calls approximated or manual, by its origin."""
    if row.before is None or row.cause:
        return False
    return row.severity in LOUD or row.status is Status.UNKNOWN or row.before.origin in inexact


def _rank(each: _Found) -> tuple[bool, int, bool, bool, str, tuple[str, ...], str, str]:
    row = each.row
    return (
        not row.blocks,
        row.risk.rank,
        row.severity not in LOUD,
        ", " in each.change.workload,  # what it shares comes last
        row.because,
        row.findings,
        each.change.subject,
        row.path,
    )


def _group(members: Sequence[_Found]) -> SideGroup:
    row = members[0].row
    titles = tuple(dict.fromkeys(catalogue()[slug].title for slug in row.findings))
    return SideGroup(row.risk.value, row.severity, titles, own(row.because), tuple(map(_row, members)))


def _row(each: _Found) -> SideRow:
    row, subject = each.row, each.change.subject
    before = row.before.origin if row.before else ""
    after = f"{subject} {row.path}" if row.after else ""
    carried = row.status is not Status.DROPPED
    return SideRow(_place(OF_ARN.sub("", before)), value(row.before), _place(after), value(row.after), carried)


def _place(text: str) -> str:
    return cut(escape(text), LONGEST_PLACE)


def value(leaf: Leaf | None) -> str:
    """As JSON, without the quotation marks of a text; what is masked stays so."""
    if leaf is None:
        return ""
    if isinstance(leaf.value, Masked):
        return str(leaf.value)
    text = leaf.value if isinstance(leaf.value, str) else json.dumps(leaf.value, ensure_ascii=False)
    return cut(escape(text), LONGEST_VALUE) or '""'
