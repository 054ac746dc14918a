"""`ecs2k8s export`: read, translate, write, say what happened."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli.console import ExitCode, Talk, out, table
from ecs2k8s.core import target as targets
from ecs2k8s.core.documents import Snapshot, dump, in_lines
from ecs2k8s.core.errors import SnapshotError, TargetError
from ecs2k8s.core.findings import message
from ecs2k8s.pipeline import translate
from ecs2k8s.render import directory
from ecs2k8s.render.kustomize import kustomize
from ecs2k8s.render.target_file import target_file
from ecs2k8s.report.aws_steps import aws_readme
from ecs2k8s.report.data import counts, ledger_json, said
from ecs2k8s.report.markdown import report

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target
    from ecs2k8s.translate.translation import Translation


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    output: str
    sources: tuple[str, ...]
    target: str | None = None
    sets: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    redact: bool = False


def run(request: Request, talk: Talk, *, strict: bool, allow_partial: bool, as_json: bool) -> int:
    """The whole export. Returns the exit code; raises `Ecs2k8sError` where nothing could be decided."""
    gc.disable()  # values only grow until they are written; looking at them again and again took a quarter of the time
    place = Path(request.output)
    directory.check(place)
    target = _target(request, place)
    snapshot = _read(request, target)
    for failure in snapshot.failures:
        talk.problem(f"{failure.subject}: {failure.path + ': ' if failure.path else ''}{message(failure)}")
    talk.stage(f"read {len(snapshot.documents)} documents")
    translation = translate(snapshot, target)
    talk.stage(f"translated {len(translation.translated)} workloads")
    files = files_of(translation, target)
    ledger = ledger_json(translation.ledger, directory.hashes(files.items()))
    written = directory.write(place, files, dump(snapshot), ledger)
    _write_target(place, target)
    for path in sorted(files):
        talk.detail(f"wrote {place / path}")
    for path in written.kept:
        talk.problem(f"{place / path}: edited by hand, kept as it is")
    _validate(translation, target, talk)
    number = counts(translation.findings)
    if as_json:
        print(json.dumps(_summary(place, translation, snapshot), indent=2))
    elif talk.level:
        _last_screen(place, translation, snapshot)
    if number["error"]:
        talk.problem(f"{number['error']} errors: do not apply before {place}/report/report.md#errors")
    if strict and number["error"]:
        return ExitCode.FAILED
    return ExitCode.PARTIAL if snapshot.failures and not allow_partial else ExitCode.CLEAN


def _target(request: Request, place: Path) -> Target:
    file = Path(request.target) if request.target else place / "target.yaml"
    if request.target and not file.is_file():
        raise TargetError(f"{file}: no such file")
    text = file.read_bytes() if file.is_file() else b""
    return targets.load(text, request.sets, str(file))


def _write_target(place: Path, target: Target) -> None:
    """On the first run only: from then on it belongs to the user."""
    file = place / "target.yaml"
    if not file.exists():
        file.write_text(target_file(target), encoding="utf-8")


def _read(request: Request, target: Target) -> Snapshot:
    from ecs2k8s.collect import env_files, files

    if not request.sources:
        raise SnapshotError(
            "nothing to read: name what the AWS CLI exported with --from PATH (reading a live account comes later)"
        )
    snapshot = files.read(request.sources, stdin=sys.stdin.buffer.read, redact=request.redact)
    pairs = [*(f"{arn}={path}" for arn, path in sorted(target.env_files.items())), *request.env_files]
    documents = {(document.shape, document.id): document for document in snapshot.documents}
    for document in env_files.read_env_files(pairs):
        documents[document.shape, document.id] = document
    taken = snapshot.taken or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(snapshot, documents=tuple(documents[key] for key in sorted(documents)), taken=taken)


def files_of(translation: Translation, target: Target) -> dict[str, bytes]:
    """Every generated file but the snapshot and the ledger: path below the directory to bytes."""
    findings = (item.plain() for item in said(translation.findings))
    texts = (
        kustomize(translation.bundle) | report(translation, target) | {"aws/README.md": aws_readme(translation.bundle)}
    )
    encoded = {path: text.encode() for path, text in texts.items()}
    return encoded | {"report/findings.json": in_lines(findings) + b"\n"}


def _validate(translation: Translation, target: Target, talk: Talk) -> None:
    """Schema validation speaks on stderr only: files do not depend on the extras that are installed."""
    from ecs2k8s.compare import schema

    if not schema.available():
        talk.stage("schemas were not checked: install ecs2k8s[validate] for it")
        return
    for problem in schema.problems(translation.bundle.manifests, target.kubernetes_version):
        talk.problem(f"schema: {problem}")


def _summary(place: Path, translation: Translation, snapshot: Snapshot) -> dict[str, object]:
    return {
        "directory": str(place),
        "workloads": len(translation.translated),
        "refused": len(translation.refused),
        "objects": len(translation.bundle.objects),
        "leaves": translation.ledger.totals,
        "findings": counts(translation.findings),
        "failures": [f"{failure.subject}: {message(failure)}" for failure in snapshot.failures],
    }


def _last_screen(place: Path, translation: Translation, snapshot: Snapshot) -> None:
    number, totals = counts(translation.findings), translation.ledger.totals
    out()
    rows = [
        [
            "workloads",
            str(len(translation.translated)),
            f"{len(translation.bundle.objects)} objects in {place}/manifests",
        ],
        ["fields", str(sum(totals.values())), ", ".join(f"{count} {verdict}" for verdict, count in totals.items())],
        [
            "findings",
            str(sum(number.values())),
            ", ".join(f"{count} {severity}s" for severity, count in number.items()),
        ],
    ]
    if snapshot.failures:
        rows.append(["not read", str(len(snapshot.failures)), "named above and in the report"])
    if translation.refused:
        rows.append(["refused", str(len(translation.refused)), "ECS would reject them too"])
    table(rows, right=(1,))
    out()
    out("next:")
    out(f"  less {place}/report/report.md")
    out(f"  ecs2k8s coverage {place}")
    out(f"  kubectl diff -k {place}/manifests")
