"""The comparison of costs: a part of report.md, and report/cost.json."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical
from ecs2k8s.report.escape_markdown import plain

if TYPE_CHECKING:
    from ecs2k8s.assess.cost import Costs
    from ecs2k8s.assess.cost_line import Line
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

FORMAT = "ecs2k8s/cost/v1"
SIDES = ("ECS", "EKS")
CENT = Decimal("0.01")
NONE = """## What it costs

No prices were given. `--from` takes files of the AWS price list (`aws pricing get-products`, or an offer file) beside
the snapshot, and both fleets are then compared here. No price is built in.
"""


def lines(translation: Translation) -> list[str]:
    """Markdown: a line for each thing that is paid for, the sums, what is missing, and what is assumed."""
    found = translation.costs
    if found is None:
        return NONE.splitlines()
    head = f"| Fleet | Of | Priced as | Units | {plain(found.currency)} per hour | {plain(found.currency)} per month |"
    rows = [_row(line) for side in SIDES for line in found.of(side)]
    sums = [_sum(found, side) for side in SIDES]
    assumed = ["What is assumed:", "", *(f"- {text}" for text in found.assumptions)]
    return ["## What it costs", "", head, "|---|---|---|--:|--:|--:|", *rows, "", *sums, "", *assumed, ""]


def _row(line: Line) -> str:
    price = f"{line.price.normalize():f}" if line.price is not None else "not given"
    month = money(line.month) if line.month is not None else "not known"
    units = f"{line.quantity.normalize():f}"
    return f"| {line.side} | {plain(line.subject)} | {plain(line.priced_as)} | {units} | {price} | {month} |"


def _sum(found: Costs, side: str) -> str:
    missing = found.missing(side)
    less = f", **incomplete**: no price for {plain(', '.join(missing))}" if missing else ""
    return f"- {side}: {money(found.month(side))} {plain(found.currency)} per month{less}"


def money(amount: Decimal) -> str:
    """Rounded to the cent, half up."""
    return f"{amount.quantize(CENT, ROUND_HALF_UP):f}"


def cost_json(translation: Translation, _target: Target) -> dict[str, str]:
    """report/cost.json, where prices were given. Amounts are text, as they are exact."""
    found = translation.costs
    if found is None:
        return {}
    sides = {side: _side(found, side) for side in SIDES}
    whole = {"format": FORMAT, "currency": found.currency, "region": found.region, "fleets": sides}
    text = canonical(whole | {"assumptions": list(found.assumptions)}).decode()
    return {"report/cost.json": text}


def _side(found: Costs, side: str) -> dict[str, Any]:
    missing = found.missing(side)
    items = [
        {
            "subject": line.subject,
            "pricedAs": line.priced_as,
            "units": f"{line.quantity.normalize():f}",
            "perHour": None if line.price is None else f"{line.price.normalize():f}",
            "perMonth": None if line.month is None else f"{line.month.normalize():f}",
        }
        for line in found.of(side)
    ]
    return {"lines": items, "missing": missing, "perMonth": money(found.month(side)), "complete": not missing}
