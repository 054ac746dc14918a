"""The straight line: snapshot, inventory, bundle and ledger, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.findings import rank
from ecs2k8s.core.ledger import account, findings
from ecs2k8s.core.manifests import Bundle
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve
from ecs2k8s.translate import manifests
from ecs2k8s.translate.translation import Translation

if TYPE_CHECKING:
    from ecs2k8s.core.documents import Snapshot
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload


def translate(snapshot: Snapshot, target: Target) -> Translation:
    """What *snapshot* becomes on *target*. A function of both alone: no time, no randomness, no environment."""
    index, inventory, bundle, refused = objects(snapshot, target)
    _leave_out_refused(index, inventory, refused)
    ledger = account(((item.document, item.trace) for item in index.tracked), target.chosen)
    said = {*snapshot.failures, *snapshot.notes, *findings(ledger)}
    return Translation(inventory, bundle, ledger, tuple(sorted(said, key=rank)), tuple(refused))


def objects(snapshot: Snapshot, target: Target) -> tuple[Index, Inventory, Bundle, list[Workload]]:
    """The line up to the manifests, without the account of the fields: also what cannot be translated."""
    index = Index.of(snapshot.in_order().documents)
    inventory = resolve(index, target)
    placed, refused = manifests(inventory, target)
    return index, inventory, Bundle.of(placed), refused


def _leave_out_refused(index: Index, inventory: Inventory, refused: list[Workload]) -> None:
    """Documents that serve only refused workloads become nothing, and the ledger says so."""
    used = {ident for w in inventory.workloads if w not in refused for ident in (w.definition_id, w.service_id)}
    for workload in refused:
        for item in index.tracked:
            if item.document.id in (workload.definition_id, workload.service_id) and item.document.id not in used:
                item.leave_out("not-translated", why="ECS would reject it as it stands; see the error about it")
