"""One line of a bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal

    from ecs2k8s.assess.prices import Prices

Side = Literal["ECS", "EKS"]
HOURS = 730  # of a month


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` units that are paid for in each hour; `price` of one for an hour, None where none was given."""

    side: Side
    subject: str
    priced_as: str
    quantity: Decimal
    price: Decimal | None

    @property
    def month(self) -> Decimal | None:
        return None if self.price is None else self.quantity * self.price * HOURS

    @classmethod
    def of(cls, side: Side, subject: str, priced_as: str, quantity: Decimal, prices: Prices) -> Line:
        return cls(side, subject, priced_as, quantity, prices.named.get(priced_as))
