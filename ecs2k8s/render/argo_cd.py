"""delivery/argo-cd/: an AppProject and one Application for each tree, by the choice `delivery: argo-cd`.

Argo CD itself syncs `manifests/` and `monitoring/` only, and prunes nothing: what takes traffic waits for a person.
Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.formats import chart_name, written
from ecs2k8s.core.manifests import BACKGROUND, ObjectRef, prune
from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Bundle, Manifest, Placed
    from ecs2k8s.core.target import Target

API = "argoproj.io/v1alpha1"
NAMESPACE = "argocd"
PROJECT = "ecs2k8s"
IN_CLUSTER = "https://kubernetes.default.svc"  # Argo CD runs in the cluster that it delivers to
BY_ITSELF = ("manifests", "monitoring")
WAVES = {"manifests": 0, "monitoring": 1}
LATER = 2  # of what a person syncs
ACTION = "alb.ingress.kubernetes.io/actions."
SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")


def argo_cd(translation: Translation, target: Target) -> dict[str, str]:
    """Path to text; nothing without the choice, and nothing where the repository is not known."""
    if target.delivery != "argo-cd" or not target.delivery_repository:
        return {}
    bundle = translation.bundle
    trees = sorted({placed.tree for placed in written(bundle, target.format)})
    files = {"project": _project(bundle, target)}
    files |= {chart_name(tree): _application(tree, bundle, target) for tree in trees}
    return {f"delivery/argo-cd/{name}.yaml": dump(prune(manifest)) for name, manifest in sorted(files.items())}


def _repository(target: Target) -> tuple[str, str]:
    """URL, and the path of the migration directory in it."""
    url, _, path = target.delivery_repository.partition("#")
    return url, path.strip("/")


def _metadata(name: str, wave: int) -> dict[str, Any]:
    wave_of = {"argocd.argoproj.io/sync-wave": str(wave)}
    labels = {"app.kubernetes.io/managed-by": "ecs2k8s"}
    return {"name": name, "namespace": NAMESPACE, "labels": labels, "annotations": wave_of}


def _project(bundle: Bundle, target: Target) -> Manifest:
    """The one repository, the namespaces and the kinds of cluster objects that were generated, and no others."""
    spaces = sorted({ref.namespace for ref in _references(bundle.everything) if ref.namespace})
    kinds = sorted({(_group(ref), ref.kind) for ref in _references(bundle.everything) if not ref.namespace})
    spec = {
        "description": "Workloads that came from Amazon ECS",
        "sourceRepos": [_repository(target)[0]],
        "destinations": [{"server": IN_CLUSTER, "namespace": space} for space in spaces],
        "clusterResourceWhitelist": [{"group": group, "kind": kind} for group, kind in kinds],
    }
    return {"apiVersion": API, "kind": "AppProject", "metadata": _metadata(PROJECT, -1), "spec": spec}


def _references(objects: Iterable[Placed]) -> list[ObjectRef]:
    return [ObjectRef.of(placed.manifest) for placed in objects]


def _group(ref: ObjectRef) -> str:
    return ref.api_version.rpartition("/")[0]


def _application(tree: str, bundle: Bundle, target: Target) -> Manifest:
    url, path = _repository(target)
    source: dict[str, Any] = {
        "repoURL": url,
        "targetRevision": "HEAD",
        "path": "/".join(part for part in (path, tree) if part),
    }
    if target.format == "plain":
        source |= {"directory": {"recurse": True}}
    options = ["ApplyOutOfSyncOnly=true", "RespectIgnoreDifferences=true"]
    synced = {"prune": False, "selfHeal": False} if tree in BY_ITSELF else None
    spec = {
        "project": PROJECT,
        "source": source,
        "destination": {"server": IN_CLUSTER},
        "syncPolicy": {"automated": synced, "syncOptions": options},
        "ignoreDifferences": _ignored(tree, bundle) or None,
    }
    name = names.label(f"{PROJECT}-{chart_name(tree)}")
    return {"apiVersion": API, "kind": "Application", "metadata": _metadata(name, WAVES.get(tree, LATER)), "spec": spec}


def _ignored(tree: str, bundle: Bundle) -> list[dict[str, Any]]:
    """What others write while the cluster runs: autoscalers, Argo Rollouts, and the handover of background work."""
    found: dict[ObjectRef, set[str]] = {}
    of_tree = bundle.handover if tree == BACKGROUND else [placed for placed in bundle.objects if placed.tree == tree]
    later = {ObjectRef.of(placed.manifest) for placed in bundle.handover} if tree == "manifests" else set()
    manifests = bundle.manifests
    scaled, rolled = set(_scaled(manifests)), set(_rolled(manifests))
    actions = {f"{ACTION}{name}" for _, name in rolled}
    for placed in of_tree:
        pointers = set(_pointers(placed.manifest, scaled, rolled, actions))
        if ObjectRef.of(placed.manifest) in later:
            pointers |= set(_handed_over(placed.manifest))
        if pointers:
            found[ObjectRef.of(placed.manifest)] = pointers
    return [
        {
            "group": _group(ref),
            "kind": ref.kind,
            "namespace": ref.namespace,
            "name": ref.name,
            "jsonPointers": sorted(pointers),
        }
        for ref, pointers in sorted(found.items())
    ]


def _scaled(manifests: Iterable[Manifest]) -> Iterator[tuple[str, str, str]]:
    """Kind, namespace and name of what an autoscaler scales."""
    for manifest in manifests:
        if manifest["kind"] in SCALERS:
            reference = manifest["spec"]["scaleTargetRef"]
            yield reference.get("kind", "Deployment"), manifest["metadata"]["namespace"], reference["name"]


def _rolled(manifests: Iterable[Manifest]) -> Iterator[tuple[str, str]]:
    """Namespace and name of the Services whose selectors Rollouts edits."""
    for manifest in manifests:
        if manifest["kind"] == "Rollout":
            (strategy,) = manifest["spec"]["strategy"].values()
            services = (name for key, name in strategy.items() if key.endswith("Service"))
            yield from ((manifest["metadata"]["namespace"], name) for name in services)


def _pointers(
    manifest: Manifest, scaled: set[tuple[str, str, str]], rolled: set[tuple[str, str]], actions: set[str]
) -> Iterator[str]:
    space, name = manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]
    if (manifest["kind"], space, name) in scaled:
        yield "/spec/replicas"
    if manifest["kind"] == "Service" and (space, name) in rolled:
        yield "/spec/selector/rollouts-pod-template-hash"
    if manifest["kind"] == "Ingress":
        edited = sorted(actions & manifest["metadata"].get("annotations", {}).keys())
        yield from (f"/metadata/annotations/{key.replace('~', '~0').replace('/', '~1')}" for key in edited)


def _handed_over(manifest: Manifest) -> Iterator[str]:
    """Otherwise the sync of `manifests/` would switch off again what the handover has switched on."""
    if manifest["kind"] == "Deployment":
        yield "/spec/replicas"
    if manifest["kind"] == "CronJob":
        yield from ("/spec/startingDeadlineSeconds", "/spec/suspend")
