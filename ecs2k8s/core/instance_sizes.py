"""What an EC2 instance type has, and what of it is left for pods on a node of EKS.

Formulas: nodeadm (kubelet/config.go, eni_max_pods.go) in https://github.com/awslabs/amazon-eks-ami and Karpenter's
estimate of what the hypervisor takes (pkg/providers/instancetype/types.go of aws/karpenter-provider-aws).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Millicores that the kubelet keeps, per mille of the first core, the second, the next two, and of each beyond.
KEPT_OF_CORES = ((1, 60.0), (1, 10.0), (2, 5.0))
KEPT_BEYOND = 2.5
OVERHEAD = 75  # per mille of the memory that the hypervisor takes
OVERHEAD_OF_ARM = 64  # MiB more on arm64
KEPT, KEPT_PER_POD, EVICTION = 255, 11, 100  # MiB


@dataclass(frozen=True, slots=True)
class Size:
    """One instance type. `interfaces`: of the default network card; `addresses`: IPv4 of each; `memory` in MiB."""

    name: str
    vcpus: int
    memory: int
    interfaces: int
    addresses: int
    architecture: str  # as Kubernetes writes it
    branches: int = 0  # interfaces for pods with security groups of their own

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def max_pods(self) -> int:
        """Without prefix delegation: one address of each interface is its own; two pods have the node's address."""
        return self.interfaces * (self.addresses - 1) + 2

    @property
    def allocatable_cpu(self) -> int:
        """Millicores for pods."""
        left, kept = self.vcpus, 0.0
        for cores, each in KEPT_OF_CORES:
            kept += min(left, cores) * each
            left -= min(left, cores)
        return int(self.vcpus * 1000 - kept - left * KEPT_BEYOND)

    @property
    def allocatable_memory(self) -> int:
        """MiB for pods."""
        usable = self.memory * (1000 - OVERHEAD) // 1000
        arm = OVERHEAD_OF_ARM if self.architecture == "arm64" else 0
        return max(0, usable - arm - KEPT - KEPT_PER_POD * self.max_pods - EVICTION)


@cache
def sizes() -> Mapping[str, Size]:
    """Instance type to what it has. Types that are no longer sold may be missing."""
    branches: dict[str, str] = load_yaml("branch-interfaces.yaml")
    given: dict[str, str] = load_yaml("instance-sizes.yaml")
    found: dict[str, Size] = {}
    for family, text in given.items():
        own = dict(_pairs(branches.get(family, "")))
        for size, numbers in _pairs(text):
            vcpus, memory, interfaces, addresses, architecture = numbers.split("/")
            name = f"{family}.{size}"
            amounts = (int(vcpus), int(memory), int(interfaces), int(addresses))
            found[name] = Size(name, *amounts, architecture, int(own.get(size, 0)))
    return found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split():
        size, _, numbers = pair.partition("=")
        yield size, numbers
