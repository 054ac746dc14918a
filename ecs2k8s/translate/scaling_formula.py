"""Metric math of CloudWatch as a formula of KEDA, where it is plain arithmetic.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html,
https://keda.sh/docs/latest/reference/scaledobject-spec/#scalingmodifiers
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap

TOKEN = re.compile(r"\s*(?:(?P<name>[a-z][A-Za-z0-9_]*)|(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<sign>[-+*/()]))")


@dataclass(frozen=True, slots=True)
class Formula:
    """The expression, and the names of the metrics in it, in order."""

    text: str
    names: tuple[str, ...]


def formula(results: list[AwsMap], stats: set[str], count: int) -> Formula | str:
    """The formula that *results* (the queries that return data) ask for, or why there is none.

    *stats*: the ids of the queries that are plain metrics; *count*: of all queries.
    """
    if len(results) != 1 or "Expression" not in results[0]:
        return "one expression must give the result"
    if count != len(stats) + 1:
        return "an expression of expressions is not carried"
    text = str(results[0]["Expression"]).strip()
    parts = _parts(text)
    if parts is None:
        return "KEDA knows only numbers, names, + - * / and parentheses of it"
    names = {part for part in parts if part[:1].islower()}
    if not names or names - stats:
        return "it names what is no metric of the policy"
    return Formula(text, tuple(sorted(names))) if _is_sound(parts) else "it is no arithmetic expression"


def _parts(text: str) -> list[str] | None:
    """The tokens; None where something else stands in it, such as the name of a function."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            return None
        found.append(match[0].strip())
        at = match.end()
    return found


def _is_sound(parts: list[str]) -> bool:
    """Operands and signs take turns, and parentheses close."""
    depth, wants_operand = 0, True
    for part in parts:
        if part == "(" and wants_operand:
            depth += 1
        elif part == ")" and not wants_operand and depth:
            depth -= 1
        elif part not in "+-*/()" and wants_operand:
            wants_operand = False
        elif part in "+-*/" and not wants_operand:
            wants_operand = True
        else:
            return False
    return not depth and not wants_operand
