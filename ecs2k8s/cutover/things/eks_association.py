"""Which role the pods of a service account have through EKS Pod Identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import RUN_TAG, Kind, NotInSnapshotError
from ecs2k8s.cutover.things.later import ASSOCIATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

KEPT = ("roleArn", "targetRoleArn", "disableSessionTags", "policy")


def association_id(cluster: str, namespace: str, account: str) -> str:
    return f"{cluster}/{namespace}/{account}"


def _names(ident: str) -> dict[str, str]:
    return dict(zip(("clusterName", "namespace", "serviceAccount"), ident.split("/"), strict=True))


def _is(association: Mapping[str, Any], names: Mapping[str, str]) -> bool:
    return all(association[name] == names[name] for name in ("namespace", "serviceAccount"))


def _then(documents: Documents, ident: str) -> State:
    """A snapshot lists associations without their roles, so that it can only say that there is none."""
    names = _names(ident)
    for (shape, _), data in documents.items():
        if shape == "eks.PodIdentityAssociations" and data["clusterName"] == names["clusterName"]:
            if any(_is(each, names) for each in data["associations"]):
                raise NotInSnapshotError(f"{ident}: has a pod identity association already, of a role not exported")
            return None
    raise NotInSnapshotError(f"{ident}: the snapshot has no pod identity associations of the cluster: export again")


def _now(ask: Ask, ident: str) -> State:
    names = _names(ident)
    listed = (ask("eks.ListPodIdentityAssociations", names) or {}).get("associations", ())
    found = next((each for each in listed if _is(each, names)), None)
    if found is None:
        return None
    asked = {"clusterName": names["clusterName"], "associationId": found["associationId"]}
    answer = ask("eks.DescribePodIdentityAssociation", asked)
    return _state(answer["association"]) if answer else None


def _state(association: Mapping[str, Any]) -> State:
    tagged = {key: value for key, value in (association.get("tags") or {}).items() if key != RUN_TAG}
    return {**{key: association[key] for key in KEPT if association.get(key)}, "tags": tagged}


def _request(ident: str, before: State, wanted: State) -> Request:
    names = _names(ident)
    if before is None and wanted is not None:
        return Request("eks.CreatePodIdentityAssociation", {**names, **wanted})
    if before is not None and wanted is None:
        which = {"clusterName": names["clusterName"], "associationId": f"{ASSOCIATION}{ident}"}
        return Request("eks.DeletePodIdentityAssociation", which)
    raise PlanError(f"{ident}: an association is made and deleted, and never changed")


POD_IDENTITY = Kind("eks.pod-identity-association", _then, _now, _request)
