"""The straight line: snapshot, inventory, bundle and ledger, findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.assess.bindings import refuse_bindings_of_existing_groups
from ecs2k8s.assess.call_graph import dependencies
from ecs2k8s.assess.capacity import capacity_findings
from ecs2k8s.assess.cost import costs
from ecs2k8s.assess.delivery import delivery_findings
from ecs2k8s.assess.fit import verdicts
from ecs2k8s.assess.lost_requests import lost_requests
from ecs2k8s.assess.networks import network_findings
from ecs2k8s.assess.reachability import reachability
from ecs2k8s.assess.readiness import readiness_gates
from ecs2k8s.assess.routing import prove_all
from ecs2k8s.assess.schedules import hold_unproved, schedule_proofs
from ecs2k8s.assess.splits import splits
from ecs2k8s.assess.target_cluster import cluster_checks
from ecs2k8s.assess.translation import Translation
from ecs2k8s.assess.trust import judged
from ecs2k8s.assess.wave_findings import wave_findings
from ecs2k8s.assess.waves import waves
from ecs2k8s.core.findings import rank
from ecs2k8s.core.ledger import account, findings
from ecs2k8s.core.manifests import BACKGROUND, Bundle
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve
from ecs2k8s.translate import manifests
from ecs2k8s.translate.aws_objects import aws_changes, aws_resources
from ecs2k8s.translate.cloudwatch_alarms import alarm_steps
from ecs2k8s.translate.handover_steps import handover_steps
from ecs2k8s.translate.pipeline_lines import say_pipeline_lines
from ecs2k8s.translate.rollout import with_rollouts
from ecs2k8s.translate.target_group_steps import target_group_steps
from ecs2k8s.translate.traffic import routings
from ecs2k8s.translate.workflow import workflows

if TYPE_CHECKING:
    from ecs2k8s.assess.routing import Proof
    from ecs2k8s.core.aws_objects import AwsChange, AwsResource
    from ecs2k8s.core.documents import Snapshot
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Inventory, Workload


def translate(snapshot: Snapshot, target: Target) -> Translation:
    """What *snapshot* becomes on *target*. A function of both alone: no time, no randomness, no environment."""
    made = objects(snapshot, target)
    arguments = (made.inventory, made.translated, target)
    steps = (*target_group_steps(*arguments), *alarm_steps(*arguments))
    _leave_out_refused(made.inventory, made.refused)
    say_pipeline_lines(made.inventory, made.translated, made.bundle)
    pipelines = workflows(made.inventory, made.translated, made.bundle, target)
    ledger = account(((item.document, item.trace) for item in made.inventory.index.tracked), target.chosen)
    said = {*snapshot.failures, *snapshot.notes, *findings(ledger), *made.doubts}
    done = Translation(
        made.inventory,
        made.bundle,
        ledger,
        findings=(),
        refused=tuple(made.refused),
        proofs=tuple(made.proofs),
        resources=made.resources,
        changes=made.changes,
        steps=steps,
        pipelines=pipelines,
        unread=snapshot.failures,
    )
    said |= {*lost_requests(made.inventory, made.bundle), *readiness_gates(done.translated, made.bundle, target)}
    said |= set(splits(done.inventory, done.translated, made.bundle, target))
    schedules = schedule_proofs(done.translated, made.bundle)
    said |= set(hold_unproved(schedules, made.bundle))
    reach = reachability(done)
    done = replace(done, schedules=tuple(schedules), handover_steps=tuple(handover_steps(done.translated, made.bundle)))
    done = replace(done, checks=tuple(cluster_checks(done, target)), costs=costs(done, target))
    done = replace(done, fit=tuple(verdicts(done, target)) if done.translated else ())
    said |= {*network_findings(done, reach, target), *capacity_findings(done, target), *delivery_findings(target)}
    done = replace(done, reach=reach)
    done = replace(done, dependencies=dependencies(done))
    done = replace(done, waves=waves(done, target))
    said |= set(wave_findings(done))
    return replace(done, findings=tuple(sorted(said, key=rank)))


@dataclass(frozen=True, slots=True)
class Made:
    """The objects, and what was refused: workloads that ECS would reject too, routing that could not be proved."""

    inventory: Inventory
    bundle: Bundle
    refused: list[Workload]
    proofs: list[Proof]
    resources: tuple[AwsResource, ...] = ()
    changes: tuple[AwsChange, ...] = ()
    doubts: tuple[Finding, ...] = ()

    @property
    def translated(self) -> list[Workload]:
        return [workload for workload in self.inventory.workloads if workload not in self.refused]


def objects(snapshot: Snapshot, target: Target) -> Made:
    """The line up to the manifests, without the account of the fields. What routes is emitted only when proved."""
    inventory = resolve(Index.of(snapshot.in_order().documents, snapshot.taken), target)
    placed, refused = manifests(inventory, target)
    translated = [workload for workload in inventory.workloads if workload not in refused]
    handover = [item for item in placed if item.tree == BACKGROUND]
    placed = [item for item in placed if item.tree != BACKGROUND]
    proofs = prove_all(routings(inventory, translated, target), Bundle.of(placed))
    held = [proof.routing for proof in proofs if proof.holds]
    placed, edited = with_rollouts(placed, held, inventory, translated, target)
    if target.rollouts:
        again = iter(prove_all(edited, Bundle.of(placed)))  # what is emitted is what was proved
        proofs = [next(again) if proof.holds else proof for proof in proofs]
    placed += [item for proof in proofs if proof.holds for item in proof.routing.placed]
    bundle = Bundle.of((*placed, *handover))
    chosen = (*target.target_groups, *target.target_groups.values())
    refuse_bindings_of_existing_groups(bundle, snapshot.documents, chosen)
    resources = aws_resources(inventory, translated, target)
    changes, doubts = judged(aws_changes(inventory, translated, target), bundle, resources)
    return Made(inventory, bundle, refused, proofs, resources, changes, doubts)


def _leave_out_refused(inventory: Inventory, refused: list[Workload]) -> None:
    """Documents that serve only refused workloads become nothing, and the ledger says so."""
    used = {ident for w in inventory.workloads if w not in refused for ident in w.documents}
    for workload in refused:
        if workload.schedule:
            workload.schedule.target.say_of_all("target-not-carried")
        for item in inventory.index.tracked:
            if item.document.id in workload.documents and item.document.id not in used:
                item.leave_out("not-translated", why="ECS would reject it as it stands; see the error about it")
