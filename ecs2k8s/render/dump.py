"""YAML that kubectl reads back as what it was."""

from __future__ import annotations

import re
from typing import Any

import yaml

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
    """No aliases, no wrapping, keys as given, every string that could be taken for something else quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: ManifestDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


ManifestDumper.add_representer(str, _text)
ManifestDumper.add_implicit_resolver("tag:yaml.org,2002:float", TYPED, list("yYnN-+.0123456789"))


def dump(*manifests: dict[str, Any]) -> str:
    """One YAML document per manifest. Non-ASCII text is escaped, so nothing invisible can hide in a review."""
    return str(
        yaml.dump_all(
            manifests,
            Dumper=ManifestDumper,
            sort_keys=False,
            width=10**9,
            default_flow_style=False,
            explicit_start=len(manifests) > 1,
        )
    )
