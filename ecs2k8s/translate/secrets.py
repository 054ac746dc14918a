"""ExternalSecrets and the SecretStores that they read from; never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate.secret_access import by_operator, reader
from ecs2k8s.translate.secret_references import SecretReference, Store, external_secret, referred_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload


def external_secrets(workload: Workload, target: Target) -> Iterator[Placed]:
    """One ExternalSecret per store of the workload; a container's name keeps its keys apart from its siblings'."""
    if target.secrets != "external-secrets":
        return
    groups: dict[str, list[SecretReference]] = {}
    for reference in referred_secrets(workload):
        groups.setdefault(reference.secret_name(workload), []).append(reference)
    for name, references in sorted(groups.items()):
        data = {r.key: {"secretKey": r.key, "remoteRef": r.remote.reference} for r in references}
        store = references[0].remote.store
        spec = {"data": [data[key] for key in sorted(data)]}
        yield Placed(workload.folder, prune(external_secret(name, workload.metadata(name), store, spec)))


def secret_stores(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """One SecretStore per namespace, service, Region and account.

    It reads as the service account of its namespace, whose role takes the execution role's place. Without a known
    issuer it has no `auth`, and uses the controller's own role.
    """
    found: dict[tuple[str, str], tuple[Store, Workload]] = {}
    for workload in workloads:
        for remote in by_operator(workload, target):
            found.setdefault((workload.namespace, remote.store.name), (remote.store, workload))
    for (namespace, name), (store, workload) in sorted(found.items(), key=lambda item: item[0]):
        aws: dict[str, Any] = {"service": store.service, "region": store.region}
        if account := reader(inventory, workloads, namespace):
            aws["auth"] = {"jwt": {"serviceAccountRef": {"name": account}}}
        cluster = str(workload.cluster.get("clusterArn", ""))
        metadata = {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "ecs2k8s"},
            "annotations": {"ecs2k8s.io/cluster-arn": cluster} if cluster else None,
        }
        manifest = {
            "apiVersion": "external-secrets.io/v1",
            "kind": "SecretStore",
            "metadata": metadata,
            "spec": {"provider": {"aws": aws}},
        }
        yield Placed(f"{namespace}/shared", prune(manifest))
