"""L09, L12 and T15 within a run: judged by requests that the run sends itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

from ecs2k8s.cutover.checks.reaching import reach
from ecs2k8s.cutover.probes.client import ask
from ecs2k8s.cutover.probes.counting import compared
from ecs2k8s.cutover.probes.running import Drawn, Pace, StoppedError, calls
from ecs2k8s.cutover.probes.transactions import UNDECLARED, transacted
from ecs2k8s.cutover.probes.verdict import ENOUGH, parity, speed
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step
    from ecs2k8s.cutover.probes.cases import Case, Probes, Rule, Side
    from ecs2k8s.cutover.probes.client import Answer
    from ecs2k8s.cutover.probes.running import Send

PROBED = ("L09", "L12", "T15")
TIMEOUT = 10.0  # seconds for one answer: a run that waits for it hears nobody
ROUNDS, RATE = 5, 10


@dataclass(slots=True)
class Prober:
    """`goes_on`: whether nobody else needs the run. `made`: by step and check, of calls that decide both checks."""

    probes: Probes
    rules: tuple[Rule, ...] = ()
    goes_on: Callable[[], bool] = lambda: True
    send: Send = ask
    made: dict[tuple[str, str], Result] = field(default_factory=dict)

    def judge(self, ident: str, scene: Scene, step: Step) -> Result:
        """Raises `UnreadableError` of what leads to EKS."""
        try:
            if ident == "T15":
                to_eks = reach(scene, self.probes) if self.probes.transactions else lambda _: self.probes.eks
                pace = Pace(timeout=TIMEOUT, goes_on=self.goes_on)
                return transacted(self.probes, to_eks, scene.plan.unit, pace, self.send)
            if (step.id, ident) not in self.made:
                self.made = {(step.id, result.id): result for result in self._sent(scene)}
        except StoppedError:
            return Result(ident, scene.plan.unit, "inconclusive", "was interrupted", missing="the time to send them")
        return self.made.pop((step.id, ident))

    def _sent(self, scene: Scene) -> list[Result]:
        """The same calls decide both: they are interleaved already."""
        cases, unit = self.probes.to_compare, scene.plan.unit
        if not cases:
            lacks = "a case that is part of no transaction"
            return [Result(ident, unit, "inconclusive", f"lacks {lacks}", missing=lacks) for ident in ("L09", "L12")]
        to_eks = reach(scene, self.probes)
        sides = {id(case): to_eks(case) for case in cases}
        rounds = max(round(scene.threshold("probe-rounds", ROUNDS)), -(-ENOUGH // len(cases)))
        pace = Pace(rounds, scene.threshold("probe-rate", RATE), timeout=TIMEOUT, goes_on=self.goes_on)

        eks = structs.replace(self.probes.eks)  # an object of its own, whatever the other side is
        probes = structs.replace(self.probes, eks=eks)

        def send(its: Probes, side: Side, case: Case, timeout: float) -> Answer:
            return self.send(its, sides[id(case)] if side is eks else side, case, timeout)

        drawn = Drawn(secrets.randbelow(2**32), secrets.token_bytes(32))
        made = calls(probes, pace, scene.clock, drawn, send)
        when = datetime.fromtimestamp(int(scene.clock.now()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [parity(compared(made, self.rules), unit, when), speed(made, unit, when)]


def unprobed(ident: str, unit: str, *, before: bool) -> Result:
    """Without cases. *before*: in this run there were some."""
    if before:
        lacks = "--probes, with which the run was begun"
        return Result(ident, unit, "inconclusive", f"lacks {lacks}", missing=lacks)
    if ident == "T15":
        return Result(ident, unit, "not_applicable", UNDECLARED)
    return Result(ident, unit, "inconclusive", "nothing was sent: give requests with --probes", missing="--probes")
