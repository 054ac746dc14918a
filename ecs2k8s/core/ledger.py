"""The ledger: a verdict for each leaf of each document, joined from tables, reads and notes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.fields import FieldTable, Row, tables
from ecs2k8s.core.findings import Finding, catalogue, message
from ecs2k8s.core.paths import Path, leaves, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.tracking import Args, Trace

CARRIED = (Fidelity.EXACT, Fidelity.APPROXIMATED)
NULL = "A null is absence."
EMPTY = "Empty: it asks for nothing."
DEFAULT = "The value is what AWS assumes without it, and asks for nothing on EKS."


@dataclass(frozen=True, slots=True)
class Entry:
    """The verdict on one leaf."""

    document: Document
    path: Path
    fidelity: Fidelity
    row: Row | None = None
    to: tuple[str, ...] = ()
    because: str = ""
    said: tuple[tuple[str, Args], ...] = ()

    @property
    def slugs(self) -> list[str]:
        return sorted({slug for slug, _ in self.said})

    def plain(self) -> dict[str, Any]:
        return {
            "document": self.document.id,
            "shape": self.document.shape,
            "path": show(self.path),
            "fidelity": self.fidelity.value,
            "to": list(self.to),
            "because": self.because,
            "slugs": self.slugs,
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries, in the order of the documents and of their leaves."""

    entries: tuple[Entry, ...]

    @property
    def totals(self) -> dict[str, int]:
        counts = Counter(entry.fidelity for entry in self.entries)
        return {fidelity.value: counts[fidelity] for fidelity in Fidelity}


def account(tracked: Iterable[tuple[Document, Trace]], chosen: frozenset[str]) -> Ledger:
    """Join the documents' leaves with the tables and with what was read and said."""
    return Ledger(tuple(entry for document, trace in tracked for entry in _entries(document, trace, chosen)))


def _entries(document: Document, trace: Trace, chosen: frozenset[str]) -> Iterator[Entry]:
    table = tables()[document.shape]
    found = list(leaves(document.data))
    notes = _settled(trace, [path for path, _ in found])
    for path, value in found:
        yield _entry(document, path, value, table, trace, notes, chosen)


def _settled(trace: Trace, paths: list[Path]) -> dict[Path, list[tuple[str, Args]]]:
    """The notes by leaf. One said of a list, a map or an absent field goes to the nearest leaf: none is lost."""
    known = set(paths)
    notes: dict[Path, list[tuple[str, Args]]] = {}
    for at, said in trace.notes.items():
        near = at
        while near not in known:
            below = next((path for path in paths if path[: len(near)] == near), None)
            near = below if below is not None else near[:-1]
        notes.setdefault(near, []).extend(item for item in said if item not in notes.get(near, ()))
    return notes


def _entry(  # noqa: PLR0911, PLR0913, PLR0917
    document: Document,
    path: Path,
    value: Any,
    table: FieldTable,
    trace: Trace,
    notes: dict[Path, list[tuple[str, Args]]],
    chosen: frozenset[str],
) -> Entry:
    row, known = table.find(path)
    said = tuple(notes.get(path, ()))
    if not known:
        said = (*said, ("unknown-field", ()))
        return Entry(document, path, Fidelity.MANUAL, said=said, because=catalogue()["unknown-field"].text)
    if said:
        best = row.verdict(chosen) if row else Fidelity.EXACT
        fidelity = lowered(best, [slug for slug, _ in said])
        to = row.to if row and fidelity in CARRIED else ()
        because = " ".join(message(Finding(slug, document.id, show(path), args)) for slug, args in said)
        return Entry(document, path, fidelity, row, to, because, said)
    if value is None:
        return Entry(document, path, Fidelity.NOT_APPLICABLE, row, because=NULL)
    if row is None:
        return Entry(document, path, Fidelity.NOT_APPLICABLE, because=EMPTY)
    if value == row.default:
        return Entry(document, path, Fidelity.NOT_APPLICABLE, row, because=DEFAULT)
    fidelity = row.verdict(chosen)
    if trace.skipped and fidelity is not Fidelity.NOT_APPLICABLE:
        slug, args = trace.skipped
        because = message(Finding(slug, document.id, "", args))
        return Entry(document, path, lowered(Fidelity.MANUAL, [slug]), row, (), because, ((slug, args),))
    if row.to and row.unread and path not in trace.reads:
        return Entry(document, path, Fidelity.NOT_APPLICABLE, row, because=row.unread)
    if row.to and fidelity in CARRIED and path not in trace.reads:
        said = (("unread-field", ()),)
        return Entry(document, path, Fidelity.MANUAL, row, (), catalogue()["unread-field"].text, said)
    return Entry(document, path, fidelity, row, row.to if fidelity in CARRIED else (), row.because)


def lowered(best: Fidelity, slugs: Iterable[str]) -> Fidelity:
    """*best*, lowered by what the notes say: manual before approximated; `not-applicable` only if nothing is worse."""
    said = [entry.fidelity for slug in slugs if (entry := catalogue()[slug]).fidelity]
    worst = max(
        (f for f in (best, *said) if f and f is not Fidelity.NOT_APPLICABLE), key=lambda f: f.rank, default=best
    )
    if Fidelity.NOT_APPLICABLE in said and not any(f in (Fidelity.APPROXIMATED, Fidelity.MANUAL) for f in said):
        return Fidelity.NOT_APPLICABLE
    return worst


def findings(ledger: Ledger) -> Iterator[Finding]:
    """What the ledger has to say: each note, and one finding per row (and document) that is not carried exactly."""
    rows: dict[tuple[str, str, str, str], list[Entry]] = {}
    whole: dict[Finding, None] = {}
    for entry in ledger.entries:
        for slug, args in entry.said:
            if catalogue()[slug].ledger_only:
                continue
            if catalogue()[slug].whole:
                whole[Finding(slug, entry.document.id, "", args)] = None
            else:
                yield Finding(slug, entry.document.id, show(entry.path), args)
        if not entry.said and entry.row and entry.fidelity in (Fidelity.APPROXIMATED, Fidelity.MANUAL):
            slug = "field-approximated" if entry.fidelity is Fidelity.APPROXIMATED else "field-manual"
            key = (slug, entry.document.id, entry.row.because, entry.row.action)
            rows.setdefault(key, []).append(entry)
    yield from whole
    for (slug, subject, because, action), entries in rows.items():
        more = f" ({len(entries) - 1} more fields like it.)" if len(entries) > 1 else ""
        yield Finding.of(slug, subject, show(entries[0].path), because=because + more, action=action)
