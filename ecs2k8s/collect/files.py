"""Reads files that the AWS CLI exported, task definition and service files, and snapshots, into one snapshot."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.checks import Coerced, Problem
from ecs2k8s.collect.decode import values
from ecs2k8s.collect.identity import identity
from ecs2k8s.collect.recognise import LOOKED_FOR, Found, Said, Snapshotted, Strange, recognise
from ecs2k8s.collect.redact import mask
from ecs2k8s.collect.required import missing
from ecs2k8s.collect.shapes import validate
from ecs2k8s.collect.sources import LIMIT, STANDARD_INPUT, Source, Unreadable, bounded, read_bytes, sources
from ecs2k8s.core.documents import Document, Snapshot, canonical, load
from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.paths import leaves, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ecs2k8s.core.paths import Path

NAMES = {"ecs.TaskDefinition": ("family",), "ecs.Service": ("serviceName", "service")}
NOTES = {"more-pages", "key-ignored", "file-ignored"}  # read all the same
REASONS = 3  # of those that the last message names


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

    def say(self, slug: str, subject: str, path: Path = (), **args: str) -> None:
        visible = {name: escape(value) for name, value in args.items()}
        finding = Finding.of(slug, subject, escape(show(path)), **visible)
        (self.notes if slug in NOTES else self.failures).add(finding)


def read(paths: Sequence[str], stdin: Callable[[], bytes] | None = None, *, redact: bool = False) -> Snapshot:
    """All documents at *paths*; `-` is standard input. What gives none is a failure of the snapshot.

    Raises `SnapshotError` where a path leads nowhere, or where no file gives a document.
    """
    gathered = Gathered()
    for source in [source for path in paths for source in sources(path)]:
        _file(source, stdin or _stdin, gathered)
    taken = [Taken(mask(each.document), each.notes) for each in gathered.taken] if redact else gathered.taken
    kept = _unique(taken, gathered)
    if not kept:
        raise SnapshotError(_nothing(gathered))
    notes = gathered.notes.union(*(each.notes for each in kept))
    documents = tuple(each.document for each in kept)
    taken_at = min(gathered.times, default="")  # the oldest: it decides whether the snapshot is still fresh
    return Snapshot(documents, tuple(sorted(gathered.failures)), tuple(sorted(notes)), taken_at)


def _stdin() -> bytes:
    return sys.stdin.buffer.read(LIMIT + 1)


def _nothing(gathered: Gathered) -> str:
    said = [*sorted(gathered.failures), *sorted(gathered.notes)]
    reasons = [f"{finding.subject}: {dict(finding.args).get('reason', finding.slug)}" for finding in said]
    reasons = [reason.replace(LOOKED_FOR, "not recognised") for reason in reasons]
    more = f"; and {len(reasons) - REASONS} more" if len(reasons) > REASONS else ""
    return f"nothing to translate: {LOOKED_FOR}" + "".join(f"; {reason}" for reason in reasons[:REASONS]) + more


def _file(source: Source, stdin: Callable[[], bytes], gathered: Gathered) -> None:
    """A file that is named, or cannot be read, and gives nothing is a failure; what else a directory holds, a note."""
    if source.skipped:
        slug = "unreadable-file" if source.listed else "file-ignored"
        gathered.say(slug, source.subject, reason=source.skipped)
        return
    try:
        data = bounded(stdin()) if source.path == STANDARD_INPUT else read_bytes(source.path)
        decoded = values(data)
    except Unreadable as error:
        ignored = "unrecognised-file" if source.listed else "file-ignored"
        gathered.say(ignored if error.another else "unreadable-file", source.subject, reason=error.reason)
        return
    unnamed = 0
    for index, value in enumerate(decoded):
        for part in recognise(value, (index,) if len(decoded) > 1 else ()):
            match part:
                case Found():
                    unnamed += _found(part, source, gathered, unnamed)
                case Snapshotted():
                    _snapshot(part, source, gathered)
                case Said():
                    _said(part, source, gathered)
                case Strange():
                    _strange(part, source, gathered)


def _said(part: Said, source: Source, gathered: Gathered) -> None:
    args = dict(part.args)
    subject = escape(args.pop("arn", "")) or source.subject
    gathered.say(part.slug, subject, part.path, **args)


def _strange(part: Strange, source: Source, gathered: Gathered) -> None:
    slug = "unrecognised-file" if source.listed else "file-ignored"
    reason = part.probably if part.probably and not source.listed else LOOKED_FOR
    if source.listed and part.probably:
        reason += f": {part.probably}"
    gathered.say(slug, source.subject, part.path, reason=reason)


def _found(part: Found, source: Source, gathered: Gathered, unnamed: int) -> int:
    """Adds the document, or the failure that it is; 1 where the file's name became its name."""
    data, problems, coerced = validate(part.data, part.shape)
    problems = problems or missing(part.shape, data)
    if problems:
        _reject(problems, part.path, source, gathered)
        return 0
    keys = NAMES.get(part.shape, ())
    named = not keys or any(data.get(key) for key in keys)
    name = source.stem if not unnamed else f"{source.stem}-{unnamed + 1}"
    if not named:
        data = {**data, keys[0]: name}
    document = Document(part.shape, identity(part.shape, data), data)
    notes = list(_coerced(coerced, document.id))
    if not named:
        notes.append(Finding.of("named-after-file", document.id, keys[0], file=source.subject, name=name))
    gathered.taken.append(Taken(document, tuple(sorted(notes))))
    return int(not named)


