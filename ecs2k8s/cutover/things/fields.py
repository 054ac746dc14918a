"""`kubernetes.scale` and `kubernetes.cron-job`: the few fields of an object that a handover of background work changes.

Each change says what the fields are now, so that the API server refuses it when somebody else was quicker: a JSON Patch
with `test`. The command for a person (`kubectl`) is the same patch.

A Deployment without replicas works on until its last pod has ended: the state says how many there are (`pods`), so that
nobody takes the work over before.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, NotInSnapshotError
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

# By thing: apiVersion and kind of the object, and the fields of its spec with what is meant by none.
OBJECTS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "kubernetes.scale": ("apps/v1", "Deployment", {"replicas": 1}),
    "kubernetes.cron-job": ("batch/v1", "CronJob", {"suspend": False, "startingDeadlineSeconds": None}),
}
SCALE, PODS = "kubernetes.scale", "pods"
ENDED = ("Succeeded", "Failed")  # phases of pods that do nothing any more


def then(_documents: Documents, ident: str) -> State:
    raise NotInSnapshotError(f"{ident}: a snapshot does not say what a cluster has")


def now(name: str, ask: Ask, ident: str) -> State:
    """The fields; None where the object does not exist."""
    live = ask("kubernetes.Get", _named(name, ident))
    if live is None:
        return None
    spec = live.get("spec")
    if not isinstance(spec, dict):
        raise UnreadableError(f"{ident}: has no spec")
    state = {field: spec.get(field, default) for field, default in OBJECTS[name][2].items()}
    left = _pods(ask, ident, spec) if name == SCALE and not state["replicas"] else 0
    return {**state, PODS: left} if left else state


def _pods(ask: Ask, ident: str, spec: Mapping[str, Any]) -> int:
    """How many have not ended, those that are being deleted too: `status.replicas` leaves these out."""
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    if not labels:
        return 0
    found = ask("kubernetes.Pods", {"namespace": ident.partition("/")[0], "labels": labels})
    return sum((pod.get("status") or {}).get("phase") not in ENDED for pod in found)


def between(before: State, wanted: State, live: State) -> bool:
    """Whether pods are all that is left of a move; its call may be repeated."""
    if not isinstance(live, dict) or PODS not in live:
        return False
    bare = {key: value for key, value in live.items() if key != PODS}
    return bare in (before, wanted)


def request(name: str, ident: str, before: State, wanted: State) -> Request:
    fields = OBJECTS[name][2]
    ending = before is not None and PODS in before
    its = {key: value for key, value in (before or {}).items() if key != PODS}
    if wanted is None or before == wanted or not its.keys() == wanted.keys() == fields.keys():
        raise PlanError(f"{ident}: no single call makes {wanted} of {before}")
    tests = [{"op": "test", "path": f"/spec/{field}", "value": its[field]} for field in fields]
    changes = [_change(field, wanted[field]) for field in fields if ending or its[field] != wanted[field]]
    return Request("kubernetes.Patch", {**_named(name, ident), "operations": [*tests, *changes]})


def handed_over(kind: str) -> frozenset[str]:
    """The fields of a kind that belong to these things, as the API server names them."""
    return frozenset(f".spec.{field}" for _, of, fields in OBJECTS.values() if of == kind for field in fields)


def _change(field: str, value: Any) -> dict[str, Any]:
    """`add` sets a field whether it is there or not: RFC 6902, section 4.1."""
    path = f"/spec/{field}"
    return {"op": "remove", "path": path} if value is None else {"op": "add", "path": path, "value": value}


def _named(name: str, ident: str) -> dict[str, str]:
    api_version, kind, _ = OBJECTS[name]
    namespace, slash, plain = ident.partition("/")
    if not slash or not namespace or not plain or "/" in plain:
        raise PlanError(f"{ident!r}: is no `namespace/name` of a {kind}")
    return {"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": plain}


KINDS = tuple(Kind(name, then, partial(now, name), partial(request, name), between=between) for name in OBJECTS)
