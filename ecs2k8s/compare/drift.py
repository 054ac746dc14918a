"""What moved in an account between two readings: `diff drift`. docs/diffs.md says what is compared with what.

Documents face each other by shape and id. A field that names a task definition is followed: whoever runs another
revision shows what is new in it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.compare.causes import of_known_causes
from ecs2k8s.compare.changes import Action, Change, Diff
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.drift_causes import Causes
from ecs2k8s.compare.running_images import moved_tags, other_images, running
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.findings import located
from ecs2k8s.core.listing import listed
from ecs2k8s.core.paths import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ecs2k8s.compare.changes import Row
    from ecs2k8s.compare.running_images import Images
    from ecs2k8s.core.documents import Document, Snapshot
    from ecs2k8s.core.paths import Path

Key = tuple[str, str]  # shape and id
DEFINITION = "ecs.TaskDefinition"
SETS = ("deployments", "taskSets")  # of a service: the PRIMARY one is what counts, whatever its id
OF_REVISION = ("taskDefinitionArn", "revision")  # who names it says it already
LISTED = {"ecs.Cluster", "ecs.Service", "ecs.Task"}
LED_TO = "it is new, or something that is read leads to it now"
NOT_LED_TO = "it is gone, or nothing that is read leads to it any more"
NAMED = 3  # documents that a line about unread ones names


@dataclass(frozen=True, slots=True)
class Side:
    """One reading, and the shapes of which it may lack documents because something could not be read."""

    name: str
    snapshot: Snapshot
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Both:
    """Two documents of one shape and id; None where a side has none."""

    before: Document | None
    after: Document | None

    @property
    def one(self) -> Document:
        found = self.after or self.before
        if found is None:
            raise AssertionError("a document faces nothing")
        return found

    @property
    def action(self) -> Action:
        if self.before and self.after:
            return Action.UPDATE
        return Action.CREATE if self.after else Action.DELETE


def drift(before: Side, after: Side, chosen: frozenset[str] = frozenset(), *, show_values: bool = False) -> Diff:
    """What differs. *chosen*: the choices of target.yaml, which decide what a field becomes."""
    looking = _Looking(
        Definitions.of(before.snapshot),
        Definitions.of(after.snapshot),
        Causes(before.snapshot, after.snapshot, chosen),
        (running(before.snapshot), running(after.snapshot)),
        show_values,
    )
    facing = _facing(before.snapshot, after.snapshot)
    readable = [both for both in facing if not _unread(both, before, after)]
    found = [change for both in readable if (change := looking.change(both))]
    found = [*_not_followed(found, looking), *moved_tags(before.snapshot, after.snapshot)]
    unread = [both for both in facing if _unread(both, before, after)]
    return Diff("drift", before.name, after.name, tuple(in_order(found)), tuple(_undecided(unread, after)))


def in_order(changes: Iterable[Change]) -> list[Change]:
    """What nothing explains first, then by risk."""
    return sorted(changes, key=_order)


def _order(change: Change) -> tuple[bool, int, str, str]:
    ranks = [row.risk.rank for row in change.rows if not row.explained]
    return not ranks, min(ranks, default=0), change.shape, change.subject


def _facing(before: Snapshot, after: Snapshot) -> list[Both]:
    """By shape and id; what one side names by its ARN and the other by its name is the same too."""
    one, other = ({(each.shape, each.id): each for each in side.documents} for side in (before, after))
    shorter = {_short(key): key for key in other.keys() - one.keys()}
    known = {key: shorter.pop(_short(key), key) for key in sorted(one.keys() - other.keys())}
    found = [Both(document, other.pop(known.get(key, key), None)) for key, document in one.items()]
    found += [Both(None, document) for document in other.values()]
    return sorted(found, key=lambda both: (both.one.shape, both.one.id))


def _short(key: Key) -> Key:
    """`security-group/sg-1`, as files without ARNs have it."""
    arn = Arn.parse(key[1])
    return key[0], arn.resource if arn else key[1]


def _unread(both: Both, before: Side, after: Side) -> bool:
    """Whether a document may be missing only because a side could not read it."""
    shape = both.one.shape
    return (both.after is None and shape in after.lacks) or (both.before is None and shape in before.lacks)


def _undecided(unread: Iterable[Both], after: Side) -> Iterator[str]:
    yield from map(located, sorted(after.snapshot.failures))
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for both in unread:
        which = "now" if both.after is None else "at the export"
        groups[both.one.shape, which].append(both.one.id)
    for (shape, which), idents in sorted(groups.items()):
        yield f"{shape}: not all was read {which}, so nothing is said of {listed(idents, NAMED)}"


@dataclass(frozen=True, slots=True)
class Definitions:
    """Task definitions by what may name them: the ARN, or family and revision."""

    named: Mapping[str, Document]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Definitions:
        return cls({_family(document.id): document for document in snapshot.of(DEFINITION)})

    def find(self, text: object) -> Document | None:
        return self.named.get(_family(text)) if isinstance(text, str) else None


def _family(text: str) -> str:
    return text.rpartition("task-definition/")[2]


@dataclass(frozen=True, slots=True)
class _Looking:
    before: Definitions
    after: Definitions
    causes: Causes
    images: tuple[Images, Images]
    show_values: bool

    def change(self, both: Both) -> Change | None:
        """What differs; None where nothing does."""
        found = [row for each in self._rows(both) for row in (each, *self._followed(each))]
        found += other_images(both, self.images) if not any(map(_names_revision, found)) else ()
        ordered = tuple(sorted(found, key=lambda row: (row.risk.rank, row.path)))
        return Change(both.one.id, both.action, ordered, said=_said(both), shape=both.one.shape) if found else None

    def _rows(self, both: Both) -> Iterator[Row]:
        """Each explained where a cause is known."""
        paths: dict[str, Path] = {}
        found = rows(
            _by_standing(both.before),
            _by_standing(both.after),
            both.one.shape,
            origin_before=_origin(both.before, paths),
            origin_after=_origin(both.after, paths),
            show_values=self.show_values,
        )
        for row in of_known_causes("drift", Change(both.one.id, both.action, found, shape=both.one.shape)).rows:
            side = row.after or row.before
            yield self.causes.explained(row, paths[side.origin] if side else (), both)

    def _followed(self, row: Row) -> Iterator[Row]:
        """What differs between the two task definitions that the sides of *row* name."""
        pair = self.revisions(row)
        for inner in self._rows(pair) if pair else ():
            if inner.path not in OF_REVISION:
                yield replace(inner, path=f"{row.path}.{inner.path}")

    def revisions(self, row: Row) -> Both | None:
        if row.explained or not row.before or not row.after:
            return None
        one, other = self.before.find(row.before.value), self.after.find(row.after.value)
        return Both(one, other) if one and other else None


def _said(both: Both) -> tuple[str, ...]:
    """What a reading sees is what it lists, and what that leads to."""
    if both.action is Action.UPDATE or both.one.shape in LISTED:
        return ()
    return (LED_TO,) if both.action is Action.CREATE else (NOT_LED_TO,)


def _origin(document: Document | None, paths: dict[str, Path]) -> Callable[[Path], str]:
    """`ARN field`, and into *paths* which path that is."""

    def origin(path: Path) -> str:
        text = f"{document.id if document else ''} {show(path)}".strip()
        paths[text] = path
        return text

    return origin


def _names_revision(row: Row) -> bool:
    return row.path == "taskDefinition"


def _by_standing(document: Document | None) -> object:
    """Its data; of a service the PRIMARY deployment and task set are called so, and face each other."""
    if document is None or document.shape != "ecs.Service":
        return document.data if document else None
    sets = {name: [_named(each) for each in document.data[name]] for name in SETS if document.data.get(name)}
    return {**document.data, **sets}


def _named(deployment: dict[str, object]) -> dict[str, object]:
    return {**deployment, "id": "PRIMARY"} if deployment.get("status") == "PRIMARY" else deployment


def _not_followed(changes: Iterable[Change], looking: _Looking) -> Iterator[Change]:
    """Without the revisions that came and went, where who runs them shows what is new in them."""
    changes = list(changes)
    pairs = [pair for change in changes for row in change.rows if (pair := looking.revisions(row))]
    followed = {each.id for pair in pairs for each in (pair.before, pair.after) if each}
    return (
        change
        for change in changes
        if change.shape != DEFINITION or change.action is Action.UPDATE or change.subject not in followed
    )
