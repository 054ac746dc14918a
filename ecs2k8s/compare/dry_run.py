"""`diff cluster`: objects as they lie in files against a cluster, by asking it what applying them would make."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.applied import Applier, change
from ecs2k8s.compare.causes import explained
from ecs2k8s.compare.changes import Diff
from ecs2k8s.compare.cluster import THREADS, Answer
from ecs2k8s.compare.conflicts import conflicts as conflicts_of
from ecs2k8s.compare.conflicts import without
from ecs2k8s.compare.kinds import root, served
from ecs2k8s.compare.leftovers import EMITTED, leftovers
from ecs2k8s.compare.managed_fields import Manager
from ecs2k8s.compare.refusals import refused, scrubbed, unvalidated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from ecs2k8s.compare.changes import Change
    from ecs2k8s.compare.cluster import Cluster
    from ecs2k8s.compare.conflicts import Conflict
    from ecs2k8s.compare.kinds import Served
    from ecs2k8s.compare.wanted import Wanted
    from ecs2k8s.core.manifests import Manifest, ObjectRef

# Of RBAC, and of no admission plugin: apiserver/pkg/endpoints/handlers/responsewriters/errors.go, forbiddenMessage.
BY_RBAC = re.compile(r" cannot \w+ (?:resource|path) ")
# What server-side apply says of a field that the schema does not have; it comes as an error of the server (500).
BY_SCHEMA = "failed to create typed patch object"
NO_DRY_RUN = "does not support dry run"  # an admission webhook with side effects: nothing is known of the object
REFUSALS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one object; `undecided` says what was not validated, in words that several objects may share."""

    change: Change
    undecided: str = ""


def compare(
    cluster: Cluster,
    wanted: Sequence[Wanted],
    generated: Collection[ObjectRef],
    left: str,
    *,
    show_values: bool = False,
) -> Diff:
    """What applying *wanted* would do, and which objects with our label are none of *generated*.

    Raises `ClusterError` where the cluster stops taking the login.
    """
    emitted = {(api_version, kind) for api_version, kinds in EMITTED.items() for kind in kinds}
    sorts = sorted(emitted | {(ref.api_version, ref.kind) for ref in generated})
    versions = sorted({api_version for api_version, _ in sorts})
    answers = _in_threads(lambda version: cluster.get(root(version)), versions)
    known = served(dict(zip(versions, answers, strict=True)))
    by = Applier(Manager(cluster.manager, "Apply"), show_values)
    judge = Judge(cluster, known, frozenset(item.ref for item in wanted), by)
    judged: list[Judged] = _in_threads(judge.judged, wanted)
    stale = _in_threads(lambda sort: leftovers(cluster, known, sort, generated), sorts)
    changes = [one.change for one in judged] + [one for ones, _ in stale for one in ones]
    unread = [line for _, lines in stale for line in lines]
    diff = Diff(
        name="cluster",
        left=left,
        right=cluster.server,
        changes=tuple(sorted(changes, key=lambda one: one.subject)),
        undecided=(*_summed(one.undecided for one in judged if one.undecided), *unread),
    )
    return explained(diff)


