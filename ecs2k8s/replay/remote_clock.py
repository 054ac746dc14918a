"""The clock of an account in another process: what sleeps there, sleeps by it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.request import urlopen

from ecs2k8s.replay.server import CLOCK


@dataclass(frozen=True, slots=True)
class RemoteClock:
    """`cutover.world.Clock` of the account that `server.listening` serves at *url*, which is of this machine."""

    url: str

    def now(self) -> float:
        return self._asked(0)

    def monotonic(self) -> float:
        return self._asked(0)

    def sleep(self, seconds: float) -> None:
        self._asked(seconds)

    def _asked(self, seconds: float) -> float:
        with urlopen(f"{self.url}{CLOCK}?sleep={seconds}") as answer:  # noqa: S310 (a URL that `listening` gave)
            return float(answer.read())
