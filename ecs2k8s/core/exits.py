"""With which code a command ends: one table, for all of them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a run came to. Where several hold, the first of 7, 6, 4, 3, 5, 2 wins."""

    CLEAN = 0
    ERROR = 1  # tool or usage error, nothing decided
    DIFFERENCES = 2
    FAILED = 3  # a check failed; a finding of severity error under --strict
    CONFLICT = 4
    PARTIAL = 5  # output is written, but something could not be read; a cutover waits for a person
    ROLLED_BACK = 6  # safe: the run did its job
    NOT_ROLLED_BACK = 7  # a person is needed now
