"""target.yaml as it is written on the first run: every choice with its default and a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target

COMMENTS = {
    "kubernetes_version": "Minor version of the EKS cluster: 1.31 to 1.37. Decides which fields the manifests use.",
    "account": "Twelve digits; only needed where no ARN says it.",
    "region": "Only needed where no ARN says it.",
    "namespaces": "cluster (one per ECS cluster), a fixed name, or a map of ECS cluster to namespace.",
    "compute": "existing, karpenter (1.8 or later), fargate or auto-mode: which nodes there are.",
    "fargate_fit": "With compute: fargate, ask for 256 MiB less, which keeps the size of ECS where the peak allows it.",
    "background": "ecs: workers without a port and one-off Jobs are held off until the handover. eks: they run.",
    "env_files": "ARN of an environment file to a local copy of it; the contents are never read from S3.",
}


def target_file(target: Target) -> str:
    """The text of target.yaml for *target*, to be edited by people and never overwritten."""
    lines = ["# What the manifests are made for. Edit it and export again; it is never overwritten.", ""]
    for key, comment in COMMENTS.items():
        value: Any = getattr(target, key)
        lines += [f"# {comment}", dump({key: value})]
    return "\n".join(lines)
