"""Secrets by the Secrets Store CSI driver: a class for each store, its volume in the pod, and the Secret that it syncs.

The Secret has the name and the keys that the operator's would have, so containers take their variables from it in the
same way. https://github.com/aws/secrets-store-csi-driver-provider-aws
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.core import names
from ecs2k8s.core.arns import Arn
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate.identity import mechanism
from ecs2k8s.translate.secret_references import referred_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload
    from ecs2k8s.translate.lifecycle import Arrangement
    from ecs2k8s.translate.secret_references import Remote, SecretReference
    from ecs2k8s.translate.volumes import Mounts

DRIVER = "secrets-store.csi.k8s.io"
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a key that JMESPath takes without quotes
Object = dict[str, Any]


@dataclass(slots=True)
class ProviderClass:
    """What one SecretProviderClass fetches, and the keys of the Secret that it syncs."""

    name: str
    region: str
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)  # by what is fetched and its version
    keys: dict[str, str] = field(default_factory=dict)  # key of the Secret to alias

    def add(self, reference: SecretReference) -> None:
        remote = reference.remote
        made = self.objects.setdefault(_identity(remote), _object(remote, f"object{len(self.objects)}"))
        if not remote.json_key:
            self.keys[reference.key] = made["objectAlias"]
            return
        entries = made.setdefault("jmesPath", [])
        path = remote.json_key if PLAIN.fullmatch(remote.json_key) else json.dumps(remote.json_key)
        known = next((entry for entry in entries if entry["path"] == path), None)
        if known is None:
            known = {"path": path, "objectAlias": f"{made['objectAlias']}Key{len(entries)}"}
            entries.append(known)
        self.keys[reference.key] = known["objectAlias"]


def _identity(remote: Remote) -> tuple[str, str]:
    """A parameter by name and by ARN is one, which the provider takes once only."""
    arn = Arn.parse(remote.key)
    if remote.store.service == "ParameterStore":
        return (arn.resource.removeprefix("parameter") if arn else remote.key).lstrip("/"), remote.version
    return remote.key, remote.version


def _object(remote: Remote, alias: str) -> Object:
    made: Object = {"objectName": remote.key, "objectAlias": alias}
    if remote.store.service == "ParameterStore":
        made["objectType"] = "ssmparameter"
    if remote.version.startswith("uuid/"):
        made["objectVersion"] = remote.version.removeprefix("uuid/")
    elif remote.version:
        made["objectVersionLabel"] = remote.version
    return made


def provider_classes(workload: Workload, target: Target) -> list[ProviderClass]:
    """The classes of a workload, sorted by name; none where the secrets come by the operator."""
    if target.secrets != "csi-driver":
        return []
    found: dict[str, ProviderClass] = {}
    for reference in referred_secrets(workload):
        name = reference.secret_name(workload)
        found.setdefault(name, ProviderClass(name, reference.remote.store.region)).add(reference)
    return [found[name] for name in sorted(found)]


def secret_provider_classes(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterator[Placed]:
    """A SecretProviderClass for each store of each workload."""
    for workload in workloads:
        agent = mechanism(inventory.networks.cluster, workload, target) == "pod-identity"
        yield from _classes(workload, target, {"usePodIdentity": "true"} if agent else {})


def _classes(workload: Workload, target: Target, identity: dict[str, str]) -> Iterator[Placed]:
    for made in provider_classes(workload, target):
        objects = yaml.safe_dump(list(made.objects.values()), sort_keys=False, width=10_000)
        parameters = {"region": made.region, "objects": objects} | identity
        data = [{"key": key, "objectName": alias} for key, alias in sorted(made.keys.items())]
        spec = {
            "provider": "aws",
            "parameters": parameters,
            "secretObjects": [{"secretName": made.name, "type": "Opaque", "data": data}],
        }
        api = {"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass"}
        yield Placed(workload.folder, prune(api | {"metadata": workload.metadata(made.name), "spec": spec}))


def mount_secrets(workload: Workload, arrangement: Arrangement, target: Target, made: Mounts) -> None:
    """Adds a volume for each class to *made*, and its mount in the first container that takes a secret of it.

    The driver syncs the Secret only while some container mounts the volume. One does: files are one more place where a
    secret can be read, and the variables come from the Secret.
    """
    first: dict[str, str] = {}
    order = {slot.name: number for number, slot in enumerate(arrangement.slots)}
    for reference in sorted(referred_secrets(workload), key=lambda r: order.get(r.container, len(order))):
        if reference.container in order:
            first.setdefault(reference.secret_name(workload), reference.container)
    for each in provider_classes(workload, target):
        if each.name in first:
            taken = {volume["name"] for volume in made.volumes}
            name = names.suffixed(each.name, "secrets-store") if each.name in taken else each.name
            source = {"driver": DRIVER, "readOnly": True, "volumeAttributes": {"secretProviderClass": each.name}}
            mount = {"name": name, "mountPath": f"/mnt/secrets-store/{each.name}", "readOnly": True}
            made.volumes.append({"name": name, "csi": source})
            made.mounts[first[each.name]].append(mount)
