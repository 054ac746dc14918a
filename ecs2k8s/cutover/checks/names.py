"""T16: the records of the names that a plan shares out between two load balancers (design B).

What Route 53's API has is what its servers answer within a minute. How resolvers follow is nobody's to read: the
requests of the old load balancer show it (T17).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.checks.scene import LacksError, Said, told
from ecs2k8s.cutover.plan import Thing
from ecs2k8s.cutover.verdicts import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.checks.scene import Scene
    from ecs2k8s.cutover.plan import Step

KIND, NAME = "route53.record-sets", re.compile(r"[A-Z0-9]+/.+\.")  # as the plan holds them: ZONE/name.
EKS = "eks"  # what the plan's records are called (planning.dns)
WHOLE, LEAST = 100, 1 / 255  # per cent; the smallest step of a weight


def converged(scene: Scene, step: Step) -> Result:
    names = [each for each in scene.plan.traffic if NAME.fullmatch(each)]
    if not names:
        return Result("T16", scene.plan.unit, "not_applicable", "the plan changes no name")
    if step.share is None:
        raise LacksError("a step that says which share of the answers leads to EKS")
    wanted = step.share / WHOLE
    parts = [said for name in names for said in _name(scene, name, wanted)]
    return told("T16", scene.plan.unit, parts, threshold=wanted)


def _name(scene: Scene, name: str, wanted: float) -> Iterator[Said]:
    shown = name.partition("/")[2]
    records: list[dict[str, Any]] = scene.read(Thing(KIND, name)) or []
    weighted = [each for each in records if "Weight" in each]
    if not weighted:
        yield Said("fail", f"{shown}: has no weighted record")
    for kind in sorted({each["Type"] for each in weighted}):
        its = {each["SetIdentifier"]: int(each["Weight"]) for each in weighted if each["Type"] == kind}
        share = its.get(EKS, 0) / (sum(its.values()) or 1)
        said = f"{shown} {kind}: {share:.1%} of the answers lead to EKS, planned {wanted:.1%}"
        yield Said("pass" if abs(share - wanted) <= LEAST else "fail", said)
