"""Prices that were given, by what is paid for. None is built in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.core.documents import Document

# A usage type has the code of its Region in front, but for us-east-1: EUW1-Fargate-GB-Hours.
OF_A_REGION = re.compile(r"(?:[A-Z]{2,4}\d?-)?(?P<name>.*)")

MOST = Decimal(10) ** 9  # an hour; nothing costs that, and sums of more have no cents


@dataclass(frozen=True, slots=True)
class Prices:
    """`named`: what is paid for to its price for an hour; what was given several different prices is left out."""

    currency: str
    region: str
    named: Mapping[str, Decimal]

    @classmethod
    def of(cls, documents: Iterable[Document], region: str) -> Prices:
        """The prices of *region*, where it is known; dollars where some are in dollars."""
        found = [document.data for document in documents]
        here = [data for data in found if not region or data.get("regionCode", region) == region]
        currencies = sorted({currency for data in here for currency in _map(data.get("pricePerUnit"))})
        currency = "USD" if "USD" in currencies or not currencies else currencies[0]
        given: dict[str, set[Decimal]] = {}
        for data in here:
            amount = _amount(_map(data.get("pricePerUnit")).get(currency))
            if amount is not None:
                given.setdefault(_name(data), set()).add(amount)
        named = {name: amounts.pop() for name, amounts in given.items() if len(amounts) == 1}
        return cls(currency, region, named)


def _name(data: Mapping[str, Any]) -> str:
    """`EC2 m7i.large`; of other services the usage type without its Region."""
    if data.get("serviceCode") == "AmazonEC2":
        return f"EC2 {data.get('instanceType', '')}"
    found = OF_A_REGION.fullmatch(str(data.get("usagetype", "")))
    return found["name"] if found else ""


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _amount(text: Any) -> Decimal | None:
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= MOST else None
