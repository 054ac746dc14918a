"""YAML that kubectl reads back as what it was."""

from __future__ import annotations

import io
import re
from typing import Any

import yaml

CORE = "tag:yaml.org,2002:"
# Strings that a YAML 1.1 or 1.2 reader types, beyond those that PyYAML knows: it writes `y`, `1e3`, `08` and the git
# SHA `12e4567` plain, and the API server then refuses a number where it wants a string.
# https://github.com/kubernetes/kubernetes/issues/82296
TYPED = re.compile(
    r"""^(?:y|Y|n|N
    |[-+]?\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]+)?
    |[-+]?0[xX][0-9a-fA-F_]+
    |[-+]?0[oO]?[0-9_]+
    |[-+]?0[bB][01_]+
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
    |[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
    )$""",
    re.VERBOSE,
)


class ManifestDumper(yaml.CSafeDumper):
    """Quotes every string that could be taken for something else."""


ManifestDumper.add_implicit_resolver("tag:yaml.org,2002:float", TYPED, list("yYnN-+.0123456789"))


def _node(value: Any) -> yaml.Node:
    """*value* as a node of YAML: keys as given, no aliases (looking for them took half of the time)."""
    if isinstance(value, dict):
        return yaml.MappingNode(
            f"{CORE}map", [(_node(key), _node(child)) for key, child in value.items()], flow_style=False
        )
    if isinstance(value, list):
        return yaml.SequenceNode(f"{CORE}seq", [_node(child) for child in value], flow_style=False)
    if isinstance(value, str):
        return yaml.ScalarNode(f"{CORE}str", value, style="|" if "\n" in value else None)
    if isinstance(value, bool):
        return yaml.ScalarNode(f"{CORE}bool", "true" if value else "false")
    if isinstance(value, int):
        return yaml.ScalarNode(f"{CORE}int", str(value))
    if isinstance(value, float):  # in templates of CloudFormation: manifests have none
        return yaml.ScalarNode(f"{CORE}float", _decimal(value))
    raise TypeError(f"a manifest holds no {type(value).__name__}")


def _decimal(value: float) -> str:
    """As YAML reads a number: `1e-07` would be text without a point."""
    mantissa, e, exponent = repr(value).partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + e + exponent


def dump(manifest: dict[str, Any]) -> str:
    """One YAML document. Non-ASCII text is escaped, so nothing invisible can hide in a review."""
    stream = io.StringIO()
    dumper = ManifestDumper(stream, width=10**9)
    dumper.open()
    dumper.serialize(_node(manifest))
    dumper.close()
    return stream.getvalue()
