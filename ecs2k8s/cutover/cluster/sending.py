"""Carries out one request of a plan in a cluster, once: exactly its objects, never forced, and deletes only its own."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ecs2k8s.compare.cluster import APPLY, JSON, ClusterError
from ecs2k8s.compare.conflicts import by_field, conflicts
from ecs2k8s.compare.dry_run import BY_SCHEMA
from ecs2k8s.compare.refusals import scrubbed
from ecs2k8s.compare.wanted import Wanted
from ecs2k8s.core.errors import OutputError, PlanError
from ecs2k8s.core.listing import listed
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.cluster.asking import is_refusal, ref_of
from ecs2k8s.cutover.cluster.guard import JSON_PATCH, QUERY, Call
from ecs2k8s.cutover.manifests import digests, manifests
from ecs2k8s.cutover.things.kustomization import as_of, labelled, run_of
from ecs2k8s.cutover.world import NotNowError, RefusedError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ecs2k8s.compare.cluster import Answer
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.cluster.guard import StepCalls
    from ecs2k8s.cutover.cluster.reading import Api
    from ecs2k8s.cutover.plan import Request, Step

BINDING = "TargetGroupBinding"
NAMED = 5  # fields or objects in a message


@dataclass(frozen=True, slots=True)
class Sending:
    """One call of a request, about one object."""

    ref: ObjectRef
    call: Call
    file: Manifest | None = None  # what is applied, as its file has it
    new: bool = False


@dataclass(frozen=True, slots=True)
class ClusterSender:
    """`world.Sender` for what is called `kubernetes.…`."""

    api: Api
    rule: StepCalls
    place: Path  # the migration directory
    run: str
    identity: str  # the UID of the cluster that the run is about
    forbidden: Callable[[Manifest], str]  # why a binding must not be applied (invariant I8); empty: it may

    def send(self, step: Step, request: Request) -> str:
        """The ids of the requests, as the server's audit log has them. Raises `RefusedError` or `UnsureError`."""
        try:
            self._same_cluster()
            calls = list(self._calls(request))
        except UnreadableError as error:
            raise NotNowError(f"step {step.id}: nothing was sent: {error}") from error
        except (PlanError, OutputError) as error:
            raise RefusedError(f"step {step.id}: nothing was sent: {error}") from error
        done: list[str] = []
        for one in calls:
            try:
                done.append(self._sent(one))
            except RefusedError as error:
                if not done:
                    raise
                raise UnsureError(f"{len(done)} of {len(calls)} calls had their effect, then: {error}") from error
        return " ".join(filter(None, done))

    def _same_cluster(self) -> None:
        found = self.api.identity()
        if found != self.identity:
            raise PlanError(f"kube-system has the UID {found}, and the run is about the cluster with {self.identity}")

    def _calls(self, request: Request) -> Iterator[Sending]:
        match request.call:
            case "kubernetes.Apply":
                yield from map(self._apply, self._objects(request))
            case "kubernetes.Delete":
                named = set(request.parameters["objects"])
                for manifest in reversed(manifests(self.place, request.parameters["path"])):
                    if str(ref := ObjectRef.of(manifest)) in named:
                        yield from self._delete(ref)
            case "kubernetes.Patch":
                ref = ref_of(request.parameters)
                yield Sending(ref, Call("PATCH", self.api.path(ref), JSON_PATCH, request.parameters["operations"]))
            case _:
                raise PlanError(f"{request.call}: no call of a cluster")

    def _objects(self, request: Request) -> tuple[Manifest, ...]:
        """Raises `PlanError` where the files are not those that the plan was made of."""
        path, wanted = request.parameters["path"], request.parameters["objects"]
        found = manifests(self.place, path)
        now = digests(found)
        other = sorted(ref for ref in now.keys() | wanted.keys() if now.get(ref) != wanted.get(ref))
        if other:
            raise PlanError(f"{path} was changed since the plan was made: {listed(other, NAMED)}; plan again")
        return found

    def _apply(self, manifest: Manifest) -> Sending:
        """What does not exist yet gets the label of the run: only what has it may the run delete."""
        ref = ObjectRef.of(manifest)
        reason = self.forbidden(manifest) if ref.kind == BINDING else ""
        if reason:
            raise PlanError(f"{ref}: {reason}")
        live = self.api.get(ref)
        body = labelled(manifest, self.run) if live is None else as_of(manifest, live)
        return Sending(ref, Call("PATCH", self.api.path(ref), APPLY, body), manifest, live is None)

    def _delete(self, ref: ObjectRef) -> Iterator[Sending]:
        live = self.api.get(ref)
        if live is None:
            return
        if run_of(live) != self.run:
            raise PlanError(f"{ref} was not made by this run: it has no label {self.run}, and stays")
        exact = {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
        body = {"preconditions": exact, "propagationPolicy": "Background"}
        yield Sending(ref, Call("DELETE", self.api.path(ref), JSON, body))

    def _sent(self, one: Sending) -> str:
        answer = self._answered(one.call, str(one.ref))
        if one.new and one.file is not None and answer.status == HTTPStatus.OK:
            # Somebody made it since we looked: it is theirs, and must not be deleted as ours.
            answer = self._answered(Call("PATCH", one.call.path, APPLY, one.file), str(one.ref))
        if answer.good or (one.call.method == "DELETE" and answer.status == HTTPStatus.NOT_FOUND and answer.body):
            return answer.ident
        message = f"{one.ref}: {_told(one, answer)}"
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:  # said before anything is done: priority and fairness
            raise NotNowError(message)
        if is_refusal(answer) or BY_SCHEMA in answer.message:
            raise RefusedError(message)
        raise UnsureError(message)

    def _answered(self, call: Call, subject: str) -> Answer:
        query = {} if call.method == "DELETE" else QUERY
        headers = {"Content-Type": call.content}
        try:
            with self.rule.given(call):
                return self.api.cluster.sent(call.method, call.path, query, call.body, headers, attempts=1)
        except ClusterError as error:  # the login is not taken
            raise RefusedError(f"{subject}: {error}") from error


def _told(one: Sending, answer: Answer) -> str:
    found = by_field(conflicts(answer.body or {}))
    if found:
        named = [f"{field} ({manager} owns it)" for field, manager in found]
        return f"somebody else owns what the file sets, and nothing is forced: {listed(named, NAMED)}"
    if one.call.content == JSON_PATCH and answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:  # its words tell nothing
        return f"its fields are not what the plan has any more, or may not be what it wants: {answer.message}"
    return scrubbed(answer.message, Wanted(one.file, "")) if one.file else answer.message
