"""What a person must know of the waves: who cannot be parted, who will never be found, what is not seen."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ecs2k8s.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation


def wave_findings(translation: Translation) -> Iterator[Finding]:
    yield from _circles(translation)
    yield from _never_found(translation)
    yield from _unread(translation)


def _circles(translation: Translation) -> Iterator[Finding]:
    sources = {workload.folder: workload.source for workload in translation.translated}
    for unit in (unit for wave in translation.waves for unit in wave.units):
        if any(reason.slug == "tied-by-circle" for reason in unit.why):
            yield Finding.of(
                "calls-in-a-circle", sources[unit.workloads[0]], "", workloads=", ".join(unit.workloads), unit=unit.name
            )


def _never_found(translation: Translation) -> Iterator[Finding]:
    """Callees that get no pods, called by names that lead to pods only in the cluster."""
    sources = {workload.folder: workload.source for workload in translation.translated}
    refused = {workload.folder for workload in translation.refused}
    for edge in translation.dependencies.uses:
        if edge.ecs_names and edge.target in refused and edge.source in sources:
            said = {"caller": edge.source, "callee": edge.target, "names": ", ".join(edge.ecs_names)}
            yield Finding.of("callee-without-pods", sources[edge.source], "", **said)


def _unread(translation: Translation) -> Iterator[Finding]:
    sources = {workload.folder: workload.source for workload in translation.inventory.workloads}
    variables: dict[str, list[str]] = defaultdict(list)
    for ident, variable in translation.dependencies.unread:
        variables[ident].append(variable)
    for ident, its in sorted(variables.items()):
        yield Finding.of("dependency-not-read", sources[ident], "", name=ident, variables=", ".join(its))
