"""Who may call whom: by security groups, and by being in one namespace of Service Connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.dependencies import Permission
from ecs2k8s.core.traffic import shown
from ecs2k8s.resolve.discovery import callers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.assess.reachability import Reachability
    from ecs2k8s.resolve.workload import Workload

MOST_PAIRS = 32  # of a permission that becomes edges: more is a net, and no line from one to another


def of_groups(reach: Reachability | None, idents: Mapping[str, str]) -> Iterator[Permission]:
    """One for each row of the table of who reached whom before. *idents*: what the table calls a node to its ident."""
    for row in reach.rows if reach else ():
        sources, targets = _known(row.sources, idents), _known(row.targets, idents)
        if row.before and sources and targets:
            yield Permission(sources, targets, ("security-group",), shown(row.before))


def of_namespaces(workloads: Iterable[Workload]) -> Iterator[Permission]:
    """Every member of a namespace may call all names in it: those that only call, and those that answer too."""
    for _, members in sorted(callers(workloads).items()):
        answering = {member.folder for member in members if member.connect and member.connect.aliases}
        calling = {member.folder for member in members} - answering
        for sources in (calling, answering):
            if sources and answering:
                yield Permission(tuple(sorted(sources)), tuple(sorted(answering)), ("discovery",))


def is_wide(found: Permission) -> bool:
    """Whether it says little of who depends on whom: it is mutual, as of a group that admits itself, or of many."""
    mutual = set(found.sources) & set(found.targets)
    return len(mutual) > 1 or len(found.sources) * len(found.targets) > MOST_PAIRS


def _known(names: Iterable[str], idents: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({idents[name] for name in names if name in idents}))
