"""Where Leases lie: in one namespace of a cluster, made once, and replaced only by whoever names the version they have.

By default that is `default`: it is in every cluster and cannot be deleted, and whoever may write Leases there gets no
hold of the control plane, whose own are in kube-system. All operators have to name the same one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from ecs2k8s.compare.cluster import JSON, ClusterError
from ecs2k8s.cutover.cluster.guard import AS_US
from ecs2k8s.cutover.world import RefusedError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from ecs2k8s.compare.cluster import Cluster
    from ecs2k8s.core.manifests import Manifest

NAMESPACE = "default"
VERSION = "coordination.k8s.io/v1"


class TakenError(RefusedError):
    """Somebody else has made or replaced it: the version that was named is not the one that is there."""


class Store(Protocol):
    """Where Leases are: the API server, or a deterministic one of a test."""

    def get(self, name: str) -> Manifest | None:
        """Raises `UnreadableError`."""

    def create(self, lease: Manifest) -> Manifest:
        """Raises `TakenError` where there is one, `RefusedError` and `UnsureError`."""

    def replace(self, lease: Manifest) -> Manifest:
        """Raises `TakenError` where it has another `resourceVersion`, or is gone; `RefusedError` and `UnsureError`."""


@dataclass(frozen=True, slots=True)
class ApiStore:
    """The Leases of a namespace. The connection's rule is `guard.lease_calls`."""

    cluster: Cluster
    namespace: str = NAMESPACE

    @property
    def path(self) -> str:
        return f"/apis/{VERSION}/namespaces/{self.namespace}/leases"

    def get(self, name: str) -> Manifest | None:
        try:
            answer = self.cluster.sent("GET", f"{self.path}/{name}", {})
        except ClusterError as error:
            raise UnreadableError(str(error)) from error
        if answer.status == HTTPStatus.NOT_FOUND and answer.body:
            return None
        if not answer.good or answer.body is None or answer.body.get("kind") != "Lease":
            raise UnreadableError(f"the lock {self.namespace}/{name}: {answer.message}")
        return answer.body

    def create(self, lease: Manifest) -> Manifest:
        return self._sent("POST", self.path, lease)

    def replace(self, lease: Manifest) -> Manifest:
        return self._sent("PUT", f"{self.path}/{lease['metadata']['name']}", lease)

    def _sent(self, method: str, path: str, lease: Manifest) -> Manifest:
        what = f"the lock {self.namespace}/{lease['metadata']['name']}"
        try:
            answer = self.cluster.sent(method, path, AS_US, lease, {"Content-Type": JSON}, attempts=1)
        except ClusterError as error:
            raise RefusedError(f"{what}: {error}") from error
        if answer.good and answer.body is not None:
            return answer.body
        reason = (answer.body or {}).get("reason")
        gone = method == "PUT" and answer.status == HTTPStatus.NOT_FOUND and reason == "NotFound"
        if gone or (answer.status == HTTPStatus.CONFLICT and reason in {"Conflict", "AlreadyExists"}):
            raise TakenError(f"{what}: {answer.message}")
        if answer.body and HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RefusedError(f"{what}: {answer.message}")
        raise UnsureError(f"{what}: {answer.message}")


def lease_name(key: str) -> str:
    """Of the lock of a traffic object: an ARN or a record is no name of an object."""
    return f"ecs2k8s-{hashlib.sha256(key.encode()).hexdigest()[:40]}"
