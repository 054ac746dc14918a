"""Reads files that the AWS CLI exported, task definition and service files, and snapshots, into one snapshot."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ecs2k8s.collect.decode import values
from ecs2k8s.collect.gathered import Gathered, Taken, notes_on
from ecs2k8s.collect.identity import identity
from ecs2k8s.collect.pipeline_files import JENKINSFILE, jenkinsfile
from ecs2k8s.collect.recognise import Found, Priced, Said, Snapshotted, Strange, looked_for, recognise
from ecs2k8s.collect.redact import mask
from ecs2k8s.collect.required import NAMES, missing, nameless
from ecs2k8s.collect.shapes import validate
from ecs2k8s.collect.sources import LIMIT, STANDARD_INPUT, Source, Unreadable, bounded, read_bytes, sources
from ecs2k8s.collect.without_model import strange
from ecs2k8s.core.documents import Document, Snapshot, load
from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecs2k8s.collect.recognise import Part
    from ecs2k8s.core.paths import Path

REASONS = 3  # of those that the last message names


def read(paths: Sequence[str], stdin: Callable[[], bytes] | None = None, *, redact: bool = False) -> Snapshot:
    """All documents at *paths*; `-` is standard input. What gives none is a failure of the snapshot.

    Raises `SnapshotError` where a path leads nowhere, or where no file gives a document.
    """
    gathered = Gathered()
    for source in [source for path in paths for source in sources(path)]:
        _file(source, stdin or _stdin, gathered)
    if redact:
        gathered.taken = [Taken(_masked(each.document), each.notes) for each in gathered.taken]
    if not gathered.taken:
        raise SnapshotError(_nothing(gathered))
    return gathered.snapshot()


def _masked(document: Document) -> Document:
    return replace(document, data=mask(document.data))


def _stdin() -> bytes:
    return sys.stdin.buffer.read(LIMIT + 1)


def _nothing(gathered: Gathered) -> str:
    said = [*sorted(gathered.failures), *sorted(gathered.notes)]
    reasons = [f"{finding.subject}: {dict(finding.args).get('reason', finding.slug)}" for finding in said]
    reasons = [reason.replace(looked_for(), "not recognised") for reason in reasons]
    more = f"; and {len(reasons) - REASONS} more" if len(reasons) > REASONS else ""
    return f"nothing to translate: {looked_for()}" + "".join(f"; {reason}" for reason in reasons[:REASONS]) + more


def _file(source: Source, stdin: Callable[[], bytes], gathered: Gathered) -> None:
    """A file that is named, or cannot be read, and gives nothing is a failure; what else a directory holds, a note."""
    if source.skipped:
        slug = "unreadable-file" if source.listed else "file-ignored"
        gathered.say(slug, source.subject, reason=source.skipped)
        return
    try:
        data = bounded(stdin()) if source.path == STANDARD_INPUT else read_bytes(source.path)
        if (lines := jenkinsfile(data)) is not None:
            _found(Found(JENKINSFILE, {"name": source.stem, "lines": lines}, ()), source, gathered, 0)
            return
        decoded = values(data)
    except Unreadable as error:
        ignored = "unrecognised-file" if source.listed else "file-ignored"
        gathered.say(ignored if error.another else "unreadable-file", source.subject, reason=error.reason)
        return
    unnamed = 0
    for index, value in enumerate(decoded):
        for part in recognise(value, (index,) if len(decoded) > 1 else ()):
            unnamed += _part(part, source, gathered, unnamed)


def _part(part: Part, source: Source, gathered: Gathered, unnamed: int) -> int:
    """Adds what was recognised; 1 where the file's name became its name."""
    match part:
        case Found():
            return _found(part, source, gathered, unnamed)
        case Snapshotted():
            _snapshot(part, source, gathered)
        case Said():
            _said(part, source, gathered)
        case Priced():
            gathered.taken += [Taken(document) for document in part.documents]
            if part.others:
                gathered.say("prices-not-used", source.subject, part.path, count=str(part.others))
        case Strange():
            _strange(part, source, gathered)
    return 0


def _said(part: Said, source: Source, gathered: Gathered) -> None:
    args = dict(part.args)
    subject = escape(args.pop("arn", "")) or source.subject
    gathered.say(part.slug, subject, part.path, **args)


def _strange(part: Strange, source: Source, gathered: Gathered) -> None:
    slug = "unrecognised-file" if source.listed else "file-ignored"
    reason = part.probably if part.probably and not source.listed else looked_for()
    if source.listed and part.probably:
        reason += f": {part.probably}"
    gathered.say(slug, source.subject, part.path, reason=reason)


def _found(part: Found, source: Source, gathered: Gathered, unnamed: int) -> int:
    """Adds the document, or the failure that it is; 1 where the file's name became its name."""
    data, problems, coerced = validate(part.data, part.shape)
    problems = problems or missing(part.shape, data)
    if problems:
        gathered.reject(problems, part.path, source.subject)
        return 0
    named = not nameless(part.shape, data)
    name = source.stem if not unnamed else f"{source.stem}-{unnamed + 1}"
    if not named:
        data = {**data, NAMES[part.shape][0]: name}
    document = Document(part.shape, identity(part.shape, data), data)
    notes = list(notes_on(coerced, document.id))
    if not named:
        notes.append(Finding.of("named-after-file", document.id, NAMES[part.shape][0], file=source.subject, name=name))
    gathered.taken.append(Taken(document, tuple(sorted(notes))))
    return int(not named)


def _snapshot(part: Snapshotted, source: Source, gathered: Gathered) -> None:
    """A snapshot may have been edited by hand: each document is held against its shape again."""
    value, problems, _ = validate(part.data, "snapshot")
    if problems:
        gathered.reject(problems, part.path, source.subject)
        return
    try:
        snapshot = load(value)
    except SnapshotError as error:
        gathered.say("unreadable-file", source.subject, part.path, reason=str(error))
        return
    gathered.failures.update(snapshot.failures)
    gathered.notes.update(snapshot.notes)
    gathered.times.update({snapshot.taken} - {""})
    gathered.scope = snapshot.scope or gathered.scope
    for index, document in enumerate(snapshot.documents):
        _again(document, (*part.path, "documents", index, "data"), source, gathered)


def _again(document: Document, at: Path, source: Source, gathered: Gathered) -> None:
    data, problems, coerced = validate(document.data, document.shape)
    problems = problems or strange(document.shape, data)
    problems = problems or [*nameless(document.shape, data), *missing(document.shape, data)]
    if problems:
        gathered.reject(problems, at, source.subject)
        return
    gathered.taken.append(Taken(Document(document.shape, document.id, data), tuple(notes_on(coerced, document.id))))
