"""What load balancers send to which workloads, as far as hosts and paths decide it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ecs2k8s.assess.globs import glob
from ecs2k8s.core.tracking import NOTHING
from ecs2k8s.resolve.balancers import target_groups
from ecs2k8s.resolve.parts import part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.resolve.balancers import Listener, LoadBalancer
    from ecs2k8s.resolve.workload import AwsMap, Inventory, Workload

CONFIGS = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}
OTHERWISE = "all else"  # what a default action gets


@dataclass(frozen=True, slots=True)
class Way:
    """A rule or a default action: which hosts and paths it takes, and the workloads that it sends to.

    `more`: it has other conditions too. A value that begins with `~` is a regular expression, which counts as met.
    """

    balancer: str
    port: int
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    workloads: tuple[str, ...]
    more: bool = False
    default: bool = False

    @property
    def via(self) -> list[str]:
        """`shop.example.com/api/*`, `/api/*`, `admin.example.com`; `all else` for a default action."""
        if not self.hosts and not self.paths:
            return [OTHERWISE] if self.default else ["*"]
        return [f"{host}{path}" for host in self.hosts or ("",) for path in self.paths or ("",)]

    def takes(self, host: str, path: str) -> bool:
        """Whether requests to *host* with a path below *path* (empty: any) can come here."""
        return _any(self.hosts, [host], fold=True) and (not path or _any(self.paths, [path, f"{path}/x"]))

    def ends(self, path: str) -> bool:
        """Whether no later rule gets anything of what comes here."""
        return not self.more and (bool(path) or not self.paths)


@dataclass(frozen=True, eq=False)
class Wiring:
    """All ways, by load balancer, listener and priority, each listener's default action last."""

    ways: tuple[Way, ...]

    @cached_property
    def by_listener(self) -> Mapping[str, Mapping[int, list[Way]]]:
        found: dict[str, dict[int, list[Way]]] = defaultdict(lambda: defaultdict(list))
        for way in self.ways:
            found[way.balancer][way.port].append(way)
        return found

    def behind(self, balancer: str, host: str, path: str) -> set[str]:
        """The workloads that can get a request to *host* below *path* that reaches the load balancer."""
        found: set[str] = set()
        for ways in self.by_listener.get(balancer, {}).values():
            for way in ways:
                if way.takes(host, path):
                    found.update(way.workloads)
                    if way.ends(path):
                        break
        return found


def wiring(inventory: Inventory) -> Wiring:
    served = {arn: [each.workload for each in its] for arn, its in inventory.balancers.served.items()}
    return Wiring(tuple(way for balancer in inventory.balancers.load_balancers for way in _ways(balancer, served)))


def _ways(balancer: LoadBalancer, served: Mapping[str, list[Workload]]) -> Iterator[Way]:
    for listener in balancer.listeners:
        for rule in listener.rules:
            yield _way(balancer, listener, rule, served)
        yield _way(balancer, listener, listener.default_rule or listener.view, served, default=True)


def _way(
    balancer: LoadBalancer,
    listener: Listener,
    rule: AwsMap,
    served: Mapping[str, list[Workload]],
    *,
    default: bool = False,
) -> Way:
    its = {part_of(workload, rule).folder for arn in target_groups(rule) for workload in served.get(arn, ())}
    fields = {str(condition.get("Field", "")) for condition in rule.get("Conditions", [])}
    return Way(
        balancer.arn,
        listener.port,
        _values(rule, "host-header"),
        _values(rule, "path-pattern"),
        tuple(sorted(its)),
        more=bool(fields - CONFIGS.keys()),
        default=default,
    )


def _values(rule: AwsMap, field: str) -> tuple[str, ...]:
    """The values of the rule's conditions on *field*: globs, and regular expressions between slashes."""
    found: list[str] = []
    for condition in rule.get("Conditions", []):
        if condition.get("Field") == field:
            config = condition.get(CONFIGS[field], NOTHING)
            found += [str(value) for value in config.get("Values", condition.get("Values", []))]
            found += [f"~{value}" for value in config.get("RegexValues", [])]
    return tuple(sorted(set(found)))


def _any(patterns: Iterable[str], texts: list[str], *, fold: bool = False) -> bool:
    """Whether there is no pattern, or one matches a text; a regular expression (`~`) counts as one that does."""
    its = list(patterns)
    return not its or any(pattern[0:1] == "~" or glob(pattern, text, fold=fold) for pattern in its for text in texts)
