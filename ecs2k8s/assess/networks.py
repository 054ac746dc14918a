"""What there is to say of the network once all manifests are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.policy_checks import policy_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.reachability import Reachability
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload


def network_findings(translation: Translation, reach: Reachability, target: Target) -> Iterator[Finding]:
    """Limits that policies break, pods that stay open, and what the move would break or widen.

    Call it when the ledger is done: it looks at documents again, which must not count as reading them.
    """
    networks = translation.inventory.networks
    if target.network_policies:
        owners = [workload for workload in translation.translated if _has_groups(translation, workload)]
        overlap = networks.cidrs(networks.node_subnets or networks.subnets)
        yield from policy_findings(translation.bundle.manifests, owners, overlap)
    yield from reach.findings()


def _has_groups(translation: Translation, workload: Workload) -> bool:
    groups = translation.inventory.networks.groups_of(workload) if workload.network_mode == "awsvpc" else ()
    return bool(groups)
