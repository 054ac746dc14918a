"""Registry credentials: image pull secrets from Secrets Manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.core.manifests import Placed, prune
from ecs2k8s.translate.image import registry
from ecs2k8s.translate.secret_references import Remote, external_secret, remote_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

AT = ("repositoryCredentials", "credentialsParameter")


@dataclass(frozen=True, slots=True)
class PullSecret:
    """One secret ARN for one registry host."""

    name: str
    host: str
    remote: Remote


def registries(workload: Workload) -> list[PullSecret]:
    """The distinct pull secrets of a workload; ECS keeps no registry host in the secret, the image has it."""
    found: dict[tuple[str, str], Remote] = {}
    for container in workload.containers:
        arn = container.get("repositoryCredentials", {}).get("credentialsParameter")
        if arn:
            text = str(arn)
            full = (
                text
                if text.startswith("arn:")
                else f"arn:{workload.partition}:secretsmanager:{workload.region}:{workload.account}:secret:{text}"
            )
            found[full, registry(str(container.get("image", "")))] = remote_of(workload, full, container, AT)
    base = names.label(f"{workload.name}-registry")
    single = len(found) == 1
    return [
        PullSecret(base if single else names.suffixed(base, f"{arn} {host}"), host, remote)
        for (arn, host), remote in sorted(found.items(), key=lambda item: item[0])
    ]


def pull_secrets(workload: Workload) -> list[dict[str, str]]:
    """`imagePullSecrets`: pod wide, so every container of the pod may use them."""
    return [{"name": secret.name} for secret in registries(workload)]


def registry_secrets(workload: Workload, _target: Target) -> Iterator[Placed]:
    """An ExternalSecret for each pull secret, templated as `kubernetes.io/dockerconfigjson`."""
    for secret in registries(workload):
        login = '{"username":{{ .username | toJson }},"password":{{ .password | toJson }}}'
        config = f'{{"auths":{{"{secret.host}":{login}}}}}'
        template = {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": config}}
        data = [
            {"secretKey": key, "remoteRef": secret.remote.reference | {"property": key}}
            for key in ("username", "password")
        ]
        spec: dict[str, Any] = {"target": {"template": template}, "data": data}
        manifest = external_secret(secret.name, workload.metadata(secret.name), secret.remote.store, spec)
        yield Placed(workload.folder, prune(manifest))
