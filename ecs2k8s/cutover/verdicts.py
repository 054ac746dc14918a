"""What a check says. No data is `inconclusive`, never `pass`."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Verdict = Literal["pass", "fail", "inconclusive", "error", "waived", "not_applicable"]
BLOCKING = frozenset({"fail", "inconclusive", "error"})


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was read, and when (RFC 3339)."""

    what: str
    when: str = ""


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check on one subject. `id` is a row of mappings/checks.yaml, which has title, severity, rule and remedy.

    `value` and `threshold` are what was compared; `n` is the size of the sample; `missing` says what is needed for a
    verdict ("1,840 more requests"); `lines` are the findings or samples it rests on, without any value of a secret.
    """

    id: str
    subject: str
    verdict: Verdict
    text: str = ""
    value: Any = None
    threshold: Any = None
    n: int | None = None
    missing: str = ""
    sources: tuple[Source, ...] = ()
    lines: tuple[str, ...] = ()
    evidence: str = ""  # a path below the run's folder
    grave: bool = False  # a failure for which pausing is not enough

    @property
    def blocks(self) -> bool:
        return self.verdict in BLOCKING
