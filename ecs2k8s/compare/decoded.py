"""Objects as the API server decodes them: nulls are absent, and what routing is made of has the right types.

For manifests that people edit. The schemas of `compare.schema` say more, but they come with an optional extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ecs2k8s.core.manifests import prune

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Manifest


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = "default"
    annotations: dict[str, str] = {}


class _Port(msgspec.Struct):
    name: str = ""
    number: int = 0


class _ServiceBackend(msgspec.Struct):
    name: str
    port: _Port = msgspec.field(default_factory=_Port)


class _Backend(msgspec.Struct):
    service: _ServiceBackend | None = None
    resource: dict[str, Any] | None = None


class _Path(msgspec.Struct):
    backend: _Backend
    path: str = ""
    pathType: str = ""  # noqa: N815


class _Http(msgspec.Struct):
    paths: list[_Path] = []


class _Rule(msgspec.Struct):
    host: str = ""
    http: _Http | None = None


class _Tls(msgspec.Struct):
    hosts: list[str] = []


class _IngressSpec(msgspec.Struct):
    ingressClassName: str = ""  # noqa: N815
    defaultBackend: _Backend | None = None  # noqa: N815
    rules: list[_Rule] = []
    tls: list[_Tls] = []


class _ServicePort(msgspec.Struct):
    port: int
    name: str = ""


class _ServiceSpec(msgspec.Struct):
    type: str = "ClusterIP"
    ports: list[_ServicePort] = []


class _Any(msgspec.Struct):
    apiVersion: str  # noqa: N815
    kind: str
    metadata: _Metadata


class _Ingress(_Any):
    spec: _IngressSpec


class _Service(_Any):
    spec: _ServiceSpec


SHAPES: dict[Any, type[_Any]] = {"Ingress": _Ingress, "Service": _Service}


def decoded(item: Any) -> Manifest:
    """*item*, a document of a YAML file, as a manifest without nulls. Raises `ValueError` saying what is wrong."""
    found: Any = prune(item)
    kind = found.get("kind") if isinstance(found, dict) else None
    try:
        msgspec.convert(found, SHAPES.get(kind, _Any) if isinstance(kind, str) else _Any)
    except msgspec.ValidationError as error:
        raise ValueError(f"is no Kubernetes object: {error}") from error
    metadata = {"namespace": "default", **found["metadata"]} if kind in SHAPES else found["metadata"]
    return {**found, "metadata": metadata}
