"""Which kinds a cluster has, and where its API server keeps their objects."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.compare.cluster import Answer


@dataclass(frozen=True, slots=True)
class Kind:
    """Where objects of a kind are: `/apis/apps/v1`, `deployments`."""

    root: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{self.root}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


@dataclass(frozen=True, slots=True)
class Served:
    """Kinds by apiVersion and kind, and the apiVersions that the cluster would not tell of, with its reason."""

    kinds: Mapping[tuple[str, str], Kind]
    refused: Mapping[str, str]

    def missing(self, api_version: str, kind: str) -> str:
        """Why a kind is not among them."""
        if api_version in self.refused:
            return f"the cluster does not tell its kinds of {api_version}: {self.refused[api_version]}"
        return f"the cluster has no {kind} of {api_version}: install its definition (CRD) first"


def root(api_version: str) -> str:
    """Where discovery of a group and version is: `/apis/apps/v1`, of the core `/api/v1`."""
    parts = (quote(part, safe="") for part in api_version.split("/"))
    return ("/apis/" if "/" in api_version else "/api/") + "/".join(parts)


def served(answers: Mapping[str, Answer]) -> Served:
    """From what discovery answered for each apiVersion. A 404 says that the cluster has none of its kinds."""
    kinds: dict[tuple[str, str], Kind] = {}
    refused: dict[str, str] = {}
    for api_version, answer in answers.items():
        listed = (answer.body or {}).get("resources")
        if answer.good and isinstance(listed, list):
            for item in listed:
                name, kind = (item.get("name"), item.get("kind")) if isinstance(item, dict) else (None, None)
                if isinstance(name, str) and isinstance(kind, str) and "/" not in name:
                    kinds[api_version, kind] = Kind(root(api_version), name, item.get("namespaced") is True)
        elif answer.status != HTTPStatus.NOT_FOUND:  # which is plain text for a group that is not there
            refused[api_version] = answer.message
    return Served(kinds, refused)
