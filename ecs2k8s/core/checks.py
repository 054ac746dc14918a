"""The checks of a cutover: what each asks and what to do about it, from mappings/checks.yaml."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.mappings import rows

Severity = Literal["blocker", "warning", "info"]
Phase = Literal["P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11"]
Origin = Literal["findings", "world", "person"]
Weight = Literal["fails", "doubts", "shows"]
BY_SEVERITY: dict[str, Weight] = {"error": "fails", "warning": "doubts", "note": "shows"}
ORIGINS: dict[Origin, str] = {
    "findings": "shows what the export decided",
    "world": "reads AWS or the cluster",
    "person": "not coded: by hand",
}


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origin": "from"}):
    """A row of mappings/checks.yaml, where its keys are explained."""

    severity: Severity
    phases: tuple[Phase, ...]
    title: str
    rule: str
    data: str
    remedy: str
    see: str
    origin: Origin
    about: Literal["workload", "estate"] = "workload"
    applies: str = ""
    needs: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    proof: str = ""
    slugs: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    waivable: bool = True

    @property
    def deciding(self) -> tuple[str, ...]:
        """Every finding that it shows, each once: those that fail it first."""
        found = dict.fromkeys((*self.fails, *self.doubts, *self.slugs, *self.shows))
        order = ("fails", "doubts", "shows")
        return tuple(sorted(found, key=lambda slug: (order.index(self.weight(slug) or "shows"), slug)))

    def weight(self, slug: str) -> Weight | None:
        """What a finding does to the check; None where it is none of its own."""
        own: dict[Weight, tuple[str, ...]] = {"fails": self.fails, "doubts": self.doubts, "shows": self.shows}
        for weight, slugs in own.items():
            if slug in slugs:
                return weight
        return BY_SEVERITY[catalogue()[slug].severity] if slug in self.slugs else None

    def waits_for(self, call: str) -> bool:
        """Whether a read that failed, `iam.GetRole`, leaves it undecided."""
        return any(call == name or call.startswith(f"{name}.") for name in self.unread)


@cache
def checks() -> dict[str, Check]:
    """By id, in the order of the file."""
    return rows("checks.yaml", Check)
