"""The weights of an action at a share: integers from 0 to 999, in one call for all groups.

Weights are shares of their sum: 99 to 1 is one per cent, 100 to 1 is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HIGHEST = 999  # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Split:
    """`weights` by target group. `reached`: the share that the new groups get of what the old ones had, in per cent."""

    weights: Mapping[str, int]
    reached: Fraction

    def misses(self, share: int) -> bool:
        return self.reached != share


def split(found: Mapping[str, int], twins: Mapping[str, str], share: int) -> Split:
    """*found*, with *share* per cent of each old group's weight given to its twin; all other groups keep their part.

    Where that takes numbers above 999, the closest share below it.
    """
    exact = _exact(found, twins, share)
    common = gcd(*(found[group] for group in found)) or 1
    readable = {group: weight // common for group, weight in exact.items()}
    if max(readable.values(), default=0) <= HIGHEST:
        return Split(readable, _reached(readable, twins))
    least = gcd(*exact.values())
    smaller = {group: weight // least for group, weight in exact.items()}
    weights = smaller if max(smaller.values()) <= HIGHEST else _closest(found, twins, share)
    return Split(weights, _reached(weights, twins))


def _exact(found: Mapping[str, int], twins: Mapping[str, str], share: int) -> dict[str, int]:
    weights = {}
    for group, weight in found.items():
        weights[group] = weight * (WHOLE - share if group in twins else WHOLE)
    return weights | {twins[group]: found[group] * share for group in found if group in twins}


def _closest(found: Mapping[str, int], twins: Mapping[str, str], share: int) -> dict[str, int]:
    """The others rounded up and the twins down, so that the new groups never get more than asked for."""
    most = max(found.values())
    weights = {}
    for group, weight in found.items():
        if group not in twins:
            weights[group] = -(-weight * HIGHEST // most)
            continue
        both = max(weight * HIGHEST // most, min(weight, 1))
        weights[twins[group]] = both * share // WHOLE
        weights[group] = both - weights[twins[group]]
    return weights


def _reached(weights: Mapping[str, int], twins: Mapping[str, str]) -> Fraction:
    new = sum(weights[twin] for group, twin in twins.items() if group in weights)
    both = new + sum(weights[group] for group in twins if group in weights)
    return Fraction(new * WHOLE, both) if both else Fraction(0)
