"""What there is to say of pods on EKS Fargate: profiles that are missing, sizes that are others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.demand import demands
from ecs2k8s.assess.fargate_sizes import FargateSize, fargate_size
from ecs2k8s.core.findings import Finding
from ecs2k8s.translate.fargate_profiles import uncovered
from ecs2k8s.translate.resources import task_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation


def fargate_findings(translation: Translation) -> Iterator[Finding]:
    """Call it when the ledger is done."""
    wanted = uncovered(translation.inventory, translation.translated)
    made = any(resource.type == "AWS::EKS::FargateProfile" for resource in translation.resources)
    if wanted and not made:
        read = bool(translation.inventory.networks.cluster)
        why = "no private subnet of the cluster was read" if read else "no EKS cluster was read"
        names = ", ".join(wanted)
        yield Finding.of("fargate-profile-not-made", "target.yaml", "compute", namespaces=names, why=why)
    yield from _sizes(translation)


def _sizes(translation: Translation) -> Iterator[Finding]:
    asked = {(each.namespace, each.name): each for each in demands(translation)}
    for workload in translation.translated:
        cpu, memory = task_size(workload)
        demand = asked.get((workload.namespace, workload.name))
        if demand is None or not workload.is_fargate or not cpu or not memory:
            continue
        was, becomes = FargateSize(cpu, memory), fargate_size(demand.cpu, demand.memory)
        if becomes and becomes != was:
            subject = workload.service_id or workload.definition_id
            yield Finding.of("fargate-size-jumps", subject, "", was=str(was), becomes=str(becomes))
