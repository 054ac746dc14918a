"""Objects of a cluster that carry our label and are no longer generated. Applying removes nothing: they would stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.changes import Action, Change, Leaf, Risk, Row, Status
from ecs2k8s.core.manifests import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ecs2k8s.compare.cluster import Answer, Cluster
    from ecs2k8s.compare.kinds import Kind, Served

LABEL = "app.kubernetes.io/managed-by"
SELECTOR = f"{LABEL}=ecs2k8s"
PAGE = "500"
BECAUSE = "carries our label and is in no file of this directory: applying removes nothing, so it would stay"
OR_OTHERS = "; what belongs to no namespace may be another directory's"

# What any export may have generated, by apiVersion: a directory that holds no Ingress may have held one.
EMITTED = {
    "apps/v1": ("DaemonSet", "Deployment"),
    "argoproj.io/v1alpha1": ("Rollout",),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "batch/v1": ("CronJob", "Job"),
    "eks.amazonaws.com/v1": ("NodeClass", "TargetGroupBinding"),
    "elbv2.k8s.aws/v1beta1": ("TargetGroupBinding",),
    "external-secrets.io/v1": ("ExternalSecret", "SecretStore"),
    "gateway.k8s.aws/v1": ("ListenerRuleConfiguration", "LoadBalancerConfiguration", "TargetGroupConfiguration"),
    "gateway.networking.k8s.io/v1": ("GRPCRoute", "Gateway", "GatewayClass", "HTTPRoute"),
    "karpenter.k8s.aws/v1": ("EC2NodeClass",),
    "karpenter.sh/v1": ("NodePool",),
    "keda.sh/v1alpha1": ("ScaledObject", "TriggerAuthentication"),
    "monitoring.coreos.com/v1": ("PodMonitor", "PrometheusRule"),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "policy/v1": ("PodDisruptionBudget",),
    "rbac.authorization.k8s.io/v1": ("Role", "RoleBinding"),
    "secrets-store.csi.x-k8s.io/v1": ("SecretProviderClass",),
    "snapshot.storage.k8s.io/v1": ("VolumeSnapshot", "VolumeSnapshotContent"),
    "storage.k8s.io/v1": ("StorageClass",),
    "v1": ("ConfigMap", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "Service", "ServiceAccount"),
    "vpcresources.k8s.aws/v1beta1": ("SecurityGroupPolicy",),
}


class UnreadError(Exception):
    """A list that was not to be had, and why."""


def leftovers(
    cluster: Cluster, served: Served, sort: tuple[str, str], known: Collection[ObjectRef]
) -> tuple[list[Change], list[str]]:
    """Of one kind: what would stay, and what could not be listed.

    Of objects in namespaces those in the namespaces of *known*: what lies in others is of another directory.
    """
    kind = served.kinds.get(sort)
    if kind is None:
        return [], []
    namespaces = sorted({ref.namespace for ref in known if ref.namespace} | {""})
    try:
        found = list(_listed(cluster, kind, namespaces))
    except UnreadError as error:
        return [], [f"{sort[1]}: objects that are no longer generated were not looked for: {error}"]
    refs = {ObjectRef(*sort, str(item.get("namespace", "")), str(item["name"])) for item in found}
    stale = (ref for ref in refs if ref not in known and (not ref.namespace or ref.namespace in namespaces))
    return [_stays(ref) for ref in sorted(stale)], []


def _listed(cluster: Cluster, kind: Kind, namespaces: list[str]) -> Iterator[dict[str, Any]]:
    """The metadata of each object with our label that nothing else made: of the cluster, or of each namespace."""
    try:
        yield from _pages(cluster, kind.path(""))
    except UnreadError:
        if not kind.namespaced or namespaces == [""]:
            raise
        for namespace in namespaces[1:]:
            yield from _pages(cluster, kind.path(namespace))


def _pages(cluster: Cluster, path: str) -> Iterator[dict[str, Any]]:
    """All of a list before the first is given, so that a failure leaves nothing half told."""
    found: list[dict[str, Any]] = []
    following: dict[str, str] = {}
    while True:
        answer = cluster.get(path, labelSelector=SELECTOR, limit=PAGE, **following)
        items, then = _page(answer)
        found += [item for item in items if isinstance(item.get("name"), str) and not item.get("ownerReferences")]
        if not then or then == following.get("continue"):
            return iter(found)
        following = {"continue": then}


def _page(answer: Answer) -> tuple[list[dict[str, Any]], str]:
    items = (answer.body or {}).get("items")
    if not answer.good or not isinstance(items, list | None):
        raise UnreadError(answer.message)
    metadata = (answer.body or {}).get("metadata")
    then = metadata.get("continue") if isinstance(metadata, dict) else None
    maps = [item.get("metadata") for item in items or () if isinstance(item, dict)]
    return [item for item in maps if isinstance(item, dict)], then if isinstance(then, str) else ""


def _stays(ref: ObjectRef) -> Change:
    name = Leaf(ref.name, "live")
    because = BECAUSE if ref.namespace else BECAUSE + OR_OTHERS
    row = Row("metadata.name", Status.REMOVED, Risk.METADATA, name, None, because=because)
    return Change(str(ref), Action.DELETE, (row,), said=("would stay: apply does not remove",))
