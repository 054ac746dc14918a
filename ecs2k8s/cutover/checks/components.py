"""S34 and S38: whether it is the planned cluster, and whether it has what the manifests need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import ObjectRef
from ecs2k8s.cutover.checks.scene import LacksError, Said, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.verdicts import Result

DEFINITION = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
# Groups of the API server itself: its own have no dot, or end so and are not those of add-ons.
OWN_GROUPS = ("", "apps", "batch", "autoscaling", "policy")
OWN_ENDS = (
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
)
# What watches objects of a kind: the label of its Deployment.
CONTROLLERS = {
    "TargetGroupBinding": "aws-load-balancer-controller",
    "Ingress": "aws-load-balancer-controller",
    "ExternalSecret": "external-secrets",
    "ScaledObject": "keda-operator",
}
NAME = "app.kubernetes.io/name"
OF_AUTO_MODE = "eks.amazonaws.com/"  # groups whose controllers AWS runs outside of the cluster


def planned_cluster(scene: Scene, step: Step) -> Result:
    """S38."""
    del step
    if scene.cluster is None:
        raise LacksError("a cluster: --context")
    found = scene.cluster.identity()
    if not scene.expected_cluster:
        parts = [Said("inconclusive", f"the UID of kube-system is {found}; no run has recorded the planned one")]
    else:
        same = found == scene.expected_cluster
        parts = [
            Said("pass" if same else "fail", f"the UID of kube-system is {found}, planned {scene.expected_cluster}")
        ]
    return told("S38", scene.plan.unit, parts, value=found, threshold=scene.expected_cluster or None)


def components(scene: Scene, step: Step) -> Result:
    """S34."""
    del step
    return told("S34", scene.plan.unit, [*_kinds(scene), *_controllers(scene), *_classes(scene)])


def _is_custom(manifest: Manifest) -> bool:
    group = manifest["apiVersion"].rpartition("/")[0]
    return group not in OWN_GROUPS and group not in OWN_ENDS


def _kinds(scene: Scene) -> Iterator[Said]:
    wanted = dict.fromkeys((m["apiVersion"], m["kind"]) for m in scene.objects if _is_custom(m))
    there = set(_served(scene.listed(*DEFINITION))) if wanted else set()
    for api_version, kind in wanted:
        known = (api_version, kind) in there
        yield Said(
            "pass" if known else "fail", f"{kind} of {api_version}: {'is known' if known else 'is not installed'}"
        )
    if not wanted:
        yield Said("pass", "all kinds are the API server's own")


def _served(definitions: list[Manifest]) -> Iterator[tuple[str, str]]:
    for each in definitions:
        spec: dict[str, Any] = each.get("spec", {})
        for version in spec.get("versions", ()):
            if version.get("served"):
                yield f"{spec.get('group', '')}/{version['name']}", str(spec.get("names", {}).get("kind", ""))


def _controllers(scene: Scene) -> Iterator[Said]:
    kinds = {m["kind"] for m in scene.objects if not m["apiVersion"].startswith(OF_AUTO_MODE)}
    wanted = dict.fromkeys(CONTROLLERS[kind] for kind in sorted(kinds) if kind in CONTROLLERS)
    deployments = scene.listed("apps/v1", "Deployment") if wanted else []
    for name in wanted:
        its = [d for d in deployments if (d["metadata"].get("labels") or {}).get(NAME) == name]
        ready = sum(each.get("status", {}).get("readyReplicas", 0) for each in its)
        said = f"{name}: {ready} pods ready" if its else f"{name}: no Deployment has the label {NAME}={name}"
        yield Said("pass" if ready else "fail" if its else "inconclusive", said)


def _classes(scene: Scene) -> Iterator[Said]:
    ours = {str(ObjectRef.of(m)) for m in scene.objects}
    wanted = {("networking.k8s.io/v1", "IngressClass", name) for name in _ingress_classes(scene)}
    wanted |= {("storage.k8s.io/v1", "StorageClass", name) for name in _storage_classes(scene)}
    for api_version, kind, name in sorted(wanted):
        known = f"{kind}/{name}" in ours or any(m["metadata"]["name"] == name for m in scene.listed(api_version, kind))
        yield Said("pass" if known else "fail", f"{kind} {name}: {'is there' if known else 'is not there'}")


def _ingress_classes(scene: Scene) -> Iterator[str]:
    return (
        m["spec"]["ingressClassName"]
        for m in scene.objects
        if m["kind"] == "Ingress" and "ingressClassName" in m["spec"]
    )


def _storage_classes(scene: Scene) -> Iterator[str]:
    """An empty name means a volume that is there already."""
    its = (m["spec"].get("storageClassName") for m in scene.objects if m["kind"] == "PersistentVolumeClaim")
    return (name for name in its if name)
