"""What one node of the load balancer knows: what was written, some time later, and each thing at its own time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random


@dataclass(frozen=True, slots=True)
class Delays:
    """The longest time, in model seconds, until a node has heard of a change; each change takes a part of it.

    A rule may take a minute (argo-rollouts waits as long), the end of a target is known within ten seconds
    (`tests/stopping.py`, which stands on the same figure).
    """

    rules: float = 60.0
    targets: float = 10.0


@dataclass
class Known:
    """Things by key as a node knows them. A later change never waits longer than an earlier one that is still due."""

    random: Random
    values: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    due: dict[str, list[tuple[float, Any]]] = field(default_factory=dict)

    def told(self, things: Mapping[str, Any], now: float, longest: float) -> None:
        """What is written now. What a node sees first, it knows at once."""
        for key, value in things.items():
            if key not in self.last:
                self.values[key] = value
            elif value != self.last[key]:
                self.due.setdefault(key, []).append((now + self.random.uniform(0, longest), value))
            self.last[key] = value
        for key in self.last.keys() - things.keys():
            for kept in (self.values, self.last, self.due):
                kept.pop(key, None)

    def learn(self, now: float) -> set[str]:
        """Let what is due become known; gives the keys that changed."""
        changed = set()
        for key, waiting in list(self.due.items()):
            done = [place for place, (at, _) in enumerate(waiting) if at <= now]
            if done:
                self.values[key] = waiting[done[-1]][1]
                self.due[key] = waiting[done[-1] + 1 :]
                changed.add(key)
        return changed
