"""From which values on a run pauses or goes back: the defaults of cutover.md §2.11."""

from __future__ import annotations

from ecs2k8s.core.mappings import load_yaml


def thresholds() -> dict[str, float]:
    """mappings/cutover-thresholds.yaml."""
    return {name: float(row["value"]) for name, row in load_yaml("cutover-thresholds.yaml").items()}
