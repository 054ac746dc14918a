"""What instance types have is what EC2 says of them, as moto keeps it; what is left for pods is what nodes report."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ecs2k8s.core.instance_sizes import sizes

moto = pytest.importorskip("moto", reason="moto keeps what DescribeInstanceTypes answers")
FILE = Path(__file__).parent.parent / "mappings" / "instance-sizes.yaml"
HEAD = """# What EC2 instance types have, by family: size=vCPUs/MiB/interfaces of the default card/IPv4 of each/architecture.
# Made from the answers of DescribeInstanceTypes that moto keeps by `make update`; do not edit.
"""
ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}


def generated() -> str:
    file = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    families: dict[str, list[str]] = {}
    for name, said in sorted(json.loads(gzip.decompress(file.read_bytes())).items()):
        family, _, size = name.partition(".")
        if numbers := _numbers(said):
            families.setdefault(family, []).append(f"{size}={numbers}")
    return HEAD + "".join(f"{family}: {' '.join(of)}\n" for family, of in sorted(families.items()))


def _numbers(said: dict[str, Any]) -> str:
    """Empty for Macs, on which EKS has no nodes."""
    network, kinds = said["NetworkInfo"], said["ProcessorInfo"]["SupportedArchitectures"]
    architecture = next((ARCHITECTURES[kind] for kind in kinds if kind in ARCHITECTURES), "")
    card = network["NetworkCards"][network["DefaultNetworkCardIndex"]]["MaximumNetworkInterfaces"]
    vcpus, memory = said["VCpuInfo"]["DefaultVCpus"], said["MemoryInfo"]["SizeInMiB"]
    return f"{vcpus}/{memory}/{card}/{network['Ipv4AddressesPerInterface']}/{architecture}" if architecture else ""


def test_the_sizes_of_instance_types_are_current(update: bool) -> None:
    text = generated()
    if update:
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text, "run `make update`"


@pytest.mark.parametrize(
    ("name", "pods", "cpu", "memory"),
    [
        ("c7g.medium", 8, 940, 1451 - 64),
        ("t3.medium", 17, 1930, 3246),
        ("m7i.large", 29, 1930, 6903),
        ("m7i.xlarge", 58, 3920, 14162),
        ("m7i.2xlarge", 58, 7910, 29317),
    ],
)
def test_what_is_left_for_pods(name: str, pods: int, cpu: int, memory: int) -> None:
    size = sizes()[name]
    assert (size.max_pods, size.allocatable_cpu) == (pods, cpu)
    assert abs(size.allocatable_memory - memory) <= 1


@pytest.mark.parametrize(
    ("name", "branches"), [("m7i.large", 9), ("m7i.xlarge", 18), ("m7g.medium", 4), ("t3.large", 0), ("t4g.large", 0)]
)
def test_branch_interfaces(name: str, branches: int) -> None:
    assert sizes()[name].branches == branches


def test_no_type_of_the_t_family_has_branch_interfaces() -> None:
    assert {size.branches for size in sizes().values() if size.name.startswith(("t2.", "t3.", "t3a.", "t4g."))} == {0}
