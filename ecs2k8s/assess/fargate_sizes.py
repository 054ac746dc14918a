"""The sizes of EKS Fargate: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html."""

from __future__ import annotations

from dataclasses import dataclass

KUBELET = 256  # MiB that are added to what the pod asks for
GIB = 1024
# vCPUs in millicores: the least and the most memory in GiB, and its steps. A quarter vCPU also has half a GiB.
TABLE = {500: (1, 4, 1), 1000: (2, 8, 1), 2000: (4, 16, 1), 4000: (8, 30, 1), 8000: (16, 60, 4), 16000: (32, 120, 8)}
OF_A_QUARTER = [(250, 512), (250, GIB), (250, 2 * GIB)]
LARGER = [(cpu, gib * GIB) for cpu, (least, most, step) in TABLE.items() for gib in range(least, most + 1, step)]


@dataclass(frozen=True, slots=True)
class FargateSize:
    """A size that is billed: `cpu` in millicores, `memory` in MiB."""

    cpu: int
    memory: int

    def __str__(self) -> str:
        return f"{self.cpu / 1000:g} vCPU and {self.memory / GIB:g} GB"


def fargate_size(cpu: int, memory: int) -> FargateSize | None:
    """The size that a pod gets which asks for *cpu* millicores and *memory* MiB; None where none is large enough."""
    fitting = ((c, m) for c, m in (*OF_A_QUARTER, *LARGER) if c >= cpu and m >= memory + KUBELET)
    found = min(fitting, default=None)
    return FargateSize(*found) if found else None
