"""The checks of a cutover: what the export decided, and what only AWS and the cluster can tell now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.cutover.checks import (
    alarms,
    behind,
    budget,
    components,
    deployers,
    drill,
    health,
    latency,
    names,
    one_side,
    pods,
    room,
    sizes,
    staying,
    traffic,
    unchanged,
    way_back,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.cutover.checks.scene import Check

# Those that read the world, by their id in mappings/checks.yaml.
CHECKS: Mapping[str, Check] = {
    "S31": unchanged.fresh,
    "S32": deployers.nobody_deploys,
    "S33": deployers.owners,
    "S34": components.components,
    "S38": components.planned_cluster,
    "L01": pods.rollout,
    "L02": pods.restarts,
    "L04": pods.secrets,
    "L06": health.target_health,
    "L07": pods.gates,
    "L08": unchanged.weights_read_back,
    "L17": room.room,
    "L21": drill.drilled,
    "T01": traffic.share,
    "T02": traffic.target_errors,
    "T03": traffic.mix,
    "T04": latency.latency,
    "T05": traffic.connections,
    "T06": traffic.balancer_errors,
    "T08": pods.stay_up,
    "T10": behind.behind,
    "T11": alarms.alarms,
    "T12": budget.budget,
    "T13": way_back.rollback_ready,
    "T14": staying.staying,
    "T16": names.converged,
    "T17": traffic.silent,
    "T18": health.drained,
    "T19": one_side.one_side,
    "T20": unchanged.no_drift,
    "T21": sizes.sizes,
}
