"""An API server in memory, for tests: objects with versions, optimistic concurrency, and who owns which field.

Written by hand after the documented form (https://kubernetes.io/docs/reference/using-api/api-concepts/,
/server-side-apply/): it has no schema, no defaults and no admission, and takes every list as one value. What is said of
it is asked of a real server too, where there is one: test_cutover_cluster.py.
"""

from __future__ import annotations

import threading
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.mock_cluster import conflicted, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.core.manifests import Manifest

Path = tuple[str, ...]
Owner = tuple[str, str]  # manager and operation
Said = tuple[int, dict[str, Any]]

KINDS = {
    "v1": {"namespaces": "Namespace", "services": "Service", "configmaps": "ConfigMap", "secrets": "Secret"}
    | {"pods": "Pod", "events": "Event", "serviceaccounts": "ServiceAccount"},
    "apps/v1": {"deployments": "Deployment", "replicasets": "ReplicaSet"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "batch/v1": {"cronjobs": "CronJob", "jobs": "Job"},
    "coordination.k8s.io/v1": {"leases": "Lease"},
    "discovery.k8s.io/v1": {"endpointslices": "EndpointSlice"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy", "ingresses": "Ingress"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "elbv2.k8s.aws/v1beta1": {"targetgroupbindings": "TargetGroupBinding"},
    "apiextensions.k8s.io/v1": {"customresourcedefinitions": "CustomResourceDefinition"},
    "external-secrets.io/v1": {"externalsecrets": "ExternalSecret", "secretstores": "SecretStore"},
}
OF_CLUSTER = ("Namespace", "CustomResourceDefinition")
OF_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
IDENTITY = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}


@dataclass(slots=True)
class Kept:
    """An object as the server has it, without what the server keeps; and the leaves that each manager owns."""

    value: Manifest
    uid: str
    version: int
    generation: int = 1
    owned: dict[Owner, set[Path]] = field(default_factory=dict)

    def shown(self) -> Manifest:
        fields = [_entry(owner, paths) for owner, paths in sorted(self.owned.items()) if paths]
        about = {"uid": self.uid, "resourceVersion": str(self.version), "generation": self.generation}
        about |= {"creationTimestamp": "2026-01-01T00:00:00Z"} | ({"managedFields": fields} if fields else {})
        return deepcopy(self.value) | {"metadata": deepcopy(self.value["metadata"]) | about}


class Objects:
    """What is in the cluster. `handle` is one request, which nothing interrupts."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.lock = threading.Lock()
        self.versions = count(1)
        for name in ("default", "kube-system"):
            named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self.make(f"/api/v1/namespaces/{name}", named, ("kube-apiserver", "Update"))

    def handle(self, method: str, path: str, query: Mapping[str, str], content: str = "", body: Any = None) -> Said:
        with self.lock:
            return self.answer(method, path, query, content, deepcopy(body))

    def answer(self, method: str, path: str, query: Mapping[str, str], content: str, body: Any) -> Said:
        version = path.removeprefix("/apis/").removeprefix("/api/")
        if method == "GET" and version in KINDS:
            return 200, _discovered(version)
        place = _placed(path)
        if place is None:
            return 404, status(404, "NotFound", "the server could not find the requested resource")
        if method == "GET":
            return self.read(path, place, query)
        if method == "POST":
            return self.create(path, body, query)
        if content == "application/apply-patch+yaml":
            return self.apply(path, query, body)
        return self.change(method, path, query, content, body) if path in self.kept else (404, _missing(path, place))

    def read(self, path: str, place: tuple[str, str], query: Mapping[str, str]) -> Said:
        if not place[1]:
            return 200, self.listed(path, place[0], query)
        return (200, self.kept[path].shown()) if path in self.kept else (404, _missing(path, place))

    def create(self, path: str, body: Manifest, query: Mapping[str, str]) -> Said:
        at = f"{path}/{body['metadata']['name']}"
        if at in self.kept:
            return 409, status(409, "AlreadyExists", f'"{at}" already exists')
        made = self.make(at, body | {"metadata": _with_space(body["metadata"], path)}, _owner(query))
        return 201, made.shown()

    def change(self, method: str, path: str, query: Mapping[str, str], content: str, body: Any) -> Said:
        if method == "PUT":
            return self.replace(path, body, _owner(query))
        if method == "DELETE":
            return self.delete(path, body or {})
        if content == "application/json-patch+json":
            return self.patch(path, body, _owner(query))
        return 200, self.set(path, _merged(self.kept[path].value, body), _owner(query)).shown()

    def make(self, path: str, value: Manifest, owner: Owner) -> Kept:
        number = next(self.versions)
        kept = Kept(_plain(value), str(UUID(int=number)), number)
        kept.owned[owner] = set(_leaves(kept.value))
        self.kept[path] = kept
        return kept

    def listed(self, path: str, kind: str, query: Mapping[str, str]) -> dict[str, Any]:
        plural = path.rsplit("/", 1)[1]
        inside = path.removesuffix(f"/{plural}")
        found = [
            kept.shown() for at, kept in sorted(self.kept.items()) if at.startswith(inside) and f"/{plural}/" in at
        ]
        return {"kind": f"{kind}List", "metadata": {}, "items": [one for one in found if _selected(one, query)]}

    def apply(self, path: str, query: Mapping[str, str], body: Manifest) -> Said:
        owner = (query["fieldManager"], "Apply")
        kept = self.kept.get(path)
        space = body["metadata"].get("namespace")
        if kept is None and space and f"/api/v1/namespaces/{space}" not in self.kept:
            return 404, status(404, "NotFound", f'namespaces "{space}" not found', name=space, kind="namespaces")
        leaves = _leaves(_plain(body))
        old = deepcopy(kept) if kept else _unmade(body)
        against = [
            (path_, name)
            for (name, operation), paths in sorted(old.owned.items())
            for path_ in sorted(paths & leaves.keys())
            if (name, operation) != owner and _at(old.value, path_) != leaves[path_]
        ]
        if against:
            return 409, conflicted(*(("." + ".".join(path_), f'"{name}" using v1') for path_, name in against))
        new = deepcopy(old)
        for path_, value in leaves.items():
            _set(new.value, path_, value)
        new.owned[owner] = set(leaves)
        for path_ in old.owned.get(owner, set()) - leaves.keys():
            if not any(path_ in paths for paths in new.owned.values()):
                _drop(new.value, path_)
        if query.get("dryRun"):
            new.version = new.version or 1
            return (200 if kept else 201), new.shown()
        if kept and (new.value, new.owned) == (kept.value, kept.owned):
            return 200, kept.shown()
        return (200 if kept else 201), self._stored(path, new, kept).shown()

    def replace(self, path: str, body: Manifest, owner: Owner) -> Said:
        asked, now = body["metadata"].get("resourceVersion"), self.kept[path]
        if asked and asked != str(now.version):
            message = "the object has been modified; please apply your changes to the latest version and try again"
            return 409, status(409, "Conflict", message)
        return 200, self.set(path, _plain(body), owner).shown()

    def delete(self, path: str, body: Mapping[str, Any]) -> Said:
        exact, kept = body.get("preconditions") or {}, self.kept[path]
        if exact and (exact.get("uid"), exact.get("resourceVersion")) != (kept.uid, str(kept.version)):
            return 409, status(409, "Conflict", "the preconditions do not hold")
        if path.startswith("/api/v1/namespaces/") and path.count("/") == 4:
            return 405, status(405, "MethodNotAllowed", "a test never deletes a namespace")
        if kept.value["metadata"].get("finalizers"):  # it is there until whoever they name has taken them away
            new = deepcopy(kept)
            new.value["metadata"]["deletionTimestamp"] = "2026-11-26T10:00:00Z"
            return 200, self._stored(path, new, kept).shown()
        del self.kept[path]
        return 200, {"kind": "Status", "status": "Success"}

    def patch(self, path: str, operations: list[dict[str, Any]], owner: Owner) -> Said:
        value = deepcopy(self.kept[path].value)
        for item in operations:
            at = tuple(item["path"].strip("/").split("/"))
            if item["op"] == "test":
                if _at(value, at) != item["value"]:
                    return 422, status(422, "", "the server rejected our request due to an error in our request")
            elif item["op"] == "remove":
                _drop(value, at)
            else:
                _set(value, at, item["value"])
        return 200, self.set(path, value, owner).shown()

    def set(self, path: str, value: Manifest, owner: Owner) -> Kept:
        """By an update: whoever changes a value owns it, and nobody else does."""
        kept = self.kept[path]
        before, after = _leaves(kept.value), _leaves(value)
        changed = {at for at in before.keys() | after.keys() if before.get(at, ...) != after.get(at, ...)}
        new = deepcopy(kept)
        new.value = value
        new.owned = {who: paths - changed for who, paths in kept.owned.items()}
        new.owned[owner] = new.owned.get(owner, set()) | (changed & after.keys())
        return self._stored(path, new, kept) if changed else kept

    def _stored(self, path: str, new: Kept, old: Kept | None) -> Kept:
        new.version = next(self.versions)
        new.uid = old.uid if old else str(UUID(int=new.version))
        new.generation = old.generation + (old.value.get("spec") != new.value.get("spec")) if old else 1
        self.kept[path] = new
        if "deletionTimestamp" in new.value["metadata"] and not new.value["metadata"].get("finalizers"):
            del self.kept[path]
        return new


def _owner(query: Mapping[str, str]) -> Owner:
    return query.get("fieldManager", "unknown"), "Update"


def _discovered(version: str) -> dict[str, Any]:
    listed = [
        {"name": plural, "kind": kind, "namespaced": kind not in OF_CLUSTER} for plural, kind in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": listed}


def _placed(path: str) -> tuple[str, str] | None:
    """Kind and name; the name is empty for a list. None for what is no kind here."""
    for version, kinds in KINDS.items():
        root = f"/apis/{version}/" if "/" in version else f"/api/{version}/"
        if not path.startswith(root):
            continue
        parts = path.removeprefix(root).split("/")
        parts = parts[2:] if parts[0] == "namespaces" and len(parts) > 2 else parts
        if parts[0] in kinds and len(parts) <= 2:
            return kinds[parts[0]], parts[1] if len(parts) == 2 else ""
    return None


def _unmade(body: Manifest) -> Kept:
    """What an apply that makes the object begins with."""
    named = {key: part for key, part in body["metadata"].items() if key in {"name", "namespace"}}
    return Kept({"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": named}, "", 0)


def _missing(path: str, place: tuple[str, str]) -> dict[str, Any]:
    plural = path.rsplit("/", 2)[1]
    return status(404, "NotFound", f'{plural} "{place[1]}" not found', name=place[1], kind=plural)


def _with_space(metadata: Manifest, path: str) -> Manifest:
    parts = path.split("/")
    return metadata | ({"namespace": parts[parts.index("namespaces") + 1]} if "namespaces" in parts[:-1] else {})


def _plain(value: Manifest) -> Manifest:
    return value | {"metadata": {key: part for key, part in value["metadata"].items() if key not in OF_SERVER}}


def _selected(item: Manifest, query: Mapping[str, str]) -> bool:
    labels = item["metadata"].get("labels") or {}
    wanted = [part.split("=", 1) for part in query.get("labelSelector", "").split(",") if part]
    fields = [part.split("=", 1) for part in query.get("fieldSelector", "").split(",") if part]
    return all(labels.get(key) == value for key, value in wanted) and all(
        _at(item, tuple(key.split("."))) == value for key, value in fields
    )


def _leaves(value: Any, at: Path = ()) -> dict[Path, Any]:
    if isinstance(value, dict) and (value or not at):
        found: dict[Path, Any] = {}
        for key, below in value.items():
            found |= _leaves(below, (*at, key))
        return {path: leaf for path, leaf in found.items() if path not in IDENTITY}
    return {at: value}


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _set(value: Any, path: Path, leaf: Any) -> None:
    for step in path[:-1]:
        value = value.setdefault(step, {})
    value[path[-1]] = deepcopy(leaf)


def _drop(value: Any, path: Path) -> None:
    for step in path[:-1]:
        value = value[step]
    value.pop(path[-1], None)


def _merged(value: Any, change: Any) -> Any:
    """RFC 7396."""
    if not isinstance(change, dict):
        return change
    made = dict(value) if isinstance(value, dict) else {}
    for key, part in change.items():
        made = (
            {k: v for k, v in made.items() if k != key} if part is None else made | {key: _merged(made.get(key), part)}
        )
    return made


def _entry(owner: Owner, paths: set[Path]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for path in sorted(paths):
        at = fields
        for step in path:
            at = at.setdefault(f"f:{step}", {})
    about = {"manager": owner[0], "operation": owner[1], "apiVersion": "v1", "fieldsType": "FieldsV1"}
    return about | {"fieldsV1": fields}
