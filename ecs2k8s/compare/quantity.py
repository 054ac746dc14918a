"""Kubernetes quantities as numbers: `100m`, `1Gi`, `1e3`."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

QUANTITY = re.compile(r"\+?(?P<number>\d+\.?\d*|\.\d+)(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][-+]?\d{1,3})?", re.ASCII)
UNITS = {
    unit: Decimal(1000) ** power for power, unit in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), -3)
}
UNITS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}


@lru_cache(maxsize=10_000)  # an account has few sizes
def quantity(text: str | float) -> Decimal:
    """The number that *text* means. Raises `ValueError` where it is no quantity, or a negative one."""
    found = QUANTITY.fullmatch(str(text))
    if not found:
        raise ValueError(f"{text!r} is no quantity")
    unit = found["unit"] or ""
    return Decimal(found["number"]) * (UNITS[unit] if unit in UNITS else Decimal(f"1{unit}"))
