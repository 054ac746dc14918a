"""The rows of D1: one for a leaf of an object, with the field that it came from; one for a field that no row shows."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import Leaf, Masked, Row, Status
from ecs2k8s.compare.joined import assumed, reason
from ecs2k8s.compare.masking import treatment
from ecs2k8s.compare.risks import may_be_hidden, risk
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.ledger import DEFAULT
from ecs2k8s.core.paths import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.compare.changes import Risk
    from ecs2k8s.compare.joined import Source
    from ecs2k8s.compare.masking import Mask, Treatment
    from ecs2k8s.compare.spots import Spot
    from ecs2k8s.core.fields import Row as TableRow
    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.paths import Path

    Origin = Callable[[Placed, Path], str]  # where a leaf of an object stands

# Known causes, see mappings/causes.yaml.
CARRIED, NOTHING, ASSUMED, WRITTEN = "carried-exactly", "nothing-to-carry", "aws-default", "written-always"
WHOLE = "left-out-as-a-whole"
PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})
FOLLOWS = "No field of the input says it alone: it is what is assumed where one is absent, or follows from others."
UNKNOWN = "No rule explains it."


def target_row(placed: Placed, spot: Spot, source: Source | None, mask: Mask, origin: Origin) -> Row:
    kind = placed.manifest["kind"]
    at = origin(placed, spot.path)
    about = _risk(kind, spot.path)
    if source:
        before, after = _both(source, kind, spot, mask, at)
        row = _carried(source, spot.label, about, (before, after), same=_equal(source.spot.value, spot.value))
        return row if not row.cause or _may_be_hidden(kind, spot.path, about) else replace(row, cause="")
    after = Leaf(_shown(kind, spot, mask), at)
    place, why = reason(kind, spot.path)
    if place:
        return Row(spot.label, Status.ADDED, about, None, after, why, WRITTEN, f"added.yaml {place}")
    if default := assumed(kind, spot.path):
        return Row(spot.label, Status.DEFAULTED, about, None, after, FOLLOWS, WRITTEN, rule_of(default))
    return Row(spot.label, Status.UNKNOWN, about, None, after, UNKNOWN)


def _carried(source: Source, path: str, about: Risk, sides: tuple[Leaf, Leaf | None], *, same: bool) -> Row:
    """A field that something was made of, whether or not it can be said which leaf."""
    exact = source.entry.fidelity is Fidelity.EXACT
    status = Status.SAME if exact and same else Status.MAPPED
    cause = CARRIED if exact and not same and not _said(source) else ""
    return Row(path, status, about, *sides, _why(source), cause, _rule(source), findings=_findings(source))


def _equal(before: Any, after: Any) -> bool:
    """`tcp` and `TCP` are one protocol."""
    if isinstance(before, str) and isinstance(after, str):
        return before == after or (before.upper() == after in PROTOCOLS)
    return bool(before == after and type(before) is type(after))


def document_row(source: Source, mask: Mask) -> Row:
    entry, shape = source.entry, source.entry.document.shape
    about = _risk(shape, entry.path)
    before = Leaf(_shown(shape, source.spot, mask), _origin(source))
    path, why, rule, findings = source.spot.label, _why(source), _rule(source), _findings(source)
    if "unknown-field" in entry.slugs:
        return Row(path, Status.UNKNOWN, about, before, None, why, findings=findings)
    if entry.to:
        return _carried(source, path, about, (before, None), same=False)
    if entry.because == DEFAULT:
        return Row(path, Status.DEFAULTED, about, before, None, why, ASSUMED, rule)
    if entry.fidelity is Fidelity.NOT_APPLICABLE:
        return Row(path, Status.DROPPED, about, before, None, why, NOTHING, rule or "empty")
    whole = [slug for slug in findings if catalogue()[slug].whole and catalogue()[slug].severity != "error"]
    status = Status.MAPPED if entry.fidelity in {Fidelity.EXACT, Fidelity.APPROXIMATED} else Status.DROPPED
    cause = WHOLE if whole else CARRIED if entry.fidelity is Fidelity.EXACT and not findings else ""
    return Row(path, status, about, before, None, why, cause, rule, findings=findings)


def _both(source: Source, kind: str, spot: Spot, mask: Mask, at: str) -> tuple[Leaf, Leaf]:
    """Both sides; where one is not shown the other is not: they may be alike."""
    before, after = _shown(source.entry.document.shape, source.spot, mask), _shown(kind, spot, mask)
    if isinstance(before, Masked) or isinstance(after, Masked):
        before = after = Masked(same=source.spot.text == spot.text)
    return Leaf(before, _origin(source)), Leaf(after, at)


def _shown(shape: str, spot: Spot, mask: Mask) -> Any:
    return Masked(same=False) if _hidden(shape, spot, mask) else spot.value


def _hidden(shape: str, spot: Spot, mask: Mask) -> str:
    how = _treatment(shape, spot.path)
    if how is None and not isinstance(spot.value, str):
        return ""  # no number has the form of a secret
    return mask.reason(spot.value, how, spot.call)


@lru_cache(maxsize=100_000)  # documents and objects of one shape share most of their paths
def _treatment(shape: str, path: Path) -> Treatment | None:
    return treatment(shape, tuple(step for step in path if isinstance(step, str)))


@lru_cache(maxsize=100_000)
def _risk(shape: str, path: Path) -> Risk:
    return risk(shape, path)


@lru_cache(maxsize=100_000)
def _may_be_hidden(kind: str, path: Path, about: Risk) -> bool:
    return may_be_hidden(kind, path, about)


def _origin(source: Source) -> str:
    return f"{source.entry.document.id} {show(source.entry.path)}"


def _why(source: Source) -> str:
    entry = source.entry
    if entry.because:
        return entry.because
    return "It means the same." if entry.fidelity is Fidelity.EXACT else ""


def _rule(source: Source) -> str:
    entry = source.entry
    if entry.row:
        return rule_of(entry.row)
    return f"findings.yaml {entry.slugs[0]}" if entry.said and "unknown-field" not in entry.slugs else ""


@lru_cache(maxsize=10_000)
def rule_of(row: TableRow) -> str:
    """A row of a table as people look it up: file, field, and what carries it."""
    how = f" via {row.via}" if row.via else f" by {row.by}" if row.by else ""
    return f"{row.table} {row.source}{how}"


def _said(source: Source) -> list[str]:
    return [slug for slug in source.entry.slugs if not catalogue()[slug].ledger_only]


def _findings(source: Source) -> tuple[str, ...]:
    entry = source.entry
    if entry.said:
        return tuple(_said(source))
    generic = {Fidelity.APPROXIMATED: "field-approximated", Fidelity.MANUAL: "field-manual"}.get(entry.fidelity)
    return (generic,) if generic and entry.row else ()
