"""One check for one step of a plan, on the world as it is now; the results of the export stand beside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.checks import checks
from ecs2k8s.cutover.checks import CHECKS
from ecs2k8s.cutover.checks.probing import PROBED, unprobed
from ecs2k8s.cutover.checks.proofs import WORST
from ecs2k8s.cutover.checks.scene import LacksError
from ecs2k8s.cutover.checks.traffic import REQUESTS, minutes
from ecs2k8s.cutover.journal.events import Verdict
from ecs2k8s.cutover.locks.info import stamp
from ecs2k8s.cutover.run.shares import weights
from ecs2k8s.cutover.verdicts import Result, Source
from ecs2k8s.cutover.world import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.checks.probing import Prober
    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step

UNDER_TRAFFIC = "T"
PROPAGATION = 60.0  # seconds until every node of a load balancer has new weights (run.context.Pace.hold)
ODD = (KeyError, IndexError, TypeError, AttributeError, ValueError)
LINES = 20  # of several subjects that are kept in one result


@dataclass(frozen=True, slots=True)
class Judges:
    """What a run asks: `judge` and `count` are its `context.Judge` and `context.Count`.

    `export`: what the static checks said of the unit. Requests count from the moment on at which the weights that are
    live were seen first and every node has them; whoever resumes a run begins anew. `fixed` is that moment outside of
    a run.
    """

    scene: Scene
    export: tuple[Result, ...] = ()
    fixed: float | None = None
    prober: Prober | None = None
    seen: dict[str, float] = field(default_factory=dict)  # the weights that are live, and since when; one at most

    def judge(self, ident: str, step: Step) -> Result:
        """Never raises for what cannot be read."""
        found = [result for result in self.export if result.id == ident]
        if ident in CHECKS or ident in PROBED:
            found.append(self._asked(ident, step))
        if not found:
            return Result(ident, self.scene.plan.unit, "inconclusive", _by_hand(ident))
        return found[0] if len(found) == 1 else joined(ident, self.scene.plan.unit, found)

    def _asked(self, ident: str, step: Step) -> Result:
        """With what was read for it."""
        heard: list[str] = []
        found = self._judged(ident, step, heard)
        when = stamp(self.scene.clock.now())
        read = tuple(Source(what, when) for what in list(dict.fromkeys(heard))[:LINES])
        return found if found.sources else msgspec.structs.replace(found, sources=read)

    def _judged(self, ident: str, step: Step, heard: list[str]) -> Result:
        try:
            if ident in PROBED:
                return self._probed(ident, step)
            since = self.since() if ident.startswith(UNDER_TRAFFIC) else self.scene.since
            return CHECKS[ident](replace(self.scene, since=since, heard=heard), step)
        except LacksError as error:
            return Result(ident, self.scene.plan.unit, "inconclusive", f"lacks {error}", missing=str(error))
        except UnreadableError as error:
            return Result(ident, self.scene.plan.unit, "error", str(error))
        except ODD as error:
            said = f"an answer is of another form than that of AWS or of Kubernetes ({type(error).__name__})"
            return Result(ident, self.scene.plan.unit, "error", said)

    def _probed(self, ident: str, step: Step) -> Result:
        if self.prober is not None:
            return self.prober.judge(ident, self.scene, step)
        events = (line.event for line in self.scene.lines())
        said = (each.check for each in events if isinstance(each, Verdict) and each.check.id == ident)
        return unprobed(ident, self.scene.plan.unit, before=any(each.n for each in said))

    def since(self) -> float:
        """Raises what reading raises."""
        if self.fixed is not None:
            return self.fixed
        live = repr([sorted(weights(self.scene.read(pair.place)).items()) for pair in self.scene.pairs])
        if live not in self.seen:
            self.seen.clear()
            self.seen[live] = self.scene.clock.now() + PROPAGATION
        return self.seen[live]

    def count(self, step: Step, since: float, until: float) -> int | None:
        """Requests that EKS answered; None where nobody counted."""
        del step, until
        try:
            found = [minutes(self.scene, pair, pair.eks, REQUESTS, since) for pair in self.scene.pairs]
        except UnreadableError:
            return None
        return round(sum(sum(each.values()) for each in found)) if found else None


def _by_hand(ident: str) -> str:
    check = checks().get(ident)
    if check is None:
        return "no check is called so"
    if check.origin == "findings":
        return "the export said nothing of it: ecs2k8s verify"
    return f"not built, do it by hand: {check.remedy}"


def joined(ident: str, unit: str, results: Iterable[Result]) -> Result:
    """Of several subjects the worst, with what each said."""
    found = sorted(results, key=lambda result: (WORST.index(result.verdict), result.subject))
    lines = [f"{each.subject}: {each.verdict}: {each.text or each.missing}" for each in found if each.blocks]
    lacks = "; ".join(dict.fromkeys(each.missing for each in found if each.missing))
    first = found[0]
    text = f"{first.subject}: {first.text or first.missing}" if first.blocks else ""
    sources = tuple(dict.fromkeys(source for each in found for source in each.sources))
    return Result(ident, unit, first.verdict, text, missing=lacks, sources=sources, lines=tuple(lines[:LINES]))
