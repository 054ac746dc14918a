"""Units: what ECS counts, as Kubernetes writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHOLE = re.compile(r"[0-9]{1,18}")
DECIMAL = r"\s*([0-9]{1,12}\.?[0-9]{0,12}|\.[0-9]{1,12})\s*"
VCPU = re.compile(rf"{DECIMAL}vcpu\s*", re.IGNORECASE)
GB = re.compile(rf"{DECIMAL}gb\s*", re.IGNORECASE)


def whole_number(text: str) -> int | None:
    """Of ASCII digits, in 64 bits; None for anything else. `str.isdigit` takes `²`, and `int` no 5,000 digits."""
    return int(text) if WHOLE.fullmatch(text) else None


def millicores(units: int) -> int:
    """CPU units (1024 to the core) as millicores, rounded down."""
    return units * 1000 // 1024


def shares(units: Sequence[int]) -> list[int]:
    """CPU units of several containers as millicores whose sum is that of the whole (largest remainder).

    Rounding each one up can exceed the pod's request, and the API server rejects such a pod.
    """
    floors = [millicores(value) for value in units]
    left = millicores(sum(units)) - sum(floors)
    by_remainder = sorted(range(len(units)), key=lambda i: (-(units[i] * 1000 % 1024), -i))
    for index in by_remainder[:left]:
        floors[index] += 1
    return floors


def cpu_units(text: str) -> int | None:
    """Task CPU as ECS takes it: `"256"` units or `".25 vCPU"`. None where it is neither."""
    found = VCPU.fullmatch(text)
    return round(float(found[1]) * 1024) if found else whole_number(text.strip())


def task_mebibytes(text: str) -> int | None:
    """Task memory as ECS takes it: `"512"` MiB or `"2 GB"`. None where it is neither."""
    found = GB.fullmatch(text)
    return round(float(found[1]) * 1024) if found else whole_number(text.strip())


def mebibytes(value: int) -> str:
    """MiB as a Kubernetes quantity."""
    return f"{value}Mi"


def gibibytes(value: int) -> str:
    """GiB as a Kubernetes quantity."""
    return f"{value}Gi"


def millis(value: int) -> str:
    """Millicores as a Kubernetes quantity."""
    return f"{value}m"


CONVERTERS: dict[str, Callable[..., object]] = {
    "mebibytes": mebibytes,
    "gibibytes": gibibytes,
    "text": str,
    "flag": lambda value: "true" if value else "false",
}
