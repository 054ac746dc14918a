"""An answer of the checks before a move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["fits", "does not fit", "not known"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question with its answer and the numbers behind it."""

    question: str
    subject: str
    outcome: Outcome
    numbers: str