def _in_threads(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """What *work* gives for each, in their order. What waits is dropped when one of them raises."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        return list(pool.map(work, items))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _summed(reasons: Iterable[str]) -> list[str]:
    """`3 objects: why`: hundreds of objects may share a reason."""
    counts = Counter(reasons)
    return [f"{count} object{'' if count == 1 else 's'}: {reason}" for reason, count in sorted(counts.items())]


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks a cluster about one object after the other."""

    cluster: Cluster
    served: Served
    together: frozenset[ObjectRef]  # all that is compared: the namespace of an object may be among it
    by: Applier

    def judged(self, wanted: Wanted) -> Judged:
        try:
            return self.asked(wanted)
        except RecursionError:
            return _unvalidated(wanted, "it is nested too deeply")

    def asked(self, wanted: Wanted) -> Judged:
        ref = wanted.ref
        kind = self.served.kinds.get((ref.api_version, ref.kind))
        if kind is None:
            return _unvalidated(wanted, self.served.missing(ref.api_version, ref.kind))
        if kind.namespaced and not ref.namespace:
            return _unvalidated(wanted, "it names no namespace, and kubectl would take the one of its context")
        if not all(map(_is_segment, (ref.name, ref.namespace or "none"))):
            return Judged(refused(wanted, None, {}, "its name cannot be a part of a URL"))
        path = kind.path(ref.namespace, ref.name)
        found = self.cluster.get(path)
        if _is(found, wanted):
            return self.applied(wanted, path, found.body)
        if found.status == HTTPStatus.NOT_FOUND and found.body:
            return self.applied(wanted, path, None)
        return _unvalidated(wanted, "the live object cannot be read", found.message)

    def applied(self, wanted: Wanted, path: str, live: Manifest | None) -> Judged:
        made = self.cluster.dry_run(path, wanted.manifest)
        if _is(made, wanted):
            return self.changed(wanted, live, made)
        conflicts = conflicts_of(made.body or {})
        if live and made.status == HTTPStatus.CONFLICT and conflicts:
            return self.contested(wanted, path, live, conflicts)
        return self.failed(wanted, live, made)

    def contested(self, wanted: Wanted, path: str, live: Manifest, conflicts: Sequence[Conflict]) -> Judged:
        """Asked again without the fields in conflict: all else is known too, and nothing has to be forced."""
        rest = self.cluster.dry_run(path, without(wanted.manifest, conflicts))
        if _is(rest, wanted):
            return self.changed(wanted, live, rest, conflicts)
        known = self.changed(wanted, live, Answer(HTTPStatus.OK, live), conflicts)
        more = self.failed(wanted, live, rest)
        rows, said = (*known.change.rows, *more.change.rows), (*known.change.said, *more.change.said)
        return Judged(replace(known.change, rows=rows, said=said), more.undecided)

    def changed(
        self, wanted: Wanted, live: Manifest | None, made: Answer, conflicts: Sequence[Conflict] = ()
    ) -> Judged:
        found = change(wanted, live, made.body or {}, self.by, conflicts)
        warned = (f"the API server warns: {scrubbed(text, wanted)}" for text in made.warnings)
        leaving = ("is being deleted",) if live and live["metadata"].get("deletionTimestamp") else ()
        return Judged(replace(found, said=(*found.said, *leaving, *warned)))

    def failed(self, wanted: Wanted, live: Manifest | None, made: Answer) -> Judged:
        """Refused, which is known; or not answered, which is not."""
        details = (made.body or {}).get("details")
        kind = details.get("kind") if isinstance(details, dict) else None
        if made.status == HTTPStatus.NOT_FOUND and kind == "namespaces":
            return _unvalidated(wanted, self.homeless(wanted.ref.namespace))
        if made.status == HTTPStatus.FORBIDDEN and BY_RBAC.search(made.message):
            return _unvalidated(wanted, "you may not apply it, not even as a dry run", made.message)
        by_object = made.status in REFUSALS or BY_SCHEMA in made.message
        if made.body and by_object and NO_DRY_RUN not in made.message:
            return Judged(refused(wanted, live, made.body, made.message))
        return _unvalidated(wanted, "the dry run gave no result", made.message)

    def homeless(self, namespace: str) -> str:
        """Why an object whose namespace is missing cannot be tried."""
        own = any(ref.kind == "Namespace" and ref.name == namespace for ref in self.together)
        how = "it is among these objects, and a dry run makes none" if own else "no file here makes it"
        return f"the namespace {namespace} does not exist yet: {how}; apply it, then compare again"


def _unvalidated(wanted: Wanted, why: str, message: str = "") -> Judged:
    """*message*: the API server's own words, which are of this object alone."""
    return Judged(unvalidated(wanted, why, message), f"not validated: {why}")


def _is(answer: Answer, wanted: Wanted) -> bool:
    """Whether the answer is the object that was asked for, and not something that answers with 200."""
    body = answer.body or {}
    metadata = body.get("metadata")
    return (
        answer.good
        and body.get("kind") == wanted.ref.kind
        and isinstance(metadata, dict)
        and metadata.get("name") == wanted.ref.name
    )


def _is_segment(name: str) -> bool:
    """https://github.com/kubernetes/apimachinery/blob/master/pkg/api/validation/path/name.go."""
    return name not in {"", ".", ".."} and not set(name) & {"/", "%"}
