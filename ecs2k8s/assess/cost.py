"""What both fleets cost in a month: ECS as it runs now, and EKS with the same number of pods.

Only from prices that were given. One that is missing is named, and the sum of that side is then not whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ecs2k8s.assess.cost_line import HOURS, Line
from ecs2k8s.assess.cost_of_ecs import ecs_lines
from ecs2k8s.assess.cost_of_eks import eks_lines
from ecs2k8s.assess.prices import Prices

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

ASSUMPTIONS = (
    f"A month has {HOURS} hours.",
    "Every service runs its desired count all the time: averages of CloudWatch are not read.",
    "One-off tasks and scheduled ones are left out on both sides.",
    "Prices are On-Demand prices of the list that was given: no Savings Plans, no reservations, no discounts.",
    "Load balancers, NAT gateways, traffic, logs, images and disks of nodes cost the same on both sides.",
    "The cluster fee is counted whole, though other workloads may share the cluster.",
    "Nodes of EKS are counted as the fit check packs them, and nothing else runs on them but their daemons.",
    "Of the instance types that a node pool may start, the one counts that is cheapest with the prices given.",
    "EKS Fargate adds 256 MiB to each pod and rounds up to the next size.",
)


@dataclass(frozen=True, slots=True)
class Costs:
    """`lines` of both sides, and what they are in."""

    currency: str
    region: str
    lines: tuple[Line, ...]
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def of(self, side: str) -> list[Line]:
        return [line for line in self.lines if line.side == side]

    def missing(self, side: str) -> list[str]:
        """What has no price, each once."""
        return sorted({line.priced_as for line in self.of(side) if line.month is None})

    def month(self, side: str) -> Decimal:
        """The sum of what has a price."""
        return sum((line.month for line in self.of(side) if line.month is not None), Decimal(0))


def costs(translation: Translation, target: Target) -> Costs | None:
    """The comparison; None where no prices were given. Call it when the ledger is done."""
    documents = [item.document for item in translation.inventory.index.of_shape("pricing.Price")]
    if not documents:
        return None
    regions = {workload.region for workload in translation.translated} - {""}
    region = regions.pop() if len(regions) == 1 else ""
    prices = Prices.of(documents, region)
    lines = (*ecs_lines(translation, prices), *eks_lines(translation, target, prices))
    return Costs(prices.currency, region, lines)
