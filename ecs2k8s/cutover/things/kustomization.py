"""`kubernetes.kustomization`: the objects of a file or folder of the migration directory, as one thing that is applied.

`id` is the path. The state has for each object `absent`; the sha256 of what the file holds, where applying it would
change nothing and the fields are ours; or `differs: …` with what differs. It never holds a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.applied import Applier, change
from ecs2k8s.compare.conflicts import Conflict, without
from ecs2k8s.compare.managed_fields import Manager
from ecs2k8s.compare.wanted import Wanted
from ecs2k8s.core.errors import PlanError
from ecs2k8s.core.formats import MANAGER
from ecs2k8s.core.listing import listed
from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.manifests import digests
from ecs2k8s.cutover.plan import Request, digest
from ecs2k8s.cutover.things.by_reading import differences
from ecs2k8s.cutover.things.fields import handed_over
from ecs2k8s.cutover.things.kind import Kind, NotInSnapshotError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

NAME = "kubernetes.kustomization"
ABSENT, DIFFERS = "absent", "differs"
DELETING = f"{DIFFERS}: is being deleted"  # finalizers: a binding goes when its targets have left the group
RUN = "ecs2k8s.io/run"  # the label of what a run made: nothing else is ever deleted (invariant I11)
OURS = Manager(MANAGER, "Apply")
NAMED = 5  # fields in a reason


def absent(objects: Iterable[Manifest]) -> State:
    """The state in which none of *objects* exists."""
    return dict.fromkeys(digests(objects), ABSENT)


def applied(objects: Iterable[Manifest]) -> State:
    """The state in which all of *objects* are as their files have them, and ours."""
    return dict(digests(objects))


def then(_documents: Documents, ident: str) -> State:
    raise NotInSnapshotError(f"{ident}: a snapshot does not say what a cluster has")


def now(ask: Ask, ident: str) -> State:
    found = ask("kubernetes.Manifests", {"path": ident})
    return {str(ObjectRef.of(manifest)): _state(ask, manifest) for manifest in found}


def request(ident: str, before: State, wanted: State) -> Request:
    """Applies what is wanted, or deletes what was not there before. What was changed by applying has no way back."""
    changed = {ref: state for ref, state in wanted.items() if before.get(ref) != state}
    if set(changed.values()) == {ABSENT}:
        if any(ref.startswith("Namespace/") for ref in changed):
            raise PlanError(f"{ident}: a namespace is never deleted: with it goes what others have there")
        return Request("kubernetes.Delete", {"path": ident, "objects": sorted(changed)})
    if not changed or any(state == ABSENT or state.startswith(DIFFERS) for state in wanted.values()):
        raise PlanError(f"{ident}: no single call makes {wanted} of {before}")
    return Request("kubernetes.Apply", {"path": ident, "objects": dict(wanted)})


def between(before: State, wanted: State, live: State) -> bool:
    """Whether an apply or a delete is on its way: each object is as before, as wanted, or about to be absent as wanted.

    It may be repeated.
    """
    if not isinstance(live, dict) or not before.keys() == wanted.keys() == live.keys():
        return False
    return all(
        live[ref] in (before[ref], wanted[ref]) or (live[ref], wanted[ref]) == (DELETING, ABSENT) for ref in live
    )


def _state(ask: Ask, manifest: Manifest) -> str:
    ref = ObjectRef.of(manifest)
    live = ask("kubernetes.Get", parameters(ref))
    if live is None:
        return ABSENT
    if live["metadata"].get("deletionTimestamp"):
        return DELETING
    asked = as_of(manifest, live)
    found = ask("kubernetes.DryRun", {"manifest": asked})
    if _handed_over(ref.kind, found):
        asked = without(asked, (Conflict(*pair) for pair in found["conflicts"]))
        found = ask("kubernetes.DryRun", {"manifest": asked})
    reason = _difference(asked, live, found)
    return f"{DIFFERS}: {reason}" if reason else digest(manifest)


def _handed_over(kind: str, found: Mapping[str, Any]) -> bool:
    """Whether all that stands against the file are fields that a handover of ours changed: a thing of their own."""
    ours = {(field, MANAGER) for field in handed_over(kind)}
    return bool(found.get("conflicts")) and {tuple(pair) for pair in found["conflicts"]} <= ours


def parameters(ref: ObjectRef) -> dict[str, str]:
    """As a request names an object."""
    named = {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}
    return named | ({"namespace": ref.namespace} if ref.namespace else {})


def run_of(live: Manifest) -> str:
    """The run that made the object; empty where none did."""
    labels = live["metadata"].get("labels")
    return str(labels.get(RUN) or "") if isinstance(labels, dict) else ""


def as_of(manifest: Manifest, live: Manifest) -> Manifest:
    """*manifest* with the label of the run that made the live object, if one did: no file has it."""
    return labelled(manifest, run_of(live)) if run_of(live) else manifest


def labelled(manifest: Manifest, run: str) -> Manifest:
    metadata = manifest["metadata"]
    return manifest | {"metadata": metadata | {"labels": (metadata.get("labels") or {}) | {RUN: run}}}


def _difference(asked: Manifest, live: Manifest, found: Mapping[str, Any]) -> str:
    """What stands between the live object and being as its file has it, and ours; empty: nothing."""
    if "conflicts" in found:
        return listed([f"{field} ({manager} owns it)" for field, manager in found["conflicts"]], NAMED)
    if "denied" in found:
        return listed(differences(asked, live), NAMED)
    if "object" not in found:
        return "the API server refuses what the file holds"
    made = found["object"]
    rows = change(Wanted(asked, ""), live, made, Applier(OURS)).rows
    if rows:
        return listed([row.path or "all of it" for row in rows], NAMED)
    own, would = (_fields(each, handed_over(str(asked["kind"]))) for each in (live, made))
    return "" if own == would is not None else f"{_others(live)} applied it, and not {MANAGER}"


def _fields(live: Manifest, but: Collection[str]) -> Any:
    """The fields that our manager owns by applying, without those of its spec that a handover owns by turns."""
    entries = live["metadata"].get("managedFields")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and (entry.get("manager"), entry.get("operation")) == (MANAGER, "Apply"):
            return _without_spec(entry.get("fieldsV1"), but) if not entry.get("subresource") else None
    return None


def _without_spec(fields: Any, names: Collection[str]) -> Any:
    """*fields* as `fieldsV1` has them; *names* as messages have them: `.spec.replicas`."""
    if not isinstance(fields, dict) or not isinstance(fields.get("f:spec"), dict):
        return fields
    left_out = {f"f:{name.removeprefix('.spec.')}" for name in names}
    return fields | {"f:spec": {key: its for key, its in fields["f:spec"].items() if key not in left_out}}


def _others(live: Manifest) -> str:
    entries = live["metadata"].get("managedFields")
    names = (
        {str(entry.get("manager")) for entry in entries if isinstance(entry, dict)}
        if isinstance(entries, list)
        else set()
    )
    return listed(sorted(names - {MANAGER}), NAMED) or "somebody"


KIND = Kind(NAME, then, now, request, between=between)
