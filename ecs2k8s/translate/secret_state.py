"""What a person must know of the secrets: values that are no text, rotation, versions that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING, note
from ecs2k8s.translate.registries import AT
from ecs2k8s.translate.secret_access import reader
from ecs2k8s.translate.secret_references import SUFFIX, referred_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload
    from ecs2k8s.translate.secret_references import SecretReference


def say_secrets(inventory: Inventory, workloads: list[Workload], target: Target) -> Iterable[Placed]:
    """Says on each leaf what of its secret differs. Makes no object, and reads no value."""
    known = _by_arn(inventory.index.views("secretsmanager.Secret"))
    by_operator = target.secrets == "external-secrets"
    for workload in workloads:
        shared = by_operator and not reader(inventory, workloads, workload.namespace)
        containers = {str(container["name"]): container for container in workload.containers}
        for reference in referred_secrets(workload):
            container = containers[reference.container]
            at = ("secrets", reference.index, "valueFrom")
            if shared:
                note(container, at, "secret-store-without-identity")
            _say_form(container, at, reference, target)
            _say_state(container, at, reference, known.get(reference.remote.key, NOTHING))
            if target.secrets == "csi-driver" and (target.compute == "fargate" or workload.is_windows):
                where = "EKS Fargate" if target.compute == "fargate" else "a Windows node"
                note(container, at, "secrets-driver-not-there", where=where)
        for container in workload.containers:
            if target.secrets == "csi-driver" and container.get("repositoryCredentials"):
                note(container, AT, "pull-secret-needs-operator")
    return ()


def _by_arn(views: Mapping[str, AwsMap]) -> dict[str, AwsMap]:
    """Secrets by ARN, and by the ARN without the six characters at its end, which AWS takes as well."""
    short = {ident[:-SUFFIX]: view for ident, view in views.items()}
    return short | dict(views)


def _say_form(container: AwsMap, at: tuple[str | int, ...], reference: SecretReference, target: Target) -> None:
    if reference.remote.json_key:
        if target.secrets == "csi-driver":
            note(container, at, "json-value-must-be-text", key=reference.remote.json_key)
        else:
            note(container, at, "json-value-as-text", key=reference.remote.json_key)


def _say_state(container: AwsMap, at: tuple[str | int, ...], reference: SecretReference, secret: AwsMap) -> None:
    stages = secret.get("VersionIdsToStages", NOTHING)
    version = reference.remote.version
    names = {str(stage) for versions in stages.values() for stage in versions} | {f"uuid/{ident}" for ident in stages}
    if version and names and version not in names:
        note(container, at, "secret-version-not-there", version=version.removeprefix("uuid/"))
    if "DeletedDate" in secret:
        note(container, at, "secret-is-being-deleted")
    if secret.get("RotationEnabled"):
        note(container, at, "secret-rotates")
