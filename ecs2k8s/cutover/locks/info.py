"""What a lock says of whoever holds it."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import Self

import msgspec

from ecs2k8s import __version__
from ecs2k8s.core.escape import escape


class LockInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`who` is the ARN that STS tells, or user@host; `keys` are the traffic objects."""

    id: str
    run: str
    plan: str
    who: str
    host: str
    pid: int
    when: float
    operation: str
    version: str
    keys: tuple[str, ...]

    @classmethod
    def here(  # noqa: PLR0913 (each is a word of what the lock says)
        cls, *, ident: str, run: str, who: str, when: float, operation: str, keys: tuple[str, ...] = (), plan: str = ""
    ) -> Self:
        """Of this process."""
        return cls(
            id=ident,
            run=run,
            plan=plan,
            who=who,
            host=socket.gethostname(),
            pid=os.getpid(),
            when=when,
            operation=operation,
            version=__version__,
            keys=keys,
        )

    def plain(self) -> dict[str, str]:
        """For the annotations of a Lease."""
        return {"plan": self.plan, "who": self.who, "host": self.host, "since": stamp(self.when)} | {
            "operation": self.operation,
            "version": self.version,
        }

    def told(self, now: float) -> str:
        """One line for people."""
        age = max(0, round(now - self.when))
        return escape(
            f"{self.who} on {self.host} (process {self.pid}) since {stamp(self.when)}, {age} s ago: {self.operation}, "
            f"run {self.run}, lock {self.id}"
        )


def stamp(seconds: float) -> str:
    """RFC 3339, to the second; words for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "no time of a calendar"
