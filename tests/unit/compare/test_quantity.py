"""Quantities are compared as numbers, whatever their unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecs2k8s.compare.quantity import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("100m", "0.1"),
        (".5", "0.5"),
        ("5.", "5"),
        (0.5, "0.5"),
        (2, "2"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1k", "1000"),
        ("1E", "1e18"),
        ("1E3", "1000"),
        ("12e-1", "1.2"),
        ("1Ei", "1152921504606846976"),
        ("3n", "3e-9"),
        ("+1", "1"),
    ],
)
def test_a_quantity_is_a_number(text: str | float, value: str) -> None:
    assert quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "Gi", "1 Gi", "1gi", "1Kib", "1K", "-1", "1e", "0x1", "٣", "1\n"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantity(text)
