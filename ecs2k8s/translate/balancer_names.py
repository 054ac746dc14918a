"""What stands for load balancers is called: groups of Ingresses, and the new load balancers themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.resolve.balancers import LoadBalancer

LONGEST = 32  # characters in the name of a load balancer
ENDING = "-eks"


@dataclass(frozen=True, slots=True)
class Names:
    """The group, which the names of its Ingresses begin with, the new load balancer, and what Ingresses are called."""

    group: str
    balancer: str
    taken: frozenset[str] = frozenset()  # by Ingresses of other load balancers

    def ingress(self, port: int, number: int | None) -> str:
        """A number behind a port may look like the port of a load balancer whose own name ends in a number."""
        name = f"{self.group}-{port}" if number is None else f"{self.group}-{port}-{number}"
        while name in self.taken:
            name = names.suffixed(name, f"{self.group} {name}")
        return name


def group_names(balancers: Iterable[LoadBalancer]) -> dict[str, str]:
    """ARN of each load balancer to the name of its group of Ingresses, which is its own name in lower case.

    Two load balancers never share a group: the controller would make one of both. Accounts and Regions that are read
    together may have the same name twice.
    """
    found: dict[str, str] = {}
    listed = sorted(balancers, key=lambda balancer: balancer.arn)
    given = names.unique(balancer.name for balancer in listed)
    for balancer in listed:
        name = given[balancer.name]
        while name in found.values():
            name = names.suffixed(name, f"{balancer.arn} {name}")
        found[balancer.arn] = name
    return found


def new_names(balancers: Iterable[LoadBalancer]) -> dict[str, str]:
    """ARN to `<name>-eks`: the old name stays taken while the old load balancer lives. No two are called the same.

    *balancers* are all that were read, of every type: they share one space of names.
    """
    found: dict[str, str] = {}
    listed = sorted(balancers, key=lambda balancer: balancer.arn)
    taken = {balancer.name.lower() for balancer in listed}
    for balancer in listed:
        name = f"{names.label(balancer.name, LONGEST - len(ENDING))}{ENDING}"
        while name in taken:
            name = names.suffixed(name, f"{balancer.arn} {name}", LONGEST)
        taken.add(name)
        found[balancer.arn] = name
    return found
