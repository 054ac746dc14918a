"""Each workload as the page shows it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import own_documents
from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.paths import show
from ecs2k8s.report.data import counts, not_exact, said
from ecs2k8s.report.ecs_facts import ecs_facts
from ecs2k8s.report.eks_facts import Objects, eks_facts
from ecs2k8s.report.entrances import entrances
from ecs2k8s.report.finding_groups import groups
from ecs2k8s.report.page_model import Difference, Topic, WorkloadView
from ecs2k8s.report.spans import message, own
from ecs2k8s.report.workload_picture import Neighbours, Parts, picture
from ecs2k8s.report.workload_sides import command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecs2k8s.assess.decisions import Decision
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.findings import Finding
    from ecs2k8s.core.ledger import Entry
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target
    from ecs2k8s.report.page_model import Sides
    from ecs2k8s.report.spans import Text
    from ecs2k8s.resolve.workload import Workload

REFUSED = "ECS would reject it as it stands, so nothing is made of it."
# Folders that a format puts between a tree and the folder of a workload.
BETWEEN = {"kustomize": "", "helm": "templates/", "plain": "3-objects/"}


@dataclass(frozen=True, slots=True)
class _Known:
    """What is looked up for each workload."""

    entries: Mapping[str, Sequence[Entry]]  # of the ledger, by document
    objects: Mapping[str, Sequence[Manifest]]  # by folder
    fronts: Mapping[tuple[str, str], Sequence[str]]  # by Service
    files: Mapping[str, Sequence[str]]  # by folder
    neighbours: Neighbours
    waves: Mapping[str, int]  # by folder
    sides: Mapping[str, Sides]  # by folder


def workload_views(
    translation: Translation,
    target: Target,
    decided: Iterable[Decision],
    files: Sequence[str],
    compared: Mapping[str, Sides],
) -> tuple[WorkloadView, ...]:
    """In the order of *decided*; *compared*: the values of each, where there are any."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in translation.ledger.entries:
        entries[entry.document.id].append(entry)
    objects: dict[str, list[Manifest]] = defaultdict(list)
    for placed in translation.bundle.objects:
        objects[placed.folder].append(placed.manifest)
    waves = {name: wave.number for wave in translation.waves for unit in wave.units for name in unit.workloads}
    known = _Known(
        entries,
        objects,
        entrances(translation.bundle),
        _by_folder(translation, target, files),
        Neighbours.of(translation.dependencies),
        waves,
        compared,
    )
    return tuple(_view(f"w{at}", each, known) for at, each in enumerate(decided, 1))


def _view(ident: str, decision: Decision, known: _Known) -> WorkloadView:
    workload = decision.workload
    manifests = tuple(known.objects.get(workload.folder, ()))
    services = [each["metadata"]["name"] for each in manifests if each["kind"] == "Service"]
    fronts = {name: known.fronts.get((workload.namespace, name), ()) for name in services}
    objects = Objects(manifests, tuple(line for lines in fronts.values() for line in lines))
    parts = Parts(fronts, known.neighbours.callers(workload.folder), known.neighbours.called(workload.folder))
    entries = [entry for document in own_documents(workload) for entry in known.entries.get(document, ())]
    return WorkloadView(
        ident=ident,
        namespace=workload.namespace,
        name=workload.name,
        kind="not translated" if decision.refused else workload.kind,
        sources=own_documents(workload),
        word=decision.word,
        wave=known.waves.get(workload.folder, 0),
        reasons=_reasons(decision),
        counts=counts(decision.findings),
        picture=picture(f"{ident}-picture", workload.folder, objects, parts),
        topics=_topics(workload, objects),
        exact=sum(entry.fidelity.value == "exact" for entry in entries),
        nothing=sum(entry.fidelity.value == "not-applicable" for entry in entries),
        different=len(not_exact(entries)),
        differences=() if workload.folder in known.sides else _differences(not_exact(entries)),
        sides=known.sides.get(workload.folder),
        command=command(decision),
        groups=groups(_told(decision.findings), subjects=False),
        files=tuple(known.files.get(workload.folder, ())),
    )


def _told(findings: Iterable[Finding]) -> list[Finding]:
    """Without those that only say why a field differs: the list of such fields says it."""
    return [finding for finding in findings if finding.slug != "field-approximated"]


def _reasons(decision: Decision) -> tuple[Text, ...]:
    """Why it is no go: each error once, in its own words."""
    refused = [own(REFUSED)] if decision.refused else []
    return tuple(dict.fromkeys([*refused, *(message(item) for item in said(decision.blockers))]))


def _topics(workload: Workload, objects: Objects) -> tuple[Topic, ...]:
    before, after = ecs_facts(workload), eks_facts(objects)
    names = [*before, *(topic for topic in after if topic not in before)]
    return tuple(Topic(name, tuple(before.get(name, ())), tuple(after.get(name, ()))) for name in names)


def _differences(entries: Iterable[Entry]) -> tuple[Difference, ...]:
    """The fields by what is said of them, in the order of the documents; those that findings name stand with these."""
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for entry in entries:
        if all(catalogue()[slug].ledger_only for slug in entry.slugs):
            titles = tuple(catalogue()[slug].title for slug in entry.slugs)
            found[entry.fidelity.value, "" if titles else entry.because, titles].append(show(entry.path))
    return tuple(
        Difference(tuple(fields), verdict, own(why), titles) for (verdict, why, titles), fields in found.items()
    )


def _by_folder(translation: Translation, target: Target, files: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The generated files that lie in the folder of a workload, by that folder."""
    found: dict[str, list[str]] = defaultdict(list)
    trees = sorted({placed.tree for placed in translation.bundle.everything})
    for path in files:
        tree = next((tree for tree in trees if path.startswith(f"{tree}/")), "")
        if tree:
            folder = path.removeprefix(f"{tree}/").removeprefix(BETWEEN[target.format]).rpartition("/")[0]
            found[folder].append(path)
    return found
