"""Delivery pipelines that were rewritten, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow of GitHub Actions for EKS. `name`: that of its file, a DNS label; `data`: what the file says.

    `left`: the places of steps that still speak to ECS (`jobs.deploy.steps[3]`).
    """

    name: str
    title: str
    data: Mapping[str, Any]
    left: tuple[str, ...] = ()
