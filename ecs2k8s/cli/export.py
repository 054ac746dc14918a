"""`ecs2k8s export`: read, translate, write, say what happened."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import Talk, out, progress, table
from ecs2k8s.cli.edits import NO_EDITS, Edits, Made, write
from ecs2k8s.collect.live import Live
from ecs2k8s.collect.login import Login
from ecs2k8s.collect.scope import Scope
from ecs2k8s.core import target as targets
from ecs2k8s.core.documents import Snapshot, load
from ecs2k8s.core.errors import SnapshotError, TargetError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.findings import Finding, located, sentence
from ecs2k8s.core.formats import diff_command
from ecs2k8s.pipeline import translate
from ecs2k8s.render import FORMATS, directory, places
from ecs2k8s.render.argo_cd import argo_cd
from ecs2k8s.render.aws import aws_objects
from ecs2k8s.render.github import github
from ecs2k8s.render.observability import log_files
from ecs2k8s.render.settle import Wanted
from ecs2k8s.render.target_file import target_file
from ecs2k8s.report.accounts import accounts_json, accounts_report
from ecs2k8s.report.accounts_page import accounts_page
from ecs2k8s.report.aws_steps import aws_files
from ecs2k8s.report.cost import cost_json
from ecs2k8s.report.data import counts, findings_json
from ecs2k8s.report.markdown import report
from ecs2k8s.report.observability import observability
from ecs2k8s.report.page import FILE as PAGE
from ecs2k8s.report.page import page
from ecs2k8s.report.runbook import runbook
from ecs2k8s.report.sarif import sarif
from ecs2k8s.report.scaling import scaling_files
from ecs2k8s.report.waves import waves_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

    Prepare = Callable[[Any], None]

# Each gives files: path below the migration directory to text.
REPORTS = (
    report,
    aws_files,
    aws_objects,
    log_files,
    observability,
    findings_json,
    cost_json,
    runbook,
    argo_cd,
    github,
    scaling_files,
    waves_json,
)
WORKLOADS = ("ecs.Service", "ecs.Task", "ecs.TaskDefinition")
ANYONE = Login()  # whatever credentials and Region the environment has
LOGIN_ENDED = "login-expired"
SCHEMA, SEVERAL = "ecs2k8s/export/v1", "ecs2k8s/exports/v1"
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
    overwrite: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """One migration directory that was written."""

    place: Path
    target: Target
    translation: Translation
    snapshot: Snapshot
    edits: Edits = NO_EDITS

    @property
    def errors(self) -> int:
        return counts(self.translation.findings)["error"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What a run came to: the directories, where nothing runs on ECS, and what could not be read as a whole."""

    done: tuple[Done, ...]
    empty: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    several: bool = False  # a directory for each account and Region

    @property
    def partial(self) -> bool:
        return bool(self.unread) or any(each.snapshot.failures or each.edits.conflicts for each in self.done)


def run(request: Request, talk: Talk, prepare: Prepare = lambda _: None) -> int:
    """The whole export. Returns the exit code; raises `Ecs2k8sError` where nothing could be decided.

    *prepare* gets each session of botocore before its first client is made: `demo` lets an emulator answer there.
    """
    gc.disable()  # values only grow until they are written; looking at them again and again took a quarter of the time
    place = Path(request.output)
    made = _from_files(request, place, talk) if request.sources else _from_aws(request, place, talk, prepare)
    if request.as_json:
        print(json.dumps(_summaries(made), indent=2))
    elif talk.level:
        for each in made.done:
            _last_screen(each)
    errors = sum(each.errors for each in made.done)
    if errors:
        reports = ", ".join(f"{each.place}/report/report.md#errors" for each in made.done if each.errors)
        talk.problem(f"{errors} errors: do not apply before {reports}")
    if request.strict and errors:
        return ExitCode.FAILED
    return ExitCode.PARTIAL if made.partial and not request.allow_partial else ExitCode.CLEAN


def _from_files(request: Request, place: Path, talk: Talk) -> Exported:
    from ecs2k8s.collect import files

    if (request.login, request.clusters, request.services, request.excluded) != (ANYONE, (), (), ()):
        raise SnapshotError("--from reads files: --profile, --region, --cluster, --service and the like are for AWS")
    directory.check(place)
    target = _target(request, place)
    snapshot = files.read(request.sources, stdin=sys.stdin.buffer.read, redact=request.redact)
    return Exported((_write(request, place, target, snapshot, talk),))


def _from_aws(request: Request, place: Path, talk: Talk, prepare: Prepare) -> Exported:
    """Every account and Region: one alone fills the directory itself, several get one each below it."""
    from ecs2k8s.collect.login import sessions

    several = _several(request)
    directory.check(place, several=several)
    found, refused = sessions(request.login, prepare)
    for error in refused:
        talk.problem(str(error))
    accounts = [Live(session, request.redact) for session in found]
    units = [(live, region) for live in accounts for region in live.session.regions]
    if several and not (place / directory.ACCOUNTS).is_file():
        directory.put(place, directory.ACCOUNTS, accounts_json([], [], []))  # so that the next run knows the folder
    done: list[Done] = []
    empty: list[str] = []
    unread = [str(error) for error in refused]
    for live, region in units:
        where = place / live.session.account / region if several else place
        made = _from_region(request, live, region, where, talk)
        if isinstance(made, Done):
            done.append(made)
        else:
            said = _nothing(live.session.account, region, made)
            (unread if made.failures else empty).append(said)
            (talk.problem if made.failures else talk.stage)(said)
    if not done:
        raise SnapshotError("; ".join([*unread, *empty]))
    if several:
        rows = [(each.place.relative_to(place), each.translation) for each in done]
        directory.put(place, "report/report.md", accounts_report(rows, empty, unread).encode())
        directory.put(place, PAGE, accounts_page(rows, empty, unread).encode())
        directory.put(place, directory.ACCOUNTS, accounts_json(rows, empty, unread))
    return Exported(tuple(done), tuple(empty), tuple(unread), several)


