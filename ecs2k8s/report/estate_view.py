"""The account as a whole as the page shows it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import WORDS, overall
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.report.data import counts, said
from ecs2k8s.report.estate_graph import edge_table, wave_table
from ecs2k8s.report.estate_tables import tables
from ecs2k8s.report.finding_groups import groups
from ecs2k8s.report.markdown import later_steps
from ecs2k8s.report.needs import needs
from ecs2k8s.report.page_model import Estate
from ecs2k8s.report.spans import Span, message, own
from ecs2k8s.report.topology import topology

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.decisions import Decision, Word
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.target import Target
    from ecs2k8s.report.page_model import WorkloadView
    from ecs2k8s.report.spans import Text

MEANINGS = {
    "exact": "the same observable behaviour",
    "approximated": "something is written, and a finding says what differs",
    "manual": "nothing safe can be written; a finding says what a person has to do",
    "not-applicable": "asks for nothing on EKS",
}


def estate_view(
    translation: Translation, target: Target, decided: Iterable[Decision], workloads: Sequence[WorkloadView]
) -> Estate:
    words = Counter(workload.word for workload in workloads)
    number = counts(translation.findings)
    word = overall(words, number)
    graph = translation.dependencies
    idents = {f"{each.namespace}/{each.name}": each.ident for each in workloads}
    said_of = {f"{each.namespace}/{each.name}": each.word for each in workloads}
    return Estate(
        title=_title(translation),
        word=word,
        headline=_headline(word, words, number),
        version=target.kubernetes_version,
        words={word: words[word] for word in WORDS},
        totals=translation.ledger.totals,
        meanings=MEANINGS,
        severities=number,
        objects=len(translation.bundle.objects),
        steps=tuple(map(own, later_steps(target.format, background=bool(translation.bundle.handover)))),
        unread=_unread(translation.unread),
        needs=tuple(map(own, needs(translation.bundle, target))),
        everywhere=tuple(map(own, load_yaml("everywhere.yaml"))),
        shared=groups(_shared(translation, decided), subjects=True),
        topology=topology(graph, idents, said_of),
        edges=edge_table(graph),
        waves=wave_table(translation.waves),
        tables=tuple(tables(translation)),
    )


def _headline(word: Word, words: Mapping[Word, int], number: Mapping[str, int]) -> str:
    """The decision on the whole, and why."""
    whole, blocked = sum(words.values()), words["no-go"]
    if blocked:
        return f"No-go: {blocked} of {whole} workloads must not move before their errors are settled."
    if word == "no-go":
        return f"No-go: {_errors(number['error'])} on what the workloads share must be settled first."
    if not whole:
        return "No workloads: nothing moves."
    if word == "go with work":
        many = "1 warning" if number["warning"] == 1 else f"{number['warning']} warnings"
        return f"Go with work: no errors, and {many} that a person must act on."
    return "Go: no errors and no warnings."


def _errors(count: int) -> str:
    return "1 error" if count == 1 else f"{count} errors"


def _title(translation: Translation) -> str:
    """The accounts and Regions that the workloads run in, as far as they are known."""
    places = {f"{workload.account} {workload.region}".strip() for workload in translation.inventory.workloads}
    return ", ".join(sorted(places - {""}))


def _unread(failures: Iterable[Finding]) -> tuple[Text, ...]:
    return tuple((Span("code", item.finding.subject), Span("plain", ": "), *message(item)) for item in said(failures))


def _shared(translation: Translation, decided: Iterable[Decision]) -> list[Finding]:
    """What no single workload has among its own."""
    owned = {finding for decision in decided for finding in decision.findings}
    return [finding for finding in translation.findings if finding not in owned]
