"""Whether two lists of rules in different orders do the same, though no list has the other's order.

Each rule is taken apart into rules of one value for each condition. Two lists do the same if they are made of the same
parts, and if of any two parts that one request can meet and that do different things the same one comes first. That
is enough: of the parts that a request meets the first in one list is then the first in the other, or does the same.
It is not necessary: what is told apart here may still do the same. Everything that is not known counts as meeting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ecs2k8s.assess.alb import matches, network
from ecs2k8s.assess.parts import is_taken, of_part, parts
from ecs2k8s.assess.witness import probes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ecs2k8s.assess.alb import Request
    from ecs2k8s.assess.parts import Met
    from ecs2k8s.translate.routes import Condition, Route

    Before = Callable[[int, int], bool]  # whether the rule at one place is surely tried before that at the other


@dataclass(frozen=True, slots=True)
class Part:
    """One of the rules that the rule at `place` is made of; the default action comes last, without conditions."""

    place: int
    route: Route
    met: Met

    @property
    def key(self) -> tuple[object, ...]:
        return self.route.normal


@dataclass(frozen=True, slots=True)
class Swap:
    """Two rules of the source by place, whose order is not kept for sure. The default action is behind the last rule.

    `request` is one that meets both, where one was found.
    """

    first: int
    second: int
    request: Request | None


def same(
    source: tuple[Sequence[Route], Route],
    made: tuple[Sequence[Route], Route],
    before: Before,
    *,
    dual_stack: bool = False,
) -> bool:
    """Whether *made* surely does what *source* does. *source* is in order, *before* is the order of *made*."""
    given, built = _parts(source, dual_stack=dual_stack), _parts(made, dual_stack=dual_stack)
    if given is None or built is None:
        return False
    sure = _sure(len(made[0]), before)
    given, built = _reachable(given, _in_order), _reachable(built, sure)
    return _alike(given, built, sure) or _alike(_needed(given, _in_order), _needed(built, sure), sure)


def _in_order(one: Part, other: Part) -> bool:
    return one.place < other.place


def _alike(given: Sequence[Part], built: Sequence[Part], sure: Callable[[Part, Part], bool]) -> bool:
    places = {part.key: part for part in built}
    if not len(places) == len(built) == len(given) or places.keys() != {part.key for part in given}:
        return False
    return not any(_swapped(given, places, sure))


def swaps(
    source: tuple[Sequence[Route], Route],
    made: tuple[Sequence[Route], Route],
    before: Before,
    *,
    dual_stack: bool = False,
) -> list[Swap]:
    """For each rule of *source* the first that it changed places with, where the two are not the `same`."""
    given, built = _parts(source, dual_stack=dual_stack), _parts(made, dual_stack=dual_stack)
    if given is None or built is None:
        return []
    once = {part.key: part for part in reversed(given)}
    places = {part.key: part for part in reversed(built)}
    found: dict[int, Swap] = {}
    for one, other in _swapped(sorted(once.values(), key=lambda part: part.place), places, _sure(len(made[0]), before)):
        if one.place not in found:
            found[one.place] = Swap(one.place, other.place, meeting(one.route, other.route))
    return [found[place] for place in sorted(found)]


def _sure(last: int, before: Before) -> Callable[[Part, Part], bool]:
    """The default action, at the place *last*, comes after all rules."""

    def sure(one: Part, other: Part) -> bool:
        return one.place != last and (other.place == last or before(one.place, other.place))

    return sure


def _parts(rules: tuple[Sequence[Route], Route], *, dual_stack: bool) -> list[Part] | None:
    found: list[Part] = []
    for place, route in enumerate((*rules[0], rules[1])):
        apart = parts(route, dual_stack=dual_stack)
        if apart is None:
            return None
        found += [Part(place, part, of_part(part)) for part in apart]
    return found


def _reachable(parts: Sequence[Part], before: Callable[[Part, Part], bool]) -> list[Part]:
    """Without the parts that one before them hides."""
    return [
        part for part in parts if not any(before(other, part) and is_taken(part.met, [other.met]) for other in parts)
    ]


def _needed(parts: Sequence[Part], before: Callable[[Part, Part], bool]) -> list[Part]:
    """Without the parts that could be missing: one behind them takes all that they take, and does the same."""
    kept = list(parts)
    for part in reversed(parts):
        others = [other for other in kept if other is not part]
        if any(_stands_in(other, part, others, before) for other in others):
            kept = others
    return kept


def _stands_in(later: Part, part: Part, others: Sequence[Part], before: Callable[[Part, Part], bool]) -> bool:
    """Whether *later* gets every request that *part* would, as nothing that does something else comes between."""
    if not (same_deed(later.route, part.route) and before(part, later) and is_taken(part.met, [later.met])):
        return False
    between = (other for other in others if not before(other, part) and not before(later, other))
    return all(
        same_deed(other.route, part.route) or disjoint(other.route.conditions, part.route.conditions)
        for other in between
    )


def _swapped(
    given: Sequence[Part], places: Mapping[tuple[object, ...], Part], sure: Callable[[Part, Part], bool]
) -> Iterator[tuple[Part, Part]]:
    """The pairs of *given* that can tell, and whose order is not kept for sure at *places*."""
    for number, one in enumerate(given):
        for other in given[number + 1 :]:
            if one.key not in places or other.key not in places or sure(places[one.key], places[other.key]):
                continue
            if not same_deed(one.route, other.route) and not disjoint(one.route.conditions, other.route.conditions):
                yield one, other


def same_deed(one: Route, other: Route) -> bool:
    return one.normal[1:] == other.normal[1:]


def meeting(one: Route, other: Route) -> Request | None:
    """A request that meets both; None where none was found, which does not prove that there is none."""
    for conditions in ((*one.conditions, *other.conditions), (*other.conditions, *one.conditions)):
        for request in probes([replace(one, conditions=conditions)]):
            if all(matches(condition, request) for condition in conditions):
                return request
    return None


def disjoint(one: Sequence[Condition], other: Sequence[Condition]) -> bool:
    """Whether surely no request meets all of both: each has one host, path, method and address.

    Headers and parameters may come several times, so they never tell two rules apart. Nor do regular expressions.
    """
    return any(a.field == b.field and _apart(a, b) for a in one for b in other)


def _apart(one: Condition, other: Condition) -> bool:
    if one.regex or other.regex:
        return False
    pairs = [(a, b) for a in one.values for b in other.values]
    match one.field:
        case "host-header":
            return not any(globs_meet(a.casefold(), b.casefold()) for a, b in pairs)
        case "path-pattern":
            return not any(globs_meet(a, b) for a, b in pairs)
        case "http-request-method":
            return not any(a == b for a, b in pairs)
        case "source-ip":
            return not any(_networks_meet(a, b) for a, b in pairs)
    return False


def _networks_meet(one: str, other: str) -> bool:
    first, second = network(one), network(other)
    return first is None or second is None or first.version != second.version or first.overlaps(second)


@lru_cache(maxsize=65536)
def globs_meet(one: str, other: str) -> bool:
    """Whether some text is matched by both globs, in which `*` is any run and `?` one character."""
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        at = waiting.pop()
        if at == (len(one), len(other)):
            return True
        if at not in seen:
            seen.add(at)
            waiting += _steps(one, other, *at)
    return False


def _steps(one: str, other: str, i: int, j: int) -> list[tuple[int, int]]:
    """Where both globs may be after one more character, or after a star that stands for nothing more."""
    a, b = one[i : i + 1], other[j : j + 1]
    found = [(i + 1, j)] if a == "*" else []
    found += [(i, j + 1)] if b == "*" else []
    if not a or not b:
        return found
    if a == b or "?" in (a, b) or "*" in (a, b):
        found.append((i if a == "*" else i + 1, j if b == "*" else j + 1))
    return found
