"""The shipped list of instance types is that of the installed botocore."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.loaders import Loader

from ecs2k8s.core.instance_types import PatternError, families, matching, whole_families

FILE = Path(__file__).parent.parent / "mappings" / "instance-types.yaml"
HEAD = "# EC2 instance types by family, made from botocore's model of EC2 by `make update`; do not edit.\n"


@pytest.fixture(scope="module")
def named() -> list[str]:
    """All instance types of the installed botocore."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return list(loader.load_service_model("ec2", "service-2")["shapes"]["InstanceType"]["enum"])


def generated(names: list[str]) -> str:
    sizes: dict[str, list[str]] = {}
    for name in names:
        family, _, size = name.partition(".")
        sizes.setdefault(family, []).append(size)
    return HEAD + "".join(f"{family}: {' '.join(sorted(of))}\n" for family, of in sorted(sizes.items()))


def test_the_list_of_instance_types_is_current(update: bool, named: list[str]) -> None:
    text = generated(named)
    if update:
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text, "run `make update`"


def test_no_instance_type_is_lost_in_the_file(named: list[str]) -> None:
    assert sorted(name for names in families().values() for name in names) == sorted(named)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("m5.*", ["m5", "m5a", "m5ad", "m5d", "m5dn", "m5n", "m5zn"]),
        ("^m5.*$", ["m5", "m5a", "m5ad", "m5d", "m5dn", "m5n", "m5zn"]),
        (r"m5\..*", ["m5"]),
        ("t3.*", ["t3", "t3a"]),
        (r"t[23]\..*", ["t2", "t3"]),
        (r"t2.*|t3\..*", ["t2", "t3"]),
        (r"(?:t2|t3a)\..+", ["t2", "t3a"]),
        ("m5*", []),
        ("m5.large", []),
    ],
)
def test_a_pattern_names_whole_families_or_none(pattern: str, expected: list[str]) -> None:
    assert whole_families(matching(pattern)) == expected


def test_a_pattern_matches_the_whole_name() -> None:
    assert matching("t4g.nano") == ["t4g.nano"]
    assert matching("4g.nano") == matching("t4g.nan") == matching("T4g.nano") == []
    assert len(matching("m5.*")) == 59


@pytest.mark.parametrize(
    "pattern",
    ["", "(a+)+", "(a|b)*", "((a))", "a**", "a*?", "a*+", "a{3}", "[[a]", "[a--b]", "[z-a]", "[a&&b]", "(?i)M5", "(?=m)",
     r"(m)\1", r"\d", "m5.*|", "(m5", "m5)", ".?" * 40, ".*.*.*.*", "x" * 201, "m5 "],
)  # fmt: skip
def test_a_pattern_that_may_be_costly_or_mean_another_thing_in_java_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        matching(pattern)
