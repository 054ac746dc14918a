"""The request tables of the routing proof, for report.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.lbc import VERSION
from ecs2k8s.report.escape_markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.routing import Proof

MOST_ROWS = 40  # of one load balancer; `ecs2k8s diff routing` has all


def routing_lines(proofs: Iterable[Proof]) -> list[str]:
    """A section with a table for each load balancer that was proved; nothing where no ALB is used."""
    found = list(proofs)
    if not found:
        return []
    lines = ["## Routing", ""]
    for proof in found:
        lines += _lines(proof)
    return lines


def _lines(proof: Proof) -> list[str]:
    name = plain(proof.routing.balancer.name)
    if not proof.holds:
        why = f" {plain(proof.difference)}" if proof.difference else " See the errors."
        return [f"**{name}**: no Ingress was made.{why}", ""]
    rows = [
        f"| {code(row.listener)} | {code(str(row.request))} | {plain(row.source)} | {plain(row.words)} |"
        for row in proof.rows[:MOST_ROWS]
    ]
    more = len(proof.rows) - MOST_ROWS
    said = f"**{name}**: AWS Load Balancer Controller {VERSION} would build the same rules in the same order."
    return [
        f"{said} A request for each of them:",
        "",
        "| Listener | Request | Today | From the Ingress |",
        "|---|---|---|---|",
        *rows,
        "",
        *([f"And {more} more: `ecs2k8s diff routing` has all.", ""] if more > 0 else []),
    ]
