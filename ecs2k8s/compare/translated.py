"""D1: every leaf of ECS beside the leaf that it became, and every leaf of a manifest with what it comes from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import RANKS, Action, Change, Row
from ecs2k8s.compare.edited import Edit, edited
from ecs2k8s.compare.joined import Pool, Source, claims, sources
from ecs2k8s.compare.masking import Mask
from ecs2k8s.compare.spots import spots
from ecs2k8s.compare.translated_rows import WHOLE, document_row, target_row
from ecs2k8s.core.manifests import BACKGROUND, ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ecs2k8s.compare.spots import Spot
    from ecs2k8s.compare.translated_rows import Origin
    from ecs2k8s.core.ledger import Ledger
    from ecs2k8s.core.manifests import Bundle, Placed
    from ecs2k8s.core.paths import Path

    Lies = Callable[[Placed], Edit | None]  # what lies there instead of what was made

TWIN = "handover-twin"  # a known cause, see mappings/causes.yaml
HANDOVER = "Applied at the handover, in place of the object of the same name."


@dataclass(frozen=True, slots=True)
class Owner:
    """A workload: `namespace/name`, and its documents as `shape id`."""

    name: str
    documents: frozenset[str]


def as_made(_placed: Placed) -> Edit | None:
    return None


def nowhere(_placed: Placed, _path: Path) -> str:
    return ""


@dataclass(slots=True)
class _Join:
    """The fields of AWS by who may have used them, and those that were found in manifests."""

    documents: Mapping[str, list[Source]]
    owners: Mapping[str, Owner]
    shared: Pool
    rest: Pool
    pools: dict[str, Pool] = field(default_factory=dict)
    used: set[Source] = field(default_factory=set)

    def best(self, owner: str, kind: str, spot: Spot) -> Source | None:
        if owner:
            found = self._pool(owner).best(kind, spot) or self.rest.best(kind, spot)
        else:
            found = self.shared.best(kind, spot)
        if found:
            self.used.add(found)
        return found

    def _pool(self, owner: str) -> Pool:
        if owner not in self.pools:
            documents = self.owners[owner].documents
            self.pools[owner] = Pool(s for name in sorted(documents) for s in self.documents.get(name, ()))
        return self.pools[owner]


def translated(  # noqa: PLR0913
    ledger: Ledger,
    bundle: Bundle,
    owners: Iterable[Owner],
    *,
    origin: Origin = nowhere,
    lies: Lies = as_made,
    show_values: bool = False,
) -> tuple[Change, ...]:
    """One change for each object, then one for each document that has leaves of which nothing else was shown."""
    by_name = {owner.name: owner for owner in owners}
    documents = sources(ledger.entries)
    join = _join(documents, bundle, by_name)
    mask = Mask(show_values)
    mains: dict[str, dict[str, Any]] = {}
    changes = []
    for placed in bundle.everything:
        rows = _object(placed, join, mask, origin, mains)
        edit = lies(placed)
        if edit:
            rows = edited(placed.manifest, rows, edit, show_values=show_values)
        said = (*([HANDOVER] if placed.tree == BACKGROUND else []), *([edit.why] if edit else []))
        action = Action.DELETE if edit and edit.manifest is None else Action.CREATE
        subject = str(ObjectRef.of(placed.manifest))
        changes.append(Change(subject, action, by_risk(rows.values()), owner_of(placed, by_name), said))
    users: dict[str, list[str]] = defaultdict(list)
    for owner in by_name.values():
        for name in owner.documents:
            users[name].append(owner.name)
    for name, found in documents.items():
        if left := [source for source in found if source not in join.used]:
            changes.append(_document(left, mask, ", ".join(sorted(users[name]))))
    return in_order(changes)


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """What blocks first, then by the first class of risk that is shown, by workload and by object."""
    return tuple(sorted(changes, key=_rank))


def _rank(change: Change) -> tuple[bool, int, str, str]:
    shown = [row.risk.rank for row in change.rows if not row.explained]
    blocks = any(row.blocks for row in change.rows)
    return not blocks, min(shown, default=len(RANKS)), change.workload, change.subject


def _join(documents: Mapping[str, list[Source]], bundle: Bundle, owners: Mapping[str, Owner]) -> _Join:
    owned = {name for owner in owners.values() for name in owner.documents}
    rest = Pool(s for name, found in documents.items() if name not in owned for s in found)
    wanted = frozenset(
        place
        for placed in bundle.everything
        if not owner_of(placed, owners)
        for spot in spots(placed.manifest)
        for place, _ in claims(placed.manifest["kind"], spot.path)
    )
    return _Join(documents, owners, Pool((s for found in documents.values() for s in found), wanted), rest)


def owner_of(placed: Placed, owners: Mapping[str, Owner]) -> str:
    """The workload that an object belongs to; empty where it belongs to several or none."""
    if placed.folder in owners:
        return placed.folder
    labels = placed.manifest["metadata"].get("labels") or {}
    name = f"{labels.get('app.kubernetes.io/instance')}/{labels.get('app.kubernetes.io/name')}"
    return name if name in owners else ""


def _object(
    placed: Placed, join: _Join, mask: Mask, origin: Origin, mains: dict[str, dict[str, Any]]
) -> dict[Path, Row]:
    """A row for each leaf. *mains*: the leaves of objects so far; what comes at the handover has most of them again."""
    subject, kind = str(ObjectRef.of(placed.manifest)), placed.manifest["kind"]
    owner, main = owner_of(placed, join.owners), mains.get(subject)
    found = list(spots(placed.manifest))
    rows = {}
    for spot in found:
        row = target_row(placed, spot, join.best(owner, kind, spot), mask, origin)
        again = main is not None and main.get(spot.label, main) == spot.value
        rows[spot.path] = replace(row, cause=TWIN) if again and row.rule else row
    mains.setdefault(subject, {spot.label: spot.value for spot in found})
    return rows


def by_risk(rows: Iterable[Row]) -> tuple[Row, ...]:
    """What blocks first, then in the order of risk; explained rows keep their place among the others."""
    return tuple(sorted(rows, key=lambda row: (not row.blocks, row.risk.rank, row.path)))


def _document(left: list[Source], mask: Mask, users: str) -> Change:
    """The leaves of a document that no row of an object shows."""
    document = left[0].entry.document
    rows = [document_row(source, mask) for source in left]
    said = tuple(dict.fromkeys(row.because for row in rows if row.cause == WHOLE))
    return Change(document.id, Action.NO_OP, by_risk(rows), users, said, document.shape)
