"""Reads a cluster for the things of a plan and for the checks. What could not be read is never taken for absent."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.cluster import ClusterError
from ecs2k8s.compare.kinds import root, served
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.cluster.guard import METADATA
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.compare.cluster import Answer, Cluster
    from ecs2k8s.compare.kinds import Kind
    from ecs2k8s.core.manifests import Manifest

PAGE = "500"
MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one cluster. All methods raise `UnreadableError`."""

    cluster: Cluster
    _known: dict[tuple[str, str], Kind] = field(default_factory=dict)

    def identity(self) -> str:
        """The UID of kube-system: a context's name proves nothing (cutover.md §2.1)."""
        found = self.get(ObjectRef("v1", "Namespace", "", "kube-system"))
        uid = ((found or {}).get("metadata") or {}).get("uid")
        if not isinstance(uid, str) or not uid:
            raise UnreadableError(f"{self.cluster.server}: the namespace kube-system has no UID: is it a cluster?")
        return uid

    def get(self, ref: ObjectRef) -> Manifest | None:
        """The live object; None where the server says that there is none. Of a Secret its metadata alone."""
        headers = {"Accept": METADATA} if (ref.api_version, ref.kind) == ("v1", "Secret") else {}
        answer = self._asked(self.path(ref), {}, headers)
        if answer.status == HTTPStatus.NOT_FOUND and answer.body:
            return None
        body = self._good(answer, f"{ref}")
        metadata = body.get("metadata")
        if not isinstance(metadata, dict) or metadata.get("name") != ref.name:
            raise UnreadableError(f"{ref}: the answer is another object")
        return body

    def items(self, api_version: str, kind: str, namespace: str = "", **query: str) -> list[Manifest]:
        """All objects of a kind, of one namespace or of all; *query*: labelSelector."""
        path = self.kind(api_version, kind).path(namespace)
        found: list[Manifest] = []
        asked = {"limit": PAGE} | query
        for _ in range(MOST_PAGES):
            body = self._good(self._asked(path, asked, {}), f"the list of {kind}")
            items, metadata = body.get("items"), body.get("metadata")
            if not isinstance(items, list):
                raise UnreadableError(f"the list of {kind}: the answer is no list")
            found += [item for item in items if isinstance(item, dict)]
            then = metadata.get("continue") if isinstance(metadata, dict) else None
            if not then:
                return found
            asked |= {"continue": str(then)}
        raise UnreadableError(f"the list of {kind}: it does not end")

    def dry_run(self, manifest: Manifest) -> Answer:
        """What a server-side apply would answer, whatever it is but no answer."""
        ref = ObjectRef.of(manifest)
        path = self.path(ref)
        answer = self._taken(lambda: self.cluster.dry_run(path, manifest))
        if not answer.status:
            raise UnreadableError(f"{ref}: {answer.message}")
        return answer

    def path(self, ref: ObjectRef) -> str:
        kind = self.kind(ref.api_version, ref.kind)
        if kind.namespaced and not ref.namespace:
            raise UnreadableError(f"{ref}: names no namespace, and kubectl would take the one of its context")
        if not all(
            part not in {"", ".", ".."} and not set(part) & {"/", "%"} for part in (ref.name, ref.namespace or "x")
        ):
            raise UnreadableError(f"{ref}: its name cannot be a part of a URL")
        return kind.path(ref.namespace, ref.name)

    def kind(self, api_version: str, kind: str) -> Kind:
        """Where objects of a kind are. Only what the cluster has is remembered: a definition may be installed later."""
        if (api_version, kind) not in self._known:
            found = served({api_version: self._asked(root(api_version), {}, {})})
            self._known.update(found.kinds)
            if (api_version, kind) not in found.kinds:
                raise UnreadableError(f"{kind}: {found.missing(api_version, kind)}")
        return self._known[api_version, kind]

    def _asked(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        return self._taken(lambda: self.cluster.sent("GET", path, query, headers=headers))

    def _taken(self, ask: Any) -> Answer:
        try:
            answer: Answer = ask()
        except ClusterError as error:
            raise UnreadableError(str(error)) from error
        return answer

    def _good(self, answer: Answer, what: str) -> dict[str, Any]:
        if not answer.good or answer.body is None:
            raise UnreadableError(f"{what}: {answer.message}")
        return answer.body
