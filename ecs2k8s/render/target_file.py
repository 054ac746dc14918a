"""target.yaml as it is written on the first run: every choice with its default and a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.target import choices
from ecs2k8s.render.dump import dump

if TYPE_CHECKING:
    from ecs2k8s.core.target import Target


def target_file(target: Target) -> str:
    """The text of target.yaml for *target*, to be edited by people and never overwritten."""
    lines = ["# What the manifests are made for. Edit it and export again; it is never overwritten.", ""]
    for key, words in choices().items():
        lines += [f"# {words['text']}", dump({key: msgspec.to_builtins(getattr(target, key))})]
    return "\n".join(lines)