def _several(request: Request) -> bool:
    """Whether more than one account or Region is asked for; what can be reached of them does not matter."""
    return max(1, len(set(request.login.role_arns))) * max(1, len(set(request.login.regions))) > 1


def _from_region(request: Request, live: Live, region: str, where: Path, talk: Talk) -> Done | Snapshot:
    """The directory of one Region; the snapshot alone where there is nothing to translate."""
    directory.check(where)
    target = _target(request, where)
    scope = Scope(request.clusters, request.services, request.excluded, target.eks_cluster)
    with progress(talk, f"{live.session.account} {region}") as shown:
        snapshot, partial = live.read(region, scope, where, _last(where), shown)
    if partial.resumed:
        talk.stage(f"{partial.resumed} answers were kept from an interrupted run")
    translatable = any(document.shape in WORKLOADS for document in snapshot.documents)
    made = _write(request, where, target, snapshot, talk) if translatable else snapshot
    if any(failure.slug == LOGIN_ENDED for failure in snapshot.failures):
        partial.close()  # the next run goes on from it
    else:
        partial.done()
    return made


def _nothing(account: str, region: str, snapshot: Snapshot) -> str:
    where = f"account {account}, {region}"
    if not snapshot.failures:
        return f"nothing to translate in {where}: no service and no task was found in ECS"
    more = len(snapshot.failures) - REASONS
    reasons = "; ".join(map(sentence, snapshot.failures[:REASONS]))
    return f"{where} could not be read: {reasons}" + (f"; and {more} more" if more > 0 else "")


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
    if not (place / "target.yaml").exists():
        directory.put(place, "target.yaml", target_file(target).encode())


def _write(request: Request, place: Path, target: Target, read: Snapshot, talk: Talk) -> Done:
    """Translate one snapshot and write its directory."""
    snapshot = _with_env_files(request, target, read)
    if "kubernetes_version" not in targets.given(_choices(request, place), request.sets):
        try:
            target = targets.of_cluster(target, snapshot)
        except TargetError:
            said = Finding.of("eks-version-not-known", target.eks_cluster, "", used=target.kubernetes_version)
            snapshot = replace(snapshot, notes=tuple(sorted((*snapshot.notes, said))))
    for failure in snapshot.failures:
        talk.problem(located(failure))
    talk.stage(f"read {len(snapshot.documents)} documents")
    translation = translate(snapshot, target)
    talk.stage(f"translated {len(translation.translated)} workloads")
    wanted = Wanted(request.overwrite, request.keep, not snapshot.failures, request.redact, str(place))
    edits = write(place, files_of(translation, target), Made(snapshot, translation, target), wanted)
    _write_target(place, target)
    edits.say(place, talk)
    _validate(translation, target, talk)
    return Done(place, target, translation, snapshot, edits)


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
    texts = FORMATS[target.format](translation.bundle)
    for of_translation in REPORTS:
        texts |= of_translation(translation, target)
    texts |= page(translation, target, texts)
    texts |= sarif(translation, texts, places(translation.bundle, target.format))  # it points into all of the others
    return {path: text.encode() for path, text in texts.items()}


def _validate(translation: Translation, target: Target, talk: Talk) -> None:
    """Schema validation speaks on stderr only: files do not depend on the extras that are installed."""
    from ecs2k8s.compare import schema

    if not schema.available():
        talk.stage("schemas were not checked: install ecs2k8s[validate] for it")
        return
    for problem in schema.problems(translation.bundle.manifests, target.kubernetes_version):
        talk.problem(f"schema: {problem}")


def _summaries(made: Exported) -> dict[str, object]:
    if not made.several:
        return _summary(made.done[0])
    found = [_summary(each) for each in made.done]
    return {"schema": SEVERAL, "directories": found, "empty": made.empty, "unread": made.unread}


def _summary(done: Done) -> dict[str, object]:
    translation = done.translation
    return {
        "schema": SCHEMA,
        "directory": str(done.place),
        "workloads": len(translation.translated),
        "refused": len(translation.refused),
        "objects": len(translation.bundle.objects),
        "leaves": translation.ledger.totals,
        "findings": counts(translation.findings),
        "edits": done.edits.totals,
        "failures": list(map(sentence, done.snapshot.failures)),
    }


def _last_screen(done: Done) -> None:
    place, translation = done.place, done.translation
    number, totals = counts(translation.findings), translation.ledger.totals
    number_of = len(translation.bundle.tree("manifests"))
    watching = len(translation.bundle.tree("monitoring"))
    held = len(translation.bundle.everything) - number_of - watching
    objects = f"{number_of} objects in {place}/manifests" + (f", {held} in {place}/traffic" if held else "")
    objects += f", {watching} in {place}/monitoring" if watching else ""
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
    if done.edits.files:
        rows.append(["edited", str(len(done.edits.files)), done.edits.summary])
    out()
    table(rows, right=(1,))
    out()
    out("next:")
    typed = quote(str(place))
    out(f"  open {place}/report/index.html in a browser, or less {typed}/report/report.md")
    if done.edits.in_traffic:
        out(f"  ecs2k8s diff routing {typed}")
    out(f"  ecs2k8s coverage {typed}")
    out(f"  {diff_command(done.target.format, f'{typed}/manifests')}")
