"""Services by which names of Service Connect and Cloud Map keep working for callers in the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.core.tracking import note
from ecs2k8s.resolve.discovery import callers
from ecs2k8s.translate.discovery_fields import (
    say_connect,
    say_linked_zones,
    say_made_by_connect,
    say_registrations,
)
from ecs2k8s.translate.name_plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.discovery import Registration
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.name_plan import Made
    from ecs2k8s.translate.wanted_names import Key

PREFIXES = ("external-dns.kubernetes.io", "external-dns.alpha.kubernetes.io")  # of 0.22 and later; of all before
HOLD = "ecs2k8s-hold"


def discovery(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """Alias, headless and ExternalName Services; what the fields ask for beyond them is said."""
    members = callers(workloads)
    for workload in workloads:
        say_connect(workload, members)
        say_registrations(workload)
    say_made_by_connect(inventory)
    say_linked_zones(inventory)
    made = plan(workloads, target)
    for key, service in sorted(made.services.items(), key=lambda item: item[0]):
        yield Placed(service.workload.folder, _service(key, service))
    for key, (workload, name) in sorted(made.links.items(), key=lambda item: item[0]):
        yield Placed(f"{key[0]}/shared", _link(key, workload, name))


def taken(workloads: Iterable[Workload], target: Target) -> dict[Key, Workload]:
    """Namespace and name of each Service that is made here, to the workload that it leads to.

    The workloads' own Services are not among them, though aliases may add ports to those.
    """
    made = plan(workloads, target)
    links = {key: workload for key, (workload, _) in made.links.items()}
    return {key: service.workload for key, service in made.services.items()} | links


def rewrites(workloads: Iterable[Workload], target: Target) -> dict[str, str]:
    """Names that CoreDNS must rewrite to the whole names of Services, both without the final dot, sorted."""
    return dict(sorted(plan(workloads, target).rewrites.items()))


def _service(key: Key, made: Made) -> dict[str, Any]:
    metadata = made.workload.metadata(key[1])
    if made.published:
        metadata["annotations"] = (metadata["annotations"] or {}) | held(made.published)
        said = {"name": made.published.name, "namespace": key[0], "service": key[1]}
        note(made.published.view, "Name", "name-held-back", **said)
    spec: dict[str, Any] = {"type": "ClusterIP", "clusterIP": "None" if made.headless else None}
    spec |= {"selector": made.workload.service_selector, "ports": made.ports or None}
    return _manifest(metadata, spec)


def held(registration: Registration) -> dict[str, str]:
    """Annotations of external-dns under both prefixes: each release reads one of them and ignores the other.

    A `controller` that is not its own makes it skip the whole object, so that it publishes nothing before the cutover
    (https://github.com/kubernetes-sigs/external-dns/blob/master/docs/annotations/annotations.md).
    """
    ttl = max(1, min(record.ttl for record in registration.addresses))
    settings = {"controller": HOLD, "hostname": registration.name, "ttl": str(ttl)}
    return {f"{prefix}/{name}": value for prefix in PREFIXES for name, value in settings.items()}


def _link(key: Key, workload: Workload, name: str) -> dict[str, Any]:
    """A CNAME: the Service that it leads to has the port that callers use."""
    metadata = workload.metadata(key[1]) | {"namespace": key[0]}
    return _manifest(metadata, {"type": "ExternalName", "externalName": name})


def _manifest(metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    manifest: dict[str, Any] = prune({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    return manifest
