"""The fields of AWS's cron expressions, one by one, and how Kubernetes writes the same values.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

from dataclasses import dataclass

from ecs2k8s.core.kubernetes_cron import DAYS, MONTHS

LONGEST = 4  # digits


class UnreadableError(ValueError):
    """An expression that AWS's grammar does not have."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a field may hold. `shift` takes AWS's number to that of Kubernetes."""

    least: int
    most: int
    names: tuple[str, ...] = ()
    shift: int = 0
    listed: bool = False  # steps are written as lists


MINUTES, HOURS, DAYS_OF_MONTH = Bounds(0, 59), Bounds(0, 23), Bounds(1, 31)
MONTHS_OF_YEAR, YEARS = Bounds(1, 12, MONTHS), Bounds(1970, 2199)
DAYS_OF_WEEK = Bounds(1, 7, DAYS, shift=-1, listed=True)


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a list: from *first* to *last* in steps; `last` before `first` goes over the end."""

    first: int
    last: int
    step: int
    bounds: Bounds

    @property
    def wraps(self) -> bool:
        return self.last < self.first

    @property
    def values(self) -> list[int]:
        least, most = self.bounds.least, self.bounds.most
        way = [*range(self.first, most + 1), *range(least, self.last + 1)] if self.wraps else None
        return way[:: self.step] if way else list(range(self.first, self.last + 1, self.step))

    @property
    def text(self) -> str:
        """As Kubernetes writes it; only for one that does not go over the end."""
        bounds = self.bounds
        whole = (self.first, self.last) == (bounds.least, bounds.most)
        if whole:
            return "*" if self.step == 1 else f"*/{self.step}"
        if self.first == self.last:
            return str(self.first + bounds.shift)
        span = f"{self.first + bounds.shift}-{self.last + bounds.shift}"
        return span if self.step == 1 else f"{span}/{self.step}"


def items(text: str, bounds: Bounds) -> list[Item]:
    """The members of a field. Raises `UnreadableError`."""
    return [_item(part, bounds) for part in text.split(",")]


def values(text: str, bounds: Bounds) -> set[int]:
    """All values of a field, as AWS numbers them. Raises `UnreadableError`."""
    return {value for item in items(text, bounds) for value in item.values}


def written(text: str, bounds: Bounds) -> str:
    """The field as Kubernetes writes it. Raises `UnreadableError`."""
    found = items(text, bounds)
    if any(item.wraps or (bounds.listed and item.step > 1) for item in found):
        numbers = sorted({value + bounds.shift for item in found for value in item.values})
        return ",".join(map(str, numbers))
    texts = list(dict.fromkeys(item.text for item in found))
    return "*" if "*" in texts else ",".join(texts)


def value(text: str, bounds: Bounds) -> int:
    """A number or a name as AWS's number. Raises `UnreadableError`."""
    if text.upper() in bounds.names:
        return bounds.names.index(text.upper()) + bounds.least
    number = int(text) if _is_number(text) else -1
    if not bounds.least <= number <= bounds.most:
        raise UnreadableError(f"{text or 'nothing'} is not between {bounds.least} and {bounds.most}")
    return number


def _item(text: str, bounds: Bounds) -> Item:
    body, slash, by = text.partition("/")
    step = _step(by) if slash else 1
    if body == "*":
        return Item(bounds.least, bounds.most, step, bounds)
    first, dash, last = body.partition("-")
    start = value(first, bounds)
    end = value(last, bounds) if dash else bounds.most if slash else start
    return Item(start, end, step, bounds)


def _step(text: str) -> int:
    if not _is_number(text) or not int(text):
        raise UnreadableError(f"{text or 'nothing'} is no step")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST
