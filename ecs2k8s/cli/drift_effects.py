"""What drift means for what was generated: which objects the next export makes otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.compare.drift import Definitions
from ecs2k8s.compare.running_images import IMAGE, group_of, tasks_of
from ecs2k8s.core.listing import listed
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.pipeline import objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.compare.changes import Change, Diff
    from ecs2k8s.compare.drift import Side
    from ecs2k8s.core.documents import Document, Snapshot
    from ecs2k8s.core.manifests import Bundle, Manifest
    from ecs2k8s.core.target import Target

    Objects = Mapping[tuple[str, ObjectRef], Manifest]  # by tree: a CronJob is held in one, and started in another

ONE_BY_ONE = 60_000  # documents that are translated to see what single changes do: a matter of seconds
NOT_KNOWN = "what the next export changes is not known, because not all could be read"
NAMED = 5  # objects that a line names


def with_effects(diff: Diff, before: Side, after: Side, target: Target) -> Diff:
    """*diff* with the workload of each change, and with what the next export makes of it."""
    made = objects(before.snapshot, target)
    owners = {ident: each.folder for each in made.inventory.workloads for ident in each.documents}
    changes = [replace(each, workload=owners.get(each.subject, "")) for each in diff.changes]
    if before.lacks or after.lacks:
        return replace(diff, changes=tuple(changes), said=(*diff.said, *((NOT_KNOWN,) if changes else ())))
    effects = _Effects(before.snapshot, after.snapshot, target, _by_ref(made.bundle))
    if sum(map(_is_loud, changes)) * len(before.snapshot.documents) <= ONE_BY_ONE:
        changes = [replace(each, said=(*each.said, *effects.of(each))) if _is_loud(each) else each for each in changes]
    return replace(diff, changes=tuple(changes), said=(*diff.said, *(effects.whole() if changes else ())))


def _is_loud(change: Change) -> bool:
    return any(not row.explained for row in change.rows)


def _by_ref(bundle: Bundle) -> Objects:
    return {(placed.tree, ObjectRef.of(placed.manifest)): placed.manifest for placed in bundle.everything}


def _lines(before: Objects, after: Objects) -> list[str]:
    """What becomes of the objects, by action."""
    found = {
        "creates": after.keys() - before.keys(),
        "changes": {key for key in before.keys() & after.keys() if before[key] != after[key]},
        "leaves out": before.keys() - after.keys(),
    }
    return [f"the next export {verb} {_named(keys)}" for verb, keys in found.items() if keys]


def _named(keys: Iterable[tuple[str, ObjectRef]]) -> str:
    return listed(sorted({str(ref) for _, ref in keys}), NAMED)


@dataclass(frozen=True, slots=True)
class _Effects:
    before: Snapshot
    after: Snapshot
    target: Target
    made: Objects

    def whole(self) -> Iterator[str]:
        """What all changes together come to."""
        yield from _lines(self.made, self._objects(self.after)) or ["the next export changes no generated object"]

    def of(self, change: Change) -> list[str]:
        """What this change alone comes to."""
        wanted = set(self._documents(change))
        rest = [each for each in self.before.documents if (each.shape, each.id) not in wanted]
        new = [each for each in self.after.documents if (each.shape, each.id) in wanted]
        alone = replace(self.before, documents=tuple(sorted((*rest, *new), key=lambda each: (each.shape, each.id))))
        return _lines(self.made, self._objects(alone))

    def _objects(self, snapshot: Snapshot) -> Objects:
        return _by_ref(objects(snapshot, self.target).bundle)

    def _documents(self, change: Change) -> Iterator[tuple[str, str]]:
        """Shape and id of what belongs to it: revisions that it names, running tasks of a service, images of a tag."""
        yield change.shape, change.subject
        for definitions in (Definitions.of(self.before), Definitions.of(self.after)):
            for side in (side for row in change.rows for side in (row.before, row.after) if side):
                if named := definitions.find(side.value):
                    yield named.shape, named.id
        for document in (*self.before.documents, *self.after.documents):
            if self._goes_along(document, change):
                yield document.shape, document.id

    def _goes_along(self, document: Document, change: Change) -> bool:
        if change.shape == IMAGE:
            return document.shape == IMAGE
        if change.shape != "ecs.Service" or document.shape != "ecs.Task":
            return False
        services = (each for each in self.after.of("ecs.Service") if each.id == change.subject)
        return group_of(document.data) in {tasks_of(service.data) for service in services}
