"""Where Leases lie in tests: the objects in memory, with a step between any two requests of those who race for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.cutover.cluster.leases import NAMESPACE, VERSION, TakenError
from ecs2k8s.cutover.world import UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.core.manifests import Manifest
    from tests.cluster_objects import Objects

PATH = f"/apis/{VERSION}/namespaces/{NAMESPACE}/leases"


@dataclass
class HandClock:
    """Goes on when it is told to."""

    at: float = 0.0

    def now(self) -> float:
        return 1_800_000_000.0 + self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class MemoryStore:
    """`between` is called before and after each request reaches the objects; what it raises comes instead of an answer."""

    objects: Objects
    between: Callable[[str], None] = lambda _: None

    def get(self, name: str) -> Manifest | None:
        code, body = self._asked("GET", f"{PATH}/{name}", None)
        return body if code == 200 else None

    def create(self, lease: Manifest) -> Manifest:
        return self._written("POST", PATH, lease)

    def replace(self, lease: Manifest) -> Manifest:
        return self._written("PUT", f"{PATH}/{lease['metadata']['name']}", lease)

    def _written(self, method: str, path: str, lease: Manifest) -> Manifest:
        code, body = self._asked(method, path, lease)
        if code in (404, 409):
            raise TakenError(str(body.get("message")))
        assert code in (200, 201), body
        return body

    def _asked(self, method: str, path: str, body: Manifest | None) -> tuple[int, Manifest]:
        self.between("before")
        answer = self.objects.handle(method, path, {"fieldManager": "ecs2k8s"}, "application/json", body)
        self.between("after")
        return answer


def lost(_: str) -> None:
    raise UnsureError("no answer came")
