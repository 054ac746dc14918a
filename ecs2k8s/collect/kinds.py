"""The kinds of documents: mappings/documents.yaml."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

import msgspec

from ecs2k8s.core.mappings import rows

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What documents of one shape are made of, and how they are known; the keys are explained in the file."""

    model: tuple[str, ...]
    answer: dict[str, Literal["list", "map", "items", "reservations"]] = {}
    arn: str = ""
    names: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    request: tuple[str, ...] = msgspec.field(name="with", default=())


@cache
def kinds() -> Mapping[str, Kind]:
    """Shape (`ecs.Service`) to its kind."""
    return rows("documents.yaml", Kind)


def label(shape: str) -> str:
    """`elbv2.TargetGroup` as ids without ARN call it: `target-group`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", shape.rpartition(".")[2]).lower()
