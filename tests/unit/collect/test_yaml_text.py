"""YAML by the core schema."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.collect.yaml_text import Odd, resolve, yaml_values

# Without the strings that only YAML 1.2 takes for numbers: PyYAML, which keeps to 1.1, writes 1e3 and 0o7 plain.
TEXT = st.text(st.characters(codec="utf-8")).filter(lambda text: not isinstance(resolve(text), Odd | float))
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("", None), ("~", None), ("NULL", None), ("True", True), ("false", False), ("0", 0), ("-12", -12)),
        *(("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("yes", "yes"), ("1:30", "1:30"), ("1.2.3", "1.2.3")),
        *(("-", "-"), ("+x", "+x"), ("v1", "v1")),
    ],
)
def test_a_plain_scalar_is_resolved(text: str, value: Any) -> None:
    assert (type(resolve(text)), resolve(text)) == (type(value), value)


@pytest.mark.parametrize("text", ["0644", "0x1f", "0o17", "0b1", "1_000", "+5", ".inf", ".nan", "2024-01-01", "9" * 40])
def test_what_readers_disagree_about_stays_odd(text: str) -> None:
    assert type(resolve(text)) is Odd


@given(VALUES.filter(lambda value: value is not None))
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    assert yaml_values(yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True)) == [value]
