"""`valueFrom` of ECS secrets, parsed as the agent parses it, and the stores that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.arns import Arn
from ecs2k8s.core.names import label
from ecs2k8s.core.tracking import note
from ecs2k8s.translate.refusal import Refusal

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap, Workload

# Operators of gjson, the path language that External Secrets reads `property` in; it takes dots as they are first.
# https://github.com/tidwall/gjson/blob/master/SYNTAX.md
GJSON = re.compile(r"([\\*?|#@!{[])")
SUFFIX = 7  # a hyphen and six characters, which Secrets Manager adds to the name
WHOLE, WITH_TAIL = 2, 5  # fields of a Secrets Manager resource: `secret:NAME`, `secret:NAME:json:stage:id`


@dataclass(frozen=True, slots=True)
class Store:
    """One SecretStore serves one service, Region and account."""

    service: str  # SecretsManager or ParameterStore
    region: str
    account: str = ""  # only where it is not the task's own

    @property
    def kind(self) -> str:
        return self.service.lower()

    @property
    def name(self) -> str:
        return label("-".join(part for part in (self.kind, self.region, self.account) if part))


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a value lies.

    `json_key` is a literal key at the top of a JSON object, `version` a stage, or `uuid/` and an id.
    """

    store: Store
    key: str
    json_key: str = ""
    version: str = ""

    @property
    def reference(self) -> dict[str, str]:
        """External Secrets' `remoteRef`."""
        escaped = GJSON.sub(r"\\\1", self.json_key)
        named = {"key": self.key, "property": escaped, "version": self.version}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class SecretReference:
    """One entry of a container's `secrets`."""

    container: str
    index: int
    variable: str
    key: str
    remote: Remote
    home: str  # the task's Region

    def secret_name(self, workload: Workload) -> str:
        """The ExternalSecret's and its Secret's name: per workload and store."""
        store = self.remote.store
        elsewhere = [store.region if store.region != self.home else "", store.account]
        return label("-".join([workload.name, store.kind, *(part for part in elsewhere if part)]))


def key_of(container: AwsMap) -> str:
    """The container's part of a Secret or ConfigMap key (`[-._a-zA-Z0-9]+`)."""
    return re.sub(r"[^-._a-zA-Z0-9]", "_", str(container["name"]))


def referred_secrets(workload: Workload) -> list[SecretReference]:
    """All secrets of the workload's containers. Raises `Refusal` for a `valueFrom` that ECS rejects too."""
    found = []
    for container in workload.containers:
        for index, item in enumerate(container.get("secrets", [])):
            variable = str(item.get("name", ""))
            at = ("secrets", index, "valueFrom")
            remote = remote_of(workload, str(item.get("valueFrom", "")), container, at)
            key = f"{key_of(container)}.{re.sub(r'[^-._a-zA-Z0-9]', '_', variable)}"
            found.append(SecretReference(str(container["name"]), index, variable, key, remote, workload.region))
    return found


def remote_of(workload: Workload, text: str, view: AwsMap, at: tuple[str | int, ...]) -> Remote:
    """A `valueFrom` as External Secrets addresses it.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    arn = Arn.parse(text)
    if arn is None:
        if not text:
            raise Refusal("secret-reference-illegal", view, at, value=text)
        return Remote(Store("ParameterStore", workload.region or "unknown"), text)
    account = arn.account if workload.account and arn.account != workload.account else ""
    region = arn.region or workload.region or "unknown"
    if account:
        note(view, at, "secret-of-another-account", account=account)
    if arn.service != "secretsmanager":
        return Remote(Store("ParameterStore", region, account), text)
    fields = arn.resource.split(":")
    if len(fields) not in (WHOLE, WITH_TAIL):
        raise Refusal("secret-reference-illegal", view, at, value=text)
    store = Store("SecretsManager", region, account)
    if len(fields) == WHOLE:
        return Remote(store, text)
    json_key, stage, version = fields[2:]
    whole = text.removesuffix(":" + ":".join(fields[2:]))
    if stage and version:
        note(view, at, "secret-stage-and-id", stage=stage)
    return Remote(store, whole, json_key, f"uuid/{version}" if version else stage)


def external_secret(name: str, metadata: dict[str, Any], store: Store, spec: dict[str, Any]) -> dict[str, Any]:
    """An ExternalSecret of *store* that makes the Secret *name*; *spec* adds `data` and what `target` needs."""
    target = {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"} | spec.pop("target", {})
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata,
        "spec": {
            "refreshPolicy": "Periodic",
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": "SecretStore", "name": store.name},
            "target": target,
            **spec,
        },
    }
