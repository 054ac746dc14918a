"""Attributes of load balancers, listeners and target groups: lists of keys and values that are open-ended."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

import msgspec

from ecs2k8s.core.mappings import rows
from ecs2k8s.core.tracking import note

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap

Owner = Literal["load-balancer", "listener", "target-group"]
Kind = Literal["application", "network"]


KEY = re.compile(r"[A-Za-z0-9._-]+")  # others would break the list that they are written into


class Attribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of mappings/elbv2-attributes.yaml. `of`: the kinds of load balancer that have it."""

    owner: Owner
    of: list[Kind]
    because: str = ""


@cache
def known() -> dict[str, Attribute]:
    """`<owner>/<key>` to what is known of the attribute."""
    return rows("elbv2-attributes.yaml", Attribute)


def pairs(view: AwsMap, owner: Owner, kind: Kind = "application") -> list[str]:
    """`key=value` of each of `values`, sorted, commas escaped."""
    found = values(view, owner, kind)
    return sorted(f"{key}={value.replace(chr(92), chr(92) * 2).replace(',', chr(92) + ',')}" for key, value in found)


def values(view: AwsMap, owner: Owner, kind: Kind = "application") -> list[tuple[str, str]]:
    """Key and value of each attribute in *view* (the answer of a Describe…Attributes call), sorted.

    An empty value asks for nothing. A key that is not known is passed on: the controller checks no keys, ELB does.
    """
    found = []
    for item in view.get("Attributes", []):
        key, value = str(item.get("Key", "")), str(item.get("Value", "")).strip()
        row = known().get(f"{owner}/{key}")
        if not KEY.fullmatch(key):
            note(item, "Key", "attribute-not-carried", key=key, because="No attribute is called so.")
            continue
        if row is None:
            note(item, "Key", "attribute-unknown", key=key)
        elif kind not in row.of:
            for leaf in ("Key", "Value"):
                note(item, leaf, "attribute-not-carried", key=key, because=row.because or f"Not for {kind} ones.")
            continue
        if value:
            found.append((key, value))
    return sorted(found)
