"""What of an account is to be read."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Scope:
    """ECS clusters by name or ARN (none: all), services by glob, and the EKS cluster that is moved to."""

    clusters: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    eks_cluster: str = ""

    def plain(self) -> list[object]:
        """As JSON has it, to compare what two runs read."""
        return [list(self.clusters), list(self.services), list(self.excluded), self.eks_cluster]

    @property
    def limits(self) -> dict[str, tuple[str, ...]]:
        """What a snapshot says of it; empty where everything was read."""
        named = {"cluster": self.clusters, "service": self.services, "exclude": self.excluded}
        return {option: given for option, given in named.items() if given}

    @classmethod
    def of(cls, limits: Mapping[str, tuple[str, ...]], eks_cluster: str) -> Scope:
        """The scope that a snapshot was read with."""
        return cls(limits.get("cluster", ()), limits.get("service", ()), limits.get("exclude", ()), eks_cluster)

    def wants(self, service: str) -> bool:
        """Whether the service of this name belongs to it."""
        named = not self.services or any(fnmatchcase(service, glob) for glob in self.services)
        return named and not any(fnmatchcase(service, glob) for glob in self.excluded)

    @property
    def only_services(self) -> bool:
        """Whether tasks and schedules that belong to no service were left out."""
        return bool(self.services)
