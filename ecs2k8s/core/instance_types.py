"""EC2 instance types: which there are, and which of them a pattern names."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ecs2k8s.core.mappings import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What Java's and Python's regular expressions read alike. A group has no quantifier, so quantifiers cannot be nested.
CLASS = r"\[\^?(?:[A-Za-z0-9.](?:-[A-Za-z0-9])?)+-?\]"
ATOM = rf"(?:[A-Za-z0-9_.-]|\\[.-]|{CLASS})"
BRANCH = re.compile(rf"(?:{ATOM}[*+?]?|\((?:\?:)?{ATOM}*(?:\|{ATOM}*)*\))+")
CHOICE = re.compile(r"[*+(]|(?<!\()\?")
LONGEST = 200  # characters of a pattern
MOST_CHOICES = 3  # quantifiers and groups of one branch; each multiplies what a mismatch costs
TOO_GENERAL = "only simple patterns are looked up: at most three of * + ? ( in a branch, none within a group"


class PatternError(ValueError):
    """The pattern is none that can be looked up; says why."""


@cache
def families() -> Mapping[str, tuple[str, ...]]:
    """Family to its instance types, as EC2's API model lists them."""
    given: dict[str, str] = load_yaml("instance-types.yaml")
    return {family: tuple(f"{family}.{size}" for size in sizes.split()) for family, sizes in given.items()}


def matching(pattern: str) -> list[str]:
    """All instance types that *pattern* matches as a whole, as Java's `String.matches` does, sorted.

    Raises `PatternError` where the pattern may be costly, or may mean something else in Java.
    """
    wanted = _compiled(pattern)
    return sorted(name for names in families().values() for name in names if wanted.fullmatch(name))


def whole_families(names: Iterable[str]) -> list[str]:
    """The families that *names* consist of, sorted; none where a type of one of them is missing."""
    given = set(names)
    touched = sorted({name.partition(".")[0] for name in given})
    return touched if all(given.issuperset(families()[family]) for family in touched) else []


def _compiled(pattern: str) -> re.Pattern[str]:
    if len(pattern) > LONGEST:
        raise PatternError(f"the pattern is longer than {LONGEST} characters")
    for branch in _branches(pattern.removeprefix("^").removesuffix("$")):
        if len(CHOICE.findall(branch)) > MOST_CHOICES:
            raise PatternError(TOO_GENERAL)
    try:
        return re.compile(pattern)
    except re.error as error:
        raise PatternError(f"the pattern is not legal: {error}") from error


def _branches(pattern: str) -> list[str]:
    """The alternatives that are not within a group."""
    found = []
    position = 0
    while True:
        branch = BRANCH.match(pattern, position)
        if not branch:
            raise PatternError(TOO_GENERAL)
        found.append(branch[0])
        position = branch.end() + 1
        if branch.end() == len(pattern):
            return found
        if pattern[branch.end()] != "|":
            raise PatternError(TOO_GENERAL)
