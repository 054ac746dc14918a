"""New target groups for the pods, beside those that ECS fills: their names can be the name of none that exists.

A controller that binds a target group removes every target that it does not know. Bound to a group of ECS it would
deregister the running tasks within seconds, so a binding can only be made to a `NewTargetGroup`
(https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2651).
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.target_groups import target_group_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.balancers import TargetGroup
    from ecs2k8s.resolve.workload import Inventory

LONGEST = 32  # characters in the name of a target group
ENDING = "-eks"
_MADE_HERE = object()


@dataclass(frozen=True, slots=True)
class NewTargetGroup:
    """A target group to be made for the pods that *source* has as ECS tasks. Only `new_target_groups` can make one."""

    source: TargetGroup
    name: str
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise TypeError("a NewTargetGroup comes from new_target_groups, which knows the names that are taken")


def new_target_groups(
    inventory: Inventory, sources: Iterable[tuple[TargetGroup, str]], target: Target
) -> Mapping[tuple[str, str], NewTargetGroup]:
    """ARN of each source and name of a part to its new target group, with a hash where its name is taken.

    It is called `<source>-eks`, or `<source>-<part>-eks` for a part of the workload behind the source. Taken are the
    names of all target groups that the snapshot or the choices speak of, and those given before. Parts come last, so
    that a split changes the name of no other one.
    """
    chosen = (*target.target_groups, *target.target_groups.values())
    taken = set(target_group_names((item.document for item in inventory.index.tracked), chosen))
    found = {}
    for source, part in sorted(sources, key=lambda pair: (bool(pair[1]), pair[0].arn, pair[1])):
        base = f"{source.name}-{part}" if part else source.name
        name = _free(f"{names.label(base, LONGEST - len(ENDING))}{ENDING}", f"{source.arn}{part}", taken)
        taken.add(name)
        found[source.arn, part] = NewTargetGroup(source, name, _MADE_HERE)
    return found


def _free(name: str, seed: str, taken: set[str]) -> str:
    """*name*, or the first with a hash of *seed* behind it that nobody has."""
    tried, count = name, 0
    while tried in taken:
        count += 1
        tried = names.suffixed(name, f"{seed} {count}", LONGEST)
    return tried
