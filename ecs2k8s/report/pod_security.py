"""The part of report.md about Pod Security: the level of each workload, and what keeps it from the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.pod_security import against_baseline, against_restricted, level
from ecs2k8s.report.escape_markdown import plain
from ecs2k8s.translate.pod_security import pod_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Bundle
    from ecs2k8s.core.pod_security import Spec
    from ecs2k8s.core.target import Target

HEAD = """## Pod Security

The strictest level of the [Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/)
that each workload meets. A namespace enforces the weakest of its pods, and warns of what is not `restricted`.

| Namespace | Workload | Kind | Level | What keeps it from the next level |
|---|---|---|---|---|"""


def lines(bundle: Bundle, target: Target) -> list[str]:
    """Markdown: a row for each object that has pods."""
    rows = dict.fromkeys(_rows(bundle, target))
    return [*HEAD.splitlines(), *rows, ""] if rows else []


def _rows(bundle: Bundle, target: Target) -> Iterator[str]:
    for manifest in bundle.manifests:
        if spec := pod_spec(manifest):
            metadata = manifest["metadata"]
            found = level(spec, target.kubernetes_version)
            names = [plain(metadata["namespace"]), plain(metadata["name"]), manifest["kind"]]
            yield f"| {' | '.join([*names, found, _reasons(spec, target)])} |"


def _reasons(spec: Spec, target: Target) -> str:
    found = list(against_baseline(spec, target.kubernetes_version)) or list(against_restricted(spec))
    return "<br>".join(plain(text) for text in found)