def _coerced(coerced: Iterable[Coerced], subject: str) -> Iterable[Finding]:
    return (Finding.of("value-coerced", subject, show(each.path), type=each.expected) for each in coerced)


def _reject(problems: list[Problem], at: Path, source: Source, gathered: Gathered) -> None:
    first = Problem((*at, *problems[0].path), problems[0].reason)
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    gathered.say("rejected-document", source.subject, first.path, reason=f"{first}{more}")


def _snapshot(part: Snapshotted, source: Source, gathered: Gathered) -> None:
    """A snapshot may have been edited by hand: each document is held against its shape again."""
    value, problems, _ = validate(part.data, "snapshot")
    if problems:
        _reject(problems, part.path, source, gathered)
        return
    try:
        snapshot = load(value)
    except SnapshotError as error:
        gathered.say("unreadable-file", source.subject, part.path, reason=str(error))
        return
    gathered.failures.update(snapshot.failures)
    gathered.notes.update(snapshot.notes)
    gathered.times.update({snapshot.taken} - {""})
    for index, document in enumerate(snapshot.documents):
        _again(document, (*part.path, "documents", index, "data"), source, gathered)


def _again(document: Document, at: Path, source: Source, gathered: Gathered) -> None:
    data, problems, coerced = validate(document.data, document.shape)
    problems = problems or missing(document.shape, data)
    if problems:
        _reject(problems, at, source, gathered)
        return
    gathered.taken.append(Taken(Document(document.shape, document.id, data), tuple(_coerced(coerced, document.id))))


def _unique(taken: list[Taken], gathered: Gathered) -> list[Taken]:
    """One document for each shape and id, sorted: of several different ones the one that says most."""
    groups: dict[tuple[str, str], list[Taken]] = {}
    for each in taken:
        groups.setdefault((each.document.shape, each.document.id), []).append(each)
    return [_fullest(group, gathered) for _, group in sorted(groups.items(), key=lambda item: item[0])]


def _fullest(group: list[Taken], gathered: Gathered) -> Taken:
    if len(group) == 1:
        return group[0]
    texts = {canonical(each.document.data) for each in group}
    if len(texts) > 1:
        document = group[0].document
        gathered.say("duplicate-document", document.id, shape=document.shape, count=str(len(texts)))
    return max(group, key=_weight)


def _weight(each: Taken) -> tuple[int, bytes, tuple[Finding, ...]]:
    data: dict[str, Any] = each.document.data
    return sum(1 for _ in leaves(data)), canonical(data), each.notes
