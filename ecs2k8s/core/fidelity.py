"""The four verdicts that a field can get."""

from __future__ import annotations

from enum import Enum


class Fidelity(Enum):
    EXACT = "exact"  # the same observable behaviour
    APPROXIMATED = "approximated"  # something is emitted, and a finding says what differs
    MANUAL = "manual"  # nothing safe can be emitted; the finding says what a person has to do
    NOT_APPLICABLE = "not-applicable"  # asks for nothing on EKS

    @property
    def rank(self) -> int:
        """0 for the best; a note can only raise it."""
        return RANKS[self]


RANKS = {fidelity: rank for rank, fidelity in enumerate(Fidelity)}
