"""What the choices of delivery still lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.target import Target


def delivery_findings(target: Target) -> Iterator[Finding]:
    """An Application names a repository, and none is invented."""
    if target.delivery == "argo-cd" and not target.delivery_repository:
        yield Finding.of("repository-not-known", "target.yaml", "delivery_repository")
