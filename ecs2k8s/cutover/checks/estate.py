"""What the static checks look at: an export, what lies in its directory, and each workload with its findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import decisions
from ecs2k8s.core.manifests import Bundle, ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.documents import Snapshot
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.manifests import Manifest, Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

SHARED = "shared"  # the subject of what is about no single workload


@dataclass(frozen=True)
class Estate:
    """`edits`: objects that lie in the directory otherwise than generated; None where one was removed.

    `unjudged`: what lies there and cannot be told. `differs`: files that would be generated otherwise now.
    """

    snapshot: Snapshot
    target: Target
    translation: Translation
    edits: Mapping[ObjectRef, Manifest | None]
    unjudged: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()

    @cached_property
    def bundle(self) -> Bundle:
        """The objects as they lie."""
        made = self.translation.bundle
        return Bundle(tuple(self._lying(made.objects)), tuple(self._lying(made.handover)))

    def _lying(self, objects: Iterable[Placed]) -> Iterator[Placed]:
        for placed in objects:
            manifest = self.edits.get(ObjectRef.of(placed.manifest), placed.manifest)
            if manifest is not None:
                yield replace(placed, manifest=manifest)


@dataclass(frozen=True)
class Case:
    """One workload, or what is about none alone. `findings` are its own, and errors on what it cannot do without."""

    estate: Estate
    subject: str
    findings: tuple[Finding, ...]
    workload: Workload | None = None
    refused: bool = False

    @cached_property
    def objects(self) -> list[Manifest]:
        """As they lie; those of the handover take the place of what is held off until then."""
        folder = self.subject
        found = {ObjectRef.of(p.manifest): p.manifest for p in self.estate.bundle.everything if p.folder == folder}
        return list(found.values())

    @cached_property
    def edited(self) -> list[str]:
        """Its objects that people changed or removed."""
        made = {ObjectRef.of(p.manifest) for p in self.estate.translation.bundle.everything if p.folder == self.subject}
        return [str(ref) for ref in sorted(made & self.estate.edits.keys())]


def cases(estate: Estate, unit: Iterable[str] = ()) -> tuple[Case, ...]:
    """Each workload, or those of *unit*, and last what they share: findings that are no workload's own."""
    decided = decisions(estate.translation)
    own = {finding for each in decided for finding in each.findings}
    chosen = set(unit)
    found = [
        Case(estate, w.folder, tuple(dict.fromkeys((*each.findings, *each.blockers))), w, each.refused)
        for each in decided
        if (w := each.workload) and (not chosen or w.folder in chosen)
    ]
    rest = tuple(finding for finding in estate.translation.findings if finding not in own)
    return (*found, Case(estate, SHARED, rest))
