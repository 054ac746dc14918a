"""Whether a workload may move: one rule, asked by every view.

- *no-go*: ECS would refuse it, or an error is found on it or on something that it alone cannot do without (its target
  groups, its load balancer, its roles).
- *go with work*: no error, but a warning on its own documents or objects: a person must act before or during the move.
- *go*: nothing but notes.

Warnings about what several workloads share (a load balancer, a security group) are work of the estate: they are counted
once, there, and hold no single workload back.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.manifests import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.resolve.balancers import Balancers
    from ecs2k8s.resolve.workload import Workload

Word = Literal["no-go", "go with work", "go"]
WORDS: tuple[Word, ...] = ("no-go", "go with work", "go")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of one workload: `findings` are its own, `blockers` the errors that make it a no-go."""

    workload: Workload
    word: Word
    findings: tuple[Finding, ...]
    blockers: tuple[Finding, ...]
    refused: bool = False


def decisions(translation: Translation) -> tuple[Decision, ...]:
    """One for each workload, in the order of the inventory."""
    by_subject: dict[str, list[Finding]] = defaultdict(list)
    for finding in translation.findings:
        by_subject[finding.subject].append(finding)
    objects: dict[str, list[str]] = defaultdict(list)
    for placed in translation.bundle.everything:
        objects[placed.folder].append(str(ObjectRef.of(placed.manifest)))
    shared = _shared(translation.inventory.balancers)
    return tuple(
        _decision(workload, (*own_documents(workload), *objects[workload.folder]), by_subject, shared, translation)
        for workload in translation.inventory.workloads
    )


def _decision(
    workload: Workload,
    own: Iterable[str],
    by_subject: Mapping[str, list[Finding]],
    shared: Mapping[str, tuple[str, ...]],
    translation: Translation,
) -> Decision:
    found = _each(own, by_subject)
    leaned_on = _each(_leaned_on(workload, shared), by_subject)
    blockers = tuple(finding for finding in dict.fromkeys((*found, *leaned_on)) if _severity(finding) == "error")
    refused = workload in translation.refused
    work = any(_severity(finding) == "warning" for finding in found)
    word: Word = "no-go" if refused or blockers else "go with work" if work else "go"
    return Decision(workload, word, found, blockers, refused)


def overall(words: Mapping[Word, int], severities: Mapping[str, int]) -> Word:
    """The decision on the whole: that on its worst workload, or on what the workloads share.

    *words*: how many workloads have each decision. *severities*: how many findings there are, shared ones too.
    """
    if words["no-go"] or severities["error"]:
        return "no-go"
    return "go with work" if severities["warning"] and any(words.values()) else "go"


def own_documents(workload: Workload) -> tuple[str, ...]:
    """Ids of the documents that say something of this workload and of no other."""
    task = str(workload.task.get("taskArn", "")) if workload.task else ""
    schedule = [workload.schedule.document, workload.schedule.ident] if workload.schedule else []
    scaling = [item.document.id for item in workload.scaling.items] if workload.scaling else []
    found = (workload.service_id, *schedule, task, workload.definition_id, *scaling)
    return tuple(dict.fromkeys(ident for ident in found if ident))


def _leaned_on(workload: Workload, shared: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for entry in workload.configuration.get("loadBalancers", []):
        arn = str(entry.get("targetGroupArn", ""))
        yield arn
        yield from shared.get(arn, ())
    for key in ("taskRoleArn", "executionRoleArn"):
        yield str(workload.definition.get(key, ""))


def _shared(balancers: Balancers) -> dict[str, tuple[str, ...]]:
    """By target group: the ids of every document of the load balancers that send to it."""
    found: dict[str, tuple[str, ...]] = {}
    for balancer in balancers.load_balancers:
        idents = tuple(item.document.id for item in balancer.items)
        for arn in balancer.named_groups:
            found[arn] = (*found.get(arn, ()), *idents)
    return found


def _each(subjects: Iterable[str], by_subject: Mapping[str, list[Finding]]) -> tuple[Finding, ...]:
    known = (finding for subject in dict.fromkeys(subjects) for finding in by_subject.get(subject, ()))
    return tuple(dict.fromkeys(known))


def _severity(finding: Finding) -> str:
    return catalogue()[finding.slug].severity
