"""One thing that the EKS cluster must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ecs2k8s.core.findings import Finding

Passed = Literal["passed", "failed", "not known"]


@dataclass(frozen=True, slots=True)
class Check:
    """`said`: what was found; `finding`: what a person must know of it."""

    name: str
    outcome: Passed
    said: str
    finding: Finding | None = None
