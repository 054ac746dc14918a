"""What turns on what is held off until the handover: the same objects as the choice `background: eks` gives.

They lie in a tree of their own and are whole objects, so that applying them again, or the manifests of a later export
with `background: eks`, changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.manifests import BACKGROUND, Placed
from ecs2k8s.translate.cron_job import AT_THE_SWITCH, cron_job
from ecs2k8s.translate.deployment import deployment, disruption_budget, given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.pod import Pod

HELD_OFF = (deployment, disruption_budget, cron_job)  # one-off Jobs are started by people, not by the handover


def background(workload: Workload, pod: Pod, target: Target) -> Iterator[Placed]:
    """The objects of *workload* that differ once EKS has the background work; none where it has it already."""
    then = msgspec.structs.replace(target, background="eks")
    if target.background == "eks" or not _is_held(workload, pod, target, then):
        return
    for translator in HELD_OFF:
        now = [placed.manifest for placed in translator(workload, pod, target)]
        for placed in translator(workload, pod, then):
            if placed.manifest not in now:
                yield Placed(placed.folder, _switched(placed.manifest), BACKGROUND)


def _is_held(workload: Workload, pod: Pod, now: Target, then: Target) -> bool:
    if workload.kind == "Deployment":
        return given(workload, pod, now) != given(workload, pod, then)
    return workload.kind == "CronJob"


def _switched(manifest: Manifest) -> Manifest:
    """A CronJob that is turned on runs what it missed, if that is not older than the deadline: AWS ran it already."""
    if manifest["kind"] != "CronJob":
        return manifest
    spec = manifest["spec"]
    deadline = min(spec["startingDeadlineSeconds"], AT_THE_SWITCH)
    return manifest | {"spec": spec | {"startingDeadlineSeconds": deadline}}
