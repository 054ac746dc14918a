"""What there is to say of nodes once all manifests are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.fargate import fargate_findings
from ecs2k8s.core.findings import Finding
from ecs2k8s.core.manifests import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

BUILT_IN = "default"  # the NodeClass that a cluster in Auto Mode has
SIDES = ("ECS", "EKS")
CHOICES = ("target.yaml", "compute")  # subject and path of what follows from the user's choice alone


def capacity_findings(translation: Translation, target: Target) -> Iterator[Finding]:
    """Node pools whose node class is nowhere, and what does not fit. Call it when the checks are on it."""
    yield from _classes(translation, target)
    yield from (check.finding for check in translation.checks if check.finding)
    if target.compute == "fargate":
        yield from fargate_findings(translation)
    for each in translation.fit:
        if each.outcome == "does not fit":
            args = {"question": each.question, "of": each.subject, "numbers": each.numbers}
            yield Finding.of("fit-check-failed", *CHOICES, **args)
        elif each.outcome == "not known":
            yield Finding.of("fit-not-known", *CHOICES, question=each.question, of=each.subject, numbers=each.numbers)
    yield from _prices(translation)


def _prices(translation: Translation) -> Iterator[Finding]:
    found = translation.costs
    for side in SIDES if found else ():
        for what in found.missing(side) if found else ():
            yield Finding.of("price-missing", *CHOICES, what=what, side=side)


def _classes(translation: Translation, target: Target) -> Iterator[Finding]:
    made = {ObjectRef.of(manifest) for manifest in translation.bundle.manifests}
    wanted = {
        ObjectRef(f"{ref['group']}/v1", ref["kind"], "", ref["name"])
        for manifest in translation.bundle.manifests
        if manifest["kind"] == "NodePool"
        for ref in [manifest["spec"]["template"]["spec"]["nodeClassRef"]]
    }
    read = bool(translation.inventory.networks.cluster)
    why = "its node groups do not say one role, or its security group is missing" if read else "no EKS cluster was read"
    for ref in sorted(wanted - made):
        if (target.compute, ref.name) != ("auto-mode", BUILT_IN):
            yield Finding.of("node-class-unknown", *CHOICES, kind=ref.kind, name=ref.name, why=why)
