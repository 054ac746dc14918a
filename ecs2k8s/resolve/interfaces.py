"""Network interfaces: they show who has a security group beside tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.security_groups import network_of

if TYPE_CHECKING:
    from ecs2k8s.resolve.index import Tracked
    from ecs2k8s.resolve.workload import AwsMap


@dataclass(frozen=True, slots=True, eq=False)
class Interface:
    """A network interface. To look at `id`, `groups` and `instance` is not to read them: `record` says so."""

    id: str
    view: AwsMap
    groups: tuple[str, ...]
    instance: str

    @classmethod
    def of(cls, item: Tracked) -> Interface:
        data = item.document.data
        groups = sorted(str(each.get("GroupId", "")) for each in data.get("Groups") or ())
        instance = str((data.get("Attachment") or {}).get("InstanceId") or "")
        return cls(str(data.get("NetworkInterfaceId") or ""), item.view, tuple(groups), instance)

    def record(self) -> None:
        """It decides about something."""
        self.view.get("NetworkInterfaceId")
        self.view.get("Attachment", NOTHING).get("InstanceId")
        for group in self.view.get("Groups", []):
            group.get("GroupId")

    @property
    def subnet(self) -> str:
        return str(self.view.get("SubnetId", ""))

    @property
    def description(self) -> str:
        return str(self.view.get("Description", ""))

    @property
    def addresses(self) -> tuple[str, ...]:
        """As ranges of one address each."""
        found = [str(item.get("PrivateIpAddress", "")) for item in self.view.get("PrivateIpAddresses", [])]
        found = found or [str(self.view.get("PrivateIpAddress", ""))]
        found += [str(item.get("Ipv6Address", "")) for item in self.view.get("Ipv6Addresses", [])]
        return tuple(str(network) for text in found if (network := network_of(text)))
