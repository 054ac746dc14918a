"""The rules of load balancers that lead to a workload, and the parts that their paths would make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.core import names
from ecs2k8s.core.splits import LONGEST, Part, Split
from ecs2k8s.resolve.balancers import target_groups
from ecs2k8s.resolve.parts import paths_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

EVERYTHING = ("*", "/*")  # paths that every request has


@dataclass(frozen=True, slots=True)
class Lead:
    """A rule, or the default action, that sends to a workload. `others`: its conditions beside that on the path."""

    balancer: str
    listener: str  # HTTPS:443
    priority: str
    paths: tuple[str, ...]
    others: tuple[str, ...]
    view: AwsMap

    @property
    def divides(self) -> bool:
        """Whether it is about paths of its own."""
        return bool(self.paths) and not set(self.paths) & set(EVERYTHING)

    def __str__(self) -> str:
        rule = "default action" if self.priority == "default" else f"rule {self.priority}"
        return f"{self.balancer} {self.listener} {rule}" + (f" ({'; '.join(self.others)})" if self.others else "")


def leads(workload: Workload, inventory: Inventory) -> list[Lead]:
    """By load balancer, port and priority, the default action last. Only of Application Load Balancers."""
    groups = {str(entry.get("targetGroupArn", "")) for entry in workload.configuration.get("loadBalancers", [])}
    return [
        lead
        for balancer in inventory.balancers.load_balancers
        if balancer.type == "application"
        for listener in balancer.listeners
        for lead in _of_listener(balancer, listener, groups)
    ]


def _of_listener(balancer: LoadBalancer, listener: Listener, groups: set[str]) -> Iterator[Lead]:
    called = f"{listener.protocol}:{listener.port}"
    for rule in listener.rules:
        if groups & set(target_groups(rule)):
            others = tuple(_others(rule))
            yield Lead(balancer.name, called, str(rule.get("Priority", "")), paths_of(rule), others, rule)
    if groups & {*target_groups(listener.view), *target_groups(listener.default_rule)}:
        yield Lead(balancer.name, called, "default", (), (), listener.view)


def _others(rule: AwsMap) -> Iterator[str]:
    for condition in rule.get("Conditions", []):
        field = str(condition.get("Field", ""))
        if field != "path-pattern":
            configs = [condition[key] for key in condition if key.endswith("Config")]
            values = [value for config in configs for key in ("Values", "RegexValues") for value in config.get(key, [])]
            yield f"{field} {', '.join(map(_text, values))}".strip()


def _text(value: object) -> str:
    pair = value if not isinstance(value, str) and hasattr(value, "get") else None
    return f"{pair.get('Key', '')}={pair.get('Value', '')}" if pair is not None else str(value)


def proposal(found: Iterable[Lead]) -> Split | None:
    """One part for each set of paths that rules share; None where the rules make no difference by path.

    Rules that have a path in common are of one part. A part takes its name from its shortest path.
    """
    sets: list[set[str]] = []
    everything = list(found)
    for lead in (each for each in everything if each.divides):
        shared = [paths for paths in sets if paths & set(lead.paths)]
        sets = [paths for paths in sets if paths not in shared] + [set(lead.paths).union(*shared)]
    if not sets or (len(sets) == 1 and all(lead.divides for lead in everything)):
        return None
    shortest = {min(paths, key=lambda path: (len(path), path)): paths for paths in sets}
    called = names.unique(shortest, part_name, LONGEST)
    parts = {name: Part(paths=sorted(shortest[path])) for path, name in called.items()}
    return Split("path", dict(sorted(parts.items())))


def part_name(path: str) -> str:
    """`/api/v2/*` is `api-v2`."""
    return names.label(path, LONGEST) if any(map(str.isalnum, path)) else "root"
