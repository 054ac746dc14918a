"""`ecs2k8s export`: read, translate, write, say what happened."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import ExitCode, Talk, out, progress, table
from ecs2k8s.collect.live import Live
from ecs2k8s.collect.login import Login
from ecs2k8s.collect.scope import Scope
from ecs2k8s.core import target as targets
from ecs2k8s.core.documents import Snapshot, dump, in_lines, load
from ecs2k8s.core.errors import SnapshotError, TargetError
from ecs2k8s.core.findings import message
from ecs2k8s.pipeline import translate
from ecs2k8s.render import directory
from ecs2k8s.render.kustomize import kustomize
from ecs2k8s.render.target_file import target_file
from ecs2k8s.report.accounts import accounts_json, accounts_report
from ecs2k8s.report.aws_steps import aws_readme
from ecs2k8s.report.data import counts, ledger_json, said
from ecs2k8s.report.markdown import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.core.target import Target
    from ecs2k8s.translate.translation import Translation

    Prepare = Callable[[Any], None]

WORKLOADS = ("ecs.Service", "ecs.Task", "ecs.TaskDefinition")
ANYONE = Login()  # whatever credentials and Region the environment has
REASONS = 3  # of those why nothing was found


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    output: str
    sources: tuple[str, ...] = ()  # files; none: the live account that `login` reaches
    target: str | None = None
    sets: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    redact: bool = False
    login: Login = ANYONE
    clusters: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    strict: bool = False
    allow_partial: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """One migration directory that was written."""

    place: Path
    translation: Translation
    snapshot: Snapshot

    @property
    def errors(self) -> int:
        return counts(self.translation.findings)["error"]


def run(request: Request, talk: Talk, prepare: Prepare = lambda _: None) -> int:
    """The whole export. Returns the exit code; raises `Ecs2k8sError` where nothing could be decided.

    *prepare* gets each session of botocore before its first client is made: `demo` lets an emulator answer there.
    """
    gc.disable()  # values only grow until they are written; looking at them again and again took a quarter of the time
    place = Path(request.output)
    directory.check(place)
    done = _from_files(request, place, talk) if request.sources else _from_aws(request, place, talk, prepare)
    if request.as_json:
        summaries = [_summary(each) for each in done]
        print(json.dumps(summaries[0] if len(done) == 1 else summaries, indent=2))
    elif talk.level:
        for each in done:
            _last_screen(each)
    errors = sum(each.errors for each in done)
    if errors:
        reports = ", ".join(f"{each.place}/report/report.md#errors" for each in done if each.errors)
        talk.problem(f"{errors} errors: do not apply before {reports}")
    if request.strict and errors:
        return ExitCode.FAILED
    partial = any(each.snapshot.failures for each in done) and not request.allow_partial
    return ExitCode.PARTIAL if partial else ExitCode.CLEAN


def _from_files(request: Request, place: Path, talk: Talk) -> list[Done]:
    from ecs2k8s.collect import files

    if (request.login, request.clusters, request.services, request.excluded) != (ANYONE, (), (), ()):
        raise SnapshotError("--from reads files: --profile, --region, --cluster, --service and the like are for AWS")
    target = _target(request, place)
    snapshot = files.read(request.sources, stdin=sys.stdin.buffer.read, redact=request.redact)
    return [_write(request, place, target, snapshot, talk)]


def _from_aws(request: Request, place: Path, talk: Talk, prepare: Prepare) -> list[Done]:
    """Every account and Region: one alone fills the directory itself, several get one each below it."""
    from ecs2k8s.collect.login import sessions

    units = [(session, region) for session in sessions(request.login, prepare) for region in session.regions]
    done, nothing = [], []
    accounts: dict[str, Live] = {}
    for session, region in units:
        where = place if len(units) == 1 else place / session.account / region
        directory.check(where)
        target = _target(request, where)
        scope = Scope(request.clusters, request.services, request.excluded, target.eks_cluster)
        live = accounts.setdefault(session.account, Live(session, scope, request.redact))
        with progress(talk, f"{session.account} {region}") as shown:
            snapshot, partial = live.read(region, where, _last(where), shown)
        if partial.resumed:
            talk.stage(f"{partial.resumed} answers were kept from an interrupted run")
        if any(document.shape in WORKLOADS for document in snapshot.documents):
            done.append(_write(request, where, target, snapshot, talk))
        else:
            nothing.append(_nothing(session.account, region, snapshot))
            talk.stage(nothing[-1])
        partial.done()
    if not done:
        raise SnapshotError("; ".join(nothing))
    if len(units) > 1:
        made = [(each.place.relative_to(place), each.translation) for each in done]
        directory.put(place, "report/report.md", accounts_report(made, nothing).encode())
        directory.put(place, directory.ACCOUNTS, accounts_json(made))
    return done


def _nothing(account: str, region: str, snapshot: Snapshot) -> str:
    reasons = "".join(f"; {message(failure)}" for failure in snapshot.failures[:REASONS])
    return f"nothing to translate in account {account}, {region}: no service and no task was found in ECS{reasons}"


def _last(place: Path) -> Snapshot | None:
    """The snapshot that an earlier export left; none where it cannot be read."""
    try:
        return load(json.loads((place / "snapshot.json").read_bytes()))
    except (OSError, ValueError, RecursionError, SnapshotError):
        return None


def _target(request: Request, place: Path) -> Target:
    return targets.load(_choices(request, place), request.sets, str(request.target or place / "target.yaml"))


def _choices(request: Request, place: Path) -> bytes:
    file = Path(request.target) if request.target else place / "target.yaml"
    if request.target and not file.is_file():
        raise TargetError(f"{file}: no such file")
    return file.read_bytes() if file.is_file() else b""


def _write_target(place: Path, target: Target) -> None:
    """On the first run only: from then on it belongs to the user."""
    file = place / "target.yaml"
    if not file.exists():
        file.write_text(target_file(target), encoding="utf-8")


def _write(request: Request, place: Path, target: Target, read: Snapshot, talk: Talk) -> Done:
    """Translate one snapshot and write its directory."""
    snapshot = _with_env_files(request, target, read)
    if "kubernetes_version" not in targets.given(_choices(request, place), request.sets):
        target = targets.of_cluster(target, snapshot)
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
    return Done(place, translation, snapshot)


def _with_env_files(request: Request, target: Target, snapshot: Snapshot) -> Snapshot:
    """The snapshot with the local copies of environment files, and with the time where the input has none."""
    from ecs2k8s.collect import env_files

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


def _summary(done: Done) -> dict[str, object]:
    translation = done.translation
    return {
        "directory": str(done.place),
        "workloads": len(translation.translated),
        "refused": len(translation.refused),
        "objects": len(translation.bundle.objects),
        "leaves": translation.ledger.totals,
        "findings": counts(translation.findings),
        "failures": [f"{failure.subject}: {message(failure)}" for failure in done.snapshot.failures],
    }


def _last_screen(done: Done) -> None:
    place, translation = done.place, done.translation
    number, totals = counts(translation.findings), translation.ledger.totals
    objects = f"{len(translation.bundle.objects)} objects in {place}/manifests"
    fields = ", ".join(f"{count} {verdict}" for verdict, count in totals.items())
    findings = ", ".join(f"{count} {severity}s" for severity, count in number.items())
    rows = [
        ["workloads", str(len(translation.translated)), objects],
        ["fields", str(sum(totals.values())), fields],
        ["findings", str(sum(number.values())), findings],
    ]
    if done.snapshot.failures:
        rows.append(["not read", str(len(done.snapshot.failures)), "named above and in the report"])
    if translation.refused:
        rows.append(["refused", str(len(translation.refused)), "ECS would reject them too"])
    out()
    table(rows, right=(1,))
    out()
    out("next:")
    out(f"  less {place}/report/report.md")
    out(f"  ecs2k8s coverage {place}")
    out(f"  kubectl diff -k {place}/manifests")
