"""Tables about the estate: routing, reachability, stopping, schedules, the cluster, fit and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.lbc import VERSION
from ecs2k8s.core.listing import listed
from ecs2k8s.core.traffic import shown
from ecs2k8s.report.cost import SIDES, money
from ecs2k8s.report.page_model import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecs2k8s.assess.cost import Costs
    from ecs2k8s.assess.reachability import Reachability
    from ecs2k8s.assess.routing import Proof
    from ecs2k8s.assess.schedules import ScheduleProof
    from ecs2k8s.assess.translation import Translation

MOST_ROWS, MOST_NAMES = 100, 3
Named = tuple[str, Table]  # heading and table


def tables(translation: Translation) -> Iterator[Named]:
    """Those that have rows."""
    yield from _routing(translation.proofs)
    if translation.reach and translation.reach.rows:
        yield "Who reaches whom", _reach(translation.reach)
    if translation.schedules:
        yield "Schedules", _schedules(translation.schedules)
    if translation.checks:
        checks = tuple((check.name, str(check.outcome), check.said) for check in translation.checks)
        yield "The EKS cluster", Table("What was found of the cluster", ("Check", "Outcome", "Found"), checks)
    if translation.fit:
        fits = tuple((f"{each.question}: {each.subject}", str(each.outcome), each.numbers) for each in translation.fit)
        yield "Does it fit", Table("Both fleets side by side, at their peak", ("Question", "Verdict", "Numbers"), fits)
    if translation.costs:
        yield "What it costs", _costs(translation.costs)


def _routing(proofs: Iterable[Proof]) -> Iterator[Named]:
    for proof in proofs:
        name = proof.routing.balancer.name
        if proof.holds:
            said = f"{name}: AWS Load Balancer Controller {VERSION} would build the same rules in the same order"
        else:
            said = f"{name}: no Ingress was made. {proof.difference or 'See the errors.'}"
        rows = [(str(row.request), row.listener, row.source, row.words) for row in proof.rows]
        head = ("Request", "Listener", "Today", "After")
        yield f"Routing of {name}", _cut(said, head, rows, "`ecs2k8s diff routing` has all")


def _reach(found: Reachability) -> Table:
    rows = sorted(found.rows, key=lambda row: (row.verdict == "same", "lost" not in row.verdict))
    cells = [
        (
            listed(row.sources, MOST_NAMES),
            listed(row.targets, MOST_NAMES),
            shown(row.before),
            shown(row.after),
            row.verdict,
        )
        for row in rows
    ]
    said = "What security groups let through before, and what policies and groups of pods let through after"
    return _cut(said, ("From", "To", "Before", "After", "Verdict"), cells, "report.md has more")


def _schedules(proofs: Iterable[ScheduleProof]) -> Table:
    rows = [
        (
            proof.workload.folder,
            proof.expression,
            f"{proof.cron} {proof.zone}",
            "yes" if proof.holds else f"no: {proof.difference} differs",
        )
        for proof in proofs
    ]
    said = "The runs of both sides were computed apart and compared"
    return _cut(said, ("CronJob", "In AWS", "In Kubernetes", "Proved"), rows, "report.md has all")


def _costs(found: Costs) -> Table:
    rows = [
        (
            f"{line.side}: {line.subject}",
            line.priced_as,
            f"{line.quantity.normalize():f}",
            "not known" if line.month is None else money(line.month),
        )
        for side in SIDES
        for line in found.of(side)
    ]
    sums = [(f"{side}: sum of what has a price", "", "", money(found.month(side))) for side in SIDES]
    head = ("Of", "Priced as", "Units", f"{found.currency} per month")
    table = _cut("What is assumed stands in report.md", head, rows, "cost.json has all")
    return Table(table.caption, table.head, (*table.rows, *sums), table.more)


def _cut(caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], where: str) -> Table:
    """The first rows; what is left out is said."""
    left = len(rows) - MOST_ROWS
    return Table(caption, head, tuple(rows[:MOST_ROWS]), f"And {left} more: {where}." if left > 0 else "")
