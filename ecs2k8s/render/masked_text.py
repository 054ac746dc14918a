"""A generated text of an earlier export without what `--redact` masks."""

from __future__ import annotations

from typing import Any

import yaml

from ecs2k8s.collect.redact import mask
from ecs2k8s.compare.three_way import same
from ecs2k8s.core.shell_secrets import line
from ecs2k8s.render.merge_yaml import Unmergeable, values
from ecs2k8s.render.yaml_patch import Unpatchable, block, patched

NAMED = ("annotations", "data", "stringData")  # maps of Kubernetes whose keys people chose


def masked_text(text: str) -> str:
    """*text*, with the constant in place of what looks like a secret; the same text where nothing does."""
    try:
        have = values(text)
    except Unmergeable:
        return line(text)
    want = [_named(mask(document)) for document in have]
    return text if same(have, want) else _written(text, have, want)


def _named(value: Any) -> Any:
    if isinstance(value, list):
        return [_named(child) for child in value]
    if not isinstance(value, dict):
        return value
    return {key: mask(child, "labels") if key in NAMED else _named(child) for key, child in value.items()}


def _written(text: str, have: list[Any], want: list[Any]) -> str:
    try:
        made = patched(text, have, want)
        if same(values(made), want):
            return line(made)  # comments too
    except (Unpatchable, Unmergeable, yaml.YAMLError):
        pass
    return "---\n".join(map(block, want))
