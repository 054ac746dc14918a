"""The generated objects around a Rollout: its Services, and the autoscalers that must know it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.manifests import ObjectRef, Placed

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.traffic import Routing

API = "argoproj.io/v1alpha1"


@dataclass(slots=True)
class Objects:
    """Everything that was generated so far, changed in place."""

    placed: dict[ObjectRef, Placed]
    routings: list[Routing]

    def replace(self, item: Placed) -> None:
        self.placed[ObjectRef.of(item.manifest)] = item

    def find(self, kind: str, namespace: str, name: str) -> Placed | None:
        found = (
            item for ref, item in self.placed.items() if (ref.kind, ref.namespace, ref.name) == (kind, namespace, name)
        )
        return next(found, None)


def own_service(workload: Workload, objects: Objects) -> Placed | None:
    """The first Service by name that has an address and leads to the pods."""
    found = [item for item in leading(workload, objects) if item.manifest["spec"].get("clusterIP") != "None"]
    return min(
        found,
        key=lambda item: (item.manifest["metadata"]["name"] != workload.name, ObjectRef.of(item.manifest)),
        default=None,
    )


def leading(workload: Workload, objects: Objects) -> list[Placed]:
    of_space = [
        item for ref, item in objects.placed.items() if (ref.kind, ref.namespace) == ("Service", workload.namespace)
    ]
    return [item for item in of_space if item.manifest["spec"].get("selector") == workload.service_selector]


def free_name(name: str, suffix: str, objects: Objects, workload: Workload) -> str:
    wanted = names.label(f"{name}-{suffix}")
    taken = objects.find("Service", workload.namespace, wanted)
    return names.suffixed(wanted, f"{name}/{suffix}") if taken else wanted


def beside(service: Placed, suffix: str, objects: Objects) -> str:
    """A second Service like *service*, whose pods Rollouts chooses; gives its name."""
    metadata = service.manifest["metadata"]
    wanted = names.label(f"{metadata['name']}-{suffix}")
    if objects.find("Service", metadata["namespace"], wanted):
        wanted = names.suffixed(wanted, f"{metadata['name']}/{suffix}")
    manifest: Manifest = service.manifest | {"metadata": metadata | {"name": wanted}}
    objects.replace(replace(service, manifest=manifest))
    return wanted


def hand_over_scaling(workload: Workload, objects: Objects) -> bool:
    """Whether an autoscaler owns the number of pods; it is told who has them now."""
    found = False
    for item in list(objects.placed.values()):
        reference = item.manifest.get("spec", {}).get("scaleTargetRef")
        if item.manifest["metadata"].get("namespace") != workload.namespace or not isinstance(reference, dict):
            continue
        if (reference.get("kind", "Deployment"), reference.get("name")) == ("Deployment", workload.name):
            now = {"apiVersion": API, "kind": "Rollout", "name": workload.name}
            spec = item.manifest["spec"] | {"scaleTargetRef": reference | now}
            objects.replace(replace(item, manifest=item.manifest | {"spec": spec}))
            found = True
    return found
