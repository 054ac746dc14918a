"""What a plan is made of: the translation of a snapshot, the user's choices, and the files as they lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ecs2k8s.assess.designs import designs
from ecs2k8s.core.arns import Arn
from ecs2k8s.cutover.planning.schedule import schedules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.assess.designs import Design
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.assess.waves import Unit
    from ecs2k8s.core.target import Target
    from ecs2k8s.cutover.planning.schedule import Schedule
    from ecs2k8s.cutover.things.kind import Documents
    from ecs2k8s.resolve.workload import Workload


@dataclass(frozen=True)
class Ground:
    """`lying`: path of each file below the migration directory to the digests of the objects in it, as applied.

    `inputs`: hashes of the snapshot and of the output. `edited`: files that a person changed since the export.
    """

    translation: Translation
    target: Target
    documents: Documents
    taken: str  # when the snapshot was taken, RFC 3339
    inputs: Mapping[str, str]
    lying: Mapping[str, Mapping[str, str]]
    edited: tuple[str, ...] = ()
    schedule: Schedule = field(default_factory=lambda: schedules()["default"])

    @cached_property
    def workloads(self) -> Mapping[str, Workload]:
        """By `namespace/name`."""
        return {workload.folder: workload for workload in self.translation.translated}

    @cached_property
    def designs(self) -> Mapping[str, list[Design]]:
        """By `namespace/name`."""
        return designs(self.translation.translated, self.translation.dependencies, self.target)

    def of(self, unit: Unit) -> list[Workload]:
        return [self.workloads[ident] for ident in unit.workloads]

    def tags(self, arn: str) -> dict[str, str] | None:
        """The tags of an object of a load balancer; None where they were not read."""
        found = self.documents.get(("elbv2.Tags", arn))
        return None if found is None else {tag["Key"]: tag.get("Value", "") for tag in found.get("Tags") or ()}

    @cached_property
    def whose(self) -> tuple[str, str, str]:
        """Account, partition and Region, of the choices or of the first workload that tells."""
        arns = [Arn.parse(workload.source) for workload in self.translation.translated]
        known = next((arn for arn in arns if arn and arn.account), None)
        account = (known.account if known else "") or self.target.account
        return account, known.partition if known else "aws", (known.region if known else "") or self.target.region
