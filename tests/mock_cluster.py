"""A mock API server on loopback: kmock serves what a test wrote down, and every request is kept to be looked at.

The answers are written by hand in the API's documented form
(https://kubernetes.io/docs/reference/using-api/api-concepts/, /server-side-apply/). What a real server says to the same
questions is asked in test_control_plane.py.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import aiohttp.web
import kmock
import yaml

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

UID = "5de89f1d-a296-4908-b54f-f0f2ff9acf7b"
TOKEN = "token-of-the-test"
DISCOVERED = {
    "v1": (("configmaps", "ConfigMap"), ("secrets", "Secret"), ("services", "Service"), ("namespaces", "Namespace")),
    "apps/v1": (("deployments", "Deployment"), ("deployments/scale", "Scale")),
    "networking.k8s.io/v1": (("ingresses", "Ingress"),),
}
OF_CLUSTER = {"Namespace"}


class Handler(kmock.RawHandler):
    """kmock 0.8 cannot take one path apart, that of the list of namespaces; no test needs any in it."""

    async def __call__(self, raw_request: aiohttp.web.BaseRequest) -> aiohttp.web.StreamResponse:
        if raw_request.path == "/api/v1/namespaces":
            return aiohttp.web.json_response({"kind": "NamespaceList", "items": []})
        return await super().__call__(raw_request)


class World:
    """Answers by method and path. The first that was written down wins, unless it was for a number of times."""

    def __init__(self) -> None:
        self.handler = Handler()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = kmock.Server(self.handler)
        self._run(self.handler.__aenter__())
        self._run(self.server.__aenter__())

    @property
    def url(self) -> str:
        return str(self.server.url).rstrip("/")

    def says(self, request: str, status: int, body: Any = None, *, times: int | None = None, **headers: str) -> None:
        """To *request*, `get /api/v1`: a dict as JSON, bytes as they are, a callable once it is asked."""
        view = self.handler[request] if times is None else self.handler[request][:times]
        view << status << kmock.headers(headers) << body

    def usual(self) -> None:
        """What every cluster says when nothing else was written down: put behind what a test wrote."""
        self.says("get /api/v1/namespaces/kube-system", 200, obj("v1", "Namespace", "kube-system", uid=UID))
        for api_version, kinds in DISCOVERED.items():
            root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            listed = [
                {"name": plural, "kind": kind, "namespaced": kind not in OF_CLUSTER, "verbs": ["get", "list", "patch"]}
                for plural, kind in kinds
            ]
            self.says(f"get {root}", 200, {"kind": "APIResourceList", "groupVersion": api_version, "resources": listed})
            for plural, kind in kinds:
                self.says(f"get {root}/{plural}", 200, {"kind": f"{kind}List", "items": []})
        self.handler.fallback << 404 << not_found("unknown")

    @property
    def asked(self) -> list[kmock.Request]:
        return list(self.handler._requests)

    @property
    def patches(self) -> list[kmock.Request]:
        return [request for request in self.asked if request.method.value == "PATCH"]

    def kubeconfig(self, folder: Path, **user: Any) -> Path:
        return kubeconfig(folder / "kubeconfig", {"server": self.url}, user or {"token": TOKEN})

    def close(self) -> None:
        self._run(self.server.__aexit__(None, None, None))
        self._run(self.handler.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=20)


def kubeconfig(file: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "users": [{"name": "test", "user": user}],
    }
    file.write_text(yaml.safe_dump(config))
    return file


def obj(api_version: str, kind: str, name: str, namespace: str = "", *, uid: str = "1", **more: Any) -> dict[str, Any]:
    """A live object: what is given, and what the server keeps for itself."""
    metadata = {"name": name, "uid": uid, "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"}
    metadata |= {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata | more.pop("metadata", {}), **more}


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": code,
    }


def not_found(name: str, kind: str = "configmaps") -> dict[str, Any]:
    return status(404, "NotFound", f'{kind} "{name}" not found', name=name, kind=kind)


def forbidden(verb: str, plural: str) -> dict[str, Any]:
    message = f'{plural} "web" is forbidden: User "ann" cannot {verb} resource "{plural}" in API group "" in the namespace "shop"'
    return status(403, "Forbidden", message, name="web", kind=plural)


def conflicted(*fields: tuple[str, str]) -> dict[str, Any]:
    """Of (field, manager as printManager writes it): apimachinery/pkg/util/managedfields/internal/conflict.go."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": name} for name, who in fields
    ]
    return status(409, "Conflict", f"Apply failed with {len(causes)} conflicts", causes=causes)


def owned(manager: str, fields: dict[str, Any], operation: str = "Apply", subresource: str = "") -> dict[str, Any]:
    """An entry of metadata.managedFields."""
    found = {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    return found | ({"subresource": subresource} if subresource else {})
