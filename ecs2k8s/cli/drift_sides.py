"""The two readings that `diff drift` compares: what the export read, and AWS now or files."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import progress
from ecs2k8s.collect.gaps import gaps, is_gone, missing_kinds, read_live
from ecs2k8s.collect.live import Live
from ecs2k8s.collect.login import Login
from ecs2k8s.collect.redact import is_masked, mask
from ecs2k8s.collect.scope import Scope
from ecs2k8s.core.arns import Arn, last
from ecs2k8s.core.documents import Snapshot
from ecs2k8s.core.errors import WrongAccountError
from ecs2k8s.core.findings import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ecs2k8s.cli.console import Talk
    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.target import Target

Home = tuple[str, str]  # account and Region
NOBODY = Login()
SERVICE = "ecs.Service"
SNAPSHOT = "ecs2k8s/snapshot/"


@dataclass(frozen=True, slots=True)
class Unit:
    """One directory of an account and a Region; both empty where no ARN in it tells them."""

    name: str
    place: Path
    snapshot: Snapshot
    target: Target
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared for one directory."""

    unit: Unit
    before: Snapshot
    after: Snapshot
    before_lacks: frozenset[str] = frozenset()
    after_lacks: frozenset[str] = frozenset()
    undecided: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @classmethod
    def of(cls, unit: Unit, after: Snapshot, lacks: frozenset[str] = frozenset(), said: tuple[str, ...] = ()) -> Pair:
        before, after = _alike(unit.snapshot, after)
        gone = tuple(sentence(each) for each in after.failures if is_gone(each))
        unread = tuple(failure for failure in after.failures if not is_gone(failure))
        after_lacks = gaps(after) | lacks
        return cls(unit, before, replace(after, failures=unread), gaps(before), after_lacks, said=(*said, *gone))

    @classmethod
    def not_read(cls, unit: Unit, why: str) -> Pair:
        """Nothing is said of the directory, but that."""
        return cls(unit, Snapshot(()), Snapshot(()), undecided=(why,))


def _alike(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Both masked, where one is: else each secret would seem to have changed."""
    if not any(is_masked(document.data) for side in (before, after) for document in side.documents):
        return before, after
    return _masked(before), _masked(after)


def _masked(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, documents=tuple(replace(each, data=mask(each.data)) for each in snapshot.documents))


def from_files(units: list[Unit], path: Path) -> list[Pair]:
    """Against another snapshot, a migration directory, or files that the AWS CLI exported.

    Raises `WrongAccountError` where they are of none of the directories.
    """
    return _at_least_one(units, [_from_files(unit, path / unit.name) for unit in units])


def _from_files(unit: Unit, path: Path) -> Pair | str:
    from ecs2k8s.collect import files

    whole = path / "snapshot.json" if path.is_dir() else path
    is_snapshot = _is_snapshot(whole)
    after = files.read([str(whole if is_snapshot else path)])
    here, there = homes(unit.snapshot.documents), homes(after.documents)
    if here and there and not here.keys() & there.keys():
        (account, region), (another, elsewhere) = most(here), most(there)
        return f"{unit.place}: is of account {account} in {region}, and {path} of {another} in {elsewhere}"
    if is_snapshot:
        return Pair.of(unit, after)
    after = _with_local(unit.snapshot, after)
    return Pair.of(unit, after, missing_kinds(after, (document.shape for document in unit.snapshot.documents)))


def homes(documents: Iterable[Document]) -> Counter[Home]:
    """Accounts and Regions in the ARNs of ECS, each as often as it stands there."""
    arns = (Arn.parse(document.id) for document in documents if document.shape.startswith("ecs."))
    return Counter((arn.account, arn.region) for arn in arns if arn and arn.account)


def most(found: Counter[Home]) -> Home:
    """That of most; both empty where there is none."""
    return min(found, key=lambda home: (-found[home], home)) if found else ("", "")


def _at_least_one(units: list[Unit], found: list[Pair | str]) -> list[Pair]:
    """A directory that the other side is not about is undecided; where it is about none, that is the wrong target."""
    if not any(isinstance(each, Pair) for each in found):
        raise WrongAccountError("; ".join(map(str, found)))
    return [
        each if isinstance(each, Pair) else Pair.not_read(unit, each) for unit, each in zip(units, found, strict=True)
    ]


def _is_snapshot(file: Path) -> bool:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and str(found.get("format", "")).startswith(SNAPSHOT)


def _with_local(before: Snapshot, after: Snapshot) -> Snapshot:
    """With what no call to AWS gives: environment files, prices, pipelines that a person gave the export."""
    there = {(document.shape, document.id) for document in after.documents}
    given = (document for document in before.documents if document.shape not in read_live())
    kept = (document for document in given if (document.shape, document.id) not in there)
    return replace(after, documents=(*after.documents, *kept))


def from_aws(units: list[Unit], login: Login, limits: Scope, talk: Talk, prepare: Callable[[Any], None]) -> list[Pair]:
    """Against AWS now. Raises `WrongAccountError` where the login leads to none of the directories."""
    from ecs2k8s.collect.login import sessions

    homes = tuple(dict.fromkeys(unit.region for unit in units if unit.region))
    found, refused = sessions(login if login.regions else replace(login, regions=homes), prepare)
    for error in refused:
        talk.problem(str(error))
    accounts = [Live(session) for session in found]
    return _at_least_one(units, [_from_aws(unit, accounts, limits, talk) for unit in units])


def _from_aws(unit: Unit, accounts: list[Live], limits: Scope, talk: Talk) -> Pair | str:
    """The directory against its account and Region; where the login does not lead there, that."""
    live = next((live for live in accounts if unit.account in ("", live.session.account)), None)
    if live is None:
        reached = ", ".join(each.session.account for each in accounts)
        return (
            f"{unit.place}: is of account {unit.account}, and the login reaches {reached}: name a profile or role of it"
        )
    region = unit.region or live.session.regions[0]
    if region not in live.session.regions:
        return f"{unit.place}: is of {region}, which --region does not name"
    scope = replace(limits, eks_cluster=unit.target.eks_cluster)
    scope = scope if limits.limits else Scope.of(unit.snapshot.scope, unit.target.eks_cluster)
    with progress(talk, f"{live.session.account} {region}") as shown:
        after = _with_local(unit.snapshot, live.look(region, scope, unit.snapshot, shown))
    if scope.limits == unit.snapshot.scope:
        return Pair.of(unit, after)
    return _within(unit, after, scope)


def _within(unit: Unit, after: Snapshot, scope: Scope) -> Pair:
    """Less was looked for than the export read: only a service that was looked for can be missing."""
    there = {(document.shape, document.id) for document in after.documents}
    kept = [each for each in unit.snapshot.documents if (each.shape, each.id) in there or _looked_for(each, scope)]
    number = len(unit.snapshot.documents) - len(kept)
    said = (f"{number} documents of the export were not looked for, by --cluster, --service and --exclude",)
    narrowed = replace(unit, snapshot=replace(unit.snapshot, documents=tuple(kept)))
    return Pair.of(narrowed, after, said=said if number else ())


def _looked_for(document: Document, scope: Scope) -> bool:
    if document.shape != SERVICE:
        return False
    cluster = str(document.data.get("clusterArn", ""))
    named = not scope.clusters or cluster in scope.clusters or last(cluster) in scope.clusters
    return named and scope.wants(str(document.data.get("serviceName", "")))
