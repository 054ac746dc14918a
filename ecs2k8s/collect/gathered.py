"""What was read so far, from files or from AWS: documents with their notes, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.checks import Coerced, Problem
from ecs2k8s.collect.identity import identity
from ecs2k8s.collect.plain_secrets import plain_secrets
from ecs2k8s.collect.required import missing, nameless
from ecs2k8s.collect.shapes import validate
from ecs2k8s.core.documents import Document, Snapshot, canonical
from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.paths import leaves, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ecs2k8s.collect.recognise import Found
    from ecs2k8s.core.paths import Path

NOTES = {"more-pages", "key-ignored", "file-ignored", "prices-not-used"}  # read all the same


@dataclass(frozen=True, slots=True)
class Taken:
    """A document and the notes on it, which go where it goes."""

    document: Document
    notes: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Gathered:
    """What was read so far."""

    taken: list[Taken] = field(default_factory=list)
    failures: set[Finding] = field(default_factory=set)
    notes: set[Finding] = field(default_factory=set)
    times: set[str] = field(default_factory=set)
    scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of the snapshot among the files
    live: bool = False  # what AWS answers twice in one run has only changed in between
    mask: Callable[[Any], Any] = lambda value: value

    def say(self, slug: str, subject: str, path: Path = (), **args: str) -> None:
        visible = {name: escape(value) for name, value in args.items()}
        finding = Finding.of(slug, subject, escape(show(path)), **visible)
        (self.notes if slug in NOTES else self.failures).add(finding)

    def reject(self, problems: list[Problem], at: Path, subject: str) -> None:
        first = Problem((*at, *problems[0].path), problems[0].reason)
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        self.say("rejected-document", subject, first.path, reason=f"{first}{more}")

    def found(self, part: Found, subject: str) -> None:
        """Add what an answer of AWS holds."""
        data, problems, coerced = validate(self.mask(part.data), part.shape)
        problems = problems or missing(part.shape, data) or nameless(part.shape, data)
        if problems:
            self.reject(problems, part.path, subject)
            return
        document = Document(part.shape, identity(part.shape, data), data)
        self.taken.append(Taken(document, tuple(sorted(notes_on(coerced, document.id)))))

    def snapshot(self) -> Snapshot:
        """One document for each shape and id, sorted; the oldest time decides whether the snapshot is still fresh."""
        kept = self._unique()
        notes = self.notes.union(*(each.notes for each in kept))
        documents = tuple(each.document for each in kept)
        notes = notes.union(*map(plain_secrets, documents))
        taken = min(self.times, default="")
        return Snapshot(documents, tuple(sorted(self.failures)), tuple(sorted(notes)), taken, self.scope)

    def _unique(self) -> list[Taken]:
        """Of several different documents of one shape and id the one that says most."""
        groups: dict[tuple[str, str], list[Taken]] = {}
        for each in self.taken:
            groups.setdefault((each.document.shape, each.document.id), []).append(each)
        return [self._fullest(group) for _, group in sorted(groups.items(), key=lambda item: item[0])]

    def _fullest(self, group: list[Taken]) -> Taken:
        if len(group) == 1:
            return group[0]
        texts = {canonical(each.document.data) for each in group}
        if len(texts) > 1 and not self.live:
            document = group[0].document
            self.say("duplicate-document", document.id, shape=document.shape, count=str(len(texts)))
        return max(group, key=_weight)


def notes_on(coerced: Iterable[Coerced], subject: str) -> Iterable[Finding]:
    """What of a document was taken for what was meant."""
    return (Finding.of("value-coerced", subject, show(each.path), type=each.expected) for each in coerced)


def _weight(each: Taken) -> tuple[int, bytes, tuple[Finding, ...]]:
    data: dict[str, Any] = each.document.data
    return sum(1 for _ in leaves(data)), canonical(data), each.notes
