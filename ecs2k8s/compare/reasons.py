"""What is different about two names that are nearly the same: an account, a Region, a digest."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.values import image_parts
from ecs2k8s.core.arns import Arn

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = {"region": "Region"}


def reason(before: Any, after: Any, *, forms: frozenset[str]) -> str:
    """In words; empty where there is no more to say than the two values do.

    *forms*: those of mappings/equality.yaml that the values were read by.
    """
    if not (isinstance(before, str) and isinstance(after, str)):
        return ""
    one, other = Arn.parse(before), Arn.parse(after)
    if one and other:
        return _another(_arn_parts(one, other))
    return _another(_image_parts(before, after)) if "image" in forms else ""


def _arn_parts(one: Arn, other: Arn) -> Iterator[str]:
    """Those before the resource, which a reader would overlook."""
    for part in fields(Arn):
        if part.name != "resource" and getattr(one, part.name) != getattr(other, part.name):
            yield PARTS.get(part.name, part.name)


def _image_parts(before: str, after: str) -> Iterator[str]:
    one, other = image_parts(before), image_parts(after)
    if one and other:
        named = zip(("repository", "tag", "digest"), one, other, strict=True)
        yield from (name for name, mine, its in named if mine != its)


def _another(parts: Iterator[str]) -> str:
    """`another repository, tag and digest`."""
    found = list(parts)
    listed = " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))
    return f"another {listed}" if listed else ""
