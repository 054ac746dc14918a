"""A small plan, a clock that stands still until it is moved, and events by strategy, for tests of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.plan import FORMAT, Approval, Move, Plan, Request, Step, Thing, Wait

if TYPE_CHECKING:
    from pathlib import Path

RUN = "01KAZ2V8QCD7A3YB4T5E6F7G8H"
RULE = Thing("elbv2.rule", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1/2/3")


@dataclass
class StillClock:
    """Every reading is a second after the one before."""

    time: float = 1_795_687_200.0

    def now(self) -> float:
        self.time += 1
        return self.time

    def monotonic(self) -> float:
        return self.now() - 1_795_000_000

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def shift(before: int, wanted: int) -> Move:
    """The rule's share of EKS from one per cent to another."""
    images = [{"ecs": 100 - share, "eks": share} for share in (before, wanted)]
    request = Request("elbv2.ModifyRule", {"RuleArn": RULE.id, "Weights": images[1]})
    return Move(RULE, images[0], images[1], request, f"aws elbv2 modify-rule --rule-arn {RULE.id}")


def step(ident: str, before: int, wanted: int) -> Step:
    return Step(
        id=ident,
        kind="elb.weights",
        phase="P6",
        title=f"Send {wanted} % of the requests to EKS",
        success=f"the rule has the weights {100 - wanted}/{wanted}",
        rollback="set the weights back",
        owner="team-shop",
        minutes=15,
        moves=(shift(before, wanted),),
        back=(shift(wanted, 0),),
        checks=("T01", "T02"),
        share=wanted,
        wait=Wait(900, 300, 3600),
    )


def plan(unit: str = "shop-web", **fields: Any) -> Plan:
    known: dict[str, Any] = {
        "format": FORMAT,
        "version": "0.1.0",
        "unit": unit,
        "purpose": "move",
        "designs": {"shop/web": ["A"]},
        "account": "111122223333",
        "partition": "aws",
        "region": "eu-west-1",
        "eks_cluster": "shop",
        "taken": "2026-11-26T08:00:00Z",
        "expires": "2026-11-27T08:00:00Z",
        "inputs": {"snapshot": "0" * 64},
        "steps": (step("p6-1", 0, 1), step("p6-5", 1, 5)),
        "approvals": (Approval("P6"), Approval("P8", another=True)),
        "traffic": (RULE.id,),
    }
    return Plan(**(known | fields))


def begun(folder: Path, **options: Any) -> Journal:
    """A journal with its first line."""
    known: dict[str, Any] = {"mode": "guided", "who": "arn:aws:iam::111122223333:user/ann"}
    return Journal.create(folder, plan(), RUN, StillClock(), **(known | options))
