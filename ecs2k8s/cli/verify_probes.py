"""The probes of `ecs2k8s verify`: sent from here to both sides, as a file of cases says."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover.probes.cases import read_probes, read_rules
from ecs2k8s.cutover.probes.counting import compared, proposed
from ecs2k8s.cutover.probes.running import Drawn, Pace, calls
from ecs2k8s.cutover.probes.transactions import transacted
from ecs2k8s.cutover.probes.verdict import parity, speed
from ecs2k8s.render import directory

if TYPE_CHECKING:
    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cutover.probes.cases import Probes, Rule
    from ecs2k8s.cutover.verdicts import Result


@dataclass(frozen=True, slots=True)
class Probing:
    """Files: the cases, reviewed rules, and where rules are proposed. Without a seed one is drawn, and said."""

    cases: str | None = None
    rules: str | None = None
    learn: str | None = None
    pace: Pace = field(default_factory=Pace)
    seed: int | None = None


NO_PROBES = Probing()


class SystemClock:
    """The clock of this machine."""

    @staticmethod
    def now() -> float:
        return time.time()

    @staticmethod
    def monotonic() -> float:
        return time.monotonic()

    @staticmethod
    def sleep(seconds: float) -> None:
        time.sleep(seconds)


def read(probing: Probing, now: float) -> tuple[Probes, tuple[Rule, ...]] | None:
    """The cases and the rules that hold now; None without cases. Raises `UsageError` of the files."""
    if probing.cases is None:
        if probing.rules or probing.learn:
            raise UsageError("--probe-rules and --learn are for probes: name their cases with --probes")
        return None
    return read_probes(Path(probing.cases), os.environ), (read_rules(Path(probing.rules), now) if probing.rules else ())


def probed(probing: Probing, subject: str, talk: Talk) -> list[Result]:
    """L09, L12 and T15; nothing without cases. Raises `UsageError` of the files."""
    now = time.time()
    found = read(probing, now)
    if found is None:
        return []
    probes, rules = found
    if not probes.leads_to_eks:
        raise UsageError(f"{probing.cases}: eks: says by no header and no other `connect` how EKS is reached")
    results = [transacted(probes, lambda _: probes.eks, subject, probing.pace)] if probes.transactions else []
    return results + (_compared(probing, probes, rules, subject, talk) if probes.to_compare else [])


def _compared(probing: Probing, probes: Probes, rules: tuple[Rule, ...], subject: str, talk: Talk) -> list[Result]:
    now = time.time()
    if probing.learn and Path(probing.learn).exists():
        raise UsageError(f"--learn {probing.learn}: is there already, and may hold what somebody reviewed")
    seed = secrets.randbelow(2**32) if probing.seed is None else probing.seed
    count = len(probes.to_compare) * probing.pace.rounds
    talk.stage(f"{count * 3} calls to {probes.base}, {probing.pace.rate:g} a second, seed {seed}")
    made = calls(probes, probing.pace, SystemClock, Drawn(seed, secrets.token_bytes(32)))
    found = compared(made, rules)
    if probing.learn:
        file = Path(probing.learn)
        directory.put(file.parent, file.name, proposed(found).encode())
        talk.stage(f"wrote {file}: {len(found.noisy)} differences of ECS with itself, for review")
    when = datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [parity(found, subject, when), speed(made, subject, when)]
