"""report.md for a pull request, and a page for the owner of each workload."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import own_documents
from ecs2k8s.core.findings import SEVERITIES, catalogue
from ecs2k8s.core.formats import apply_command, diff_command
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.paths import show
from ecs2k8s.report.cost import lines as cost_lines
from ecs2k8s.report.data import Said, by_slug, counts, not_exact, said, totals_by_shape
from ecs2k8s.report.escape_markdown import cell, code, ours, plain, prose, span
from ecs2k8s.report.finding_sections import MOST_PLACES, action_of, message_of, severity_section
from ecs2k8s.report.fit import lines as fit_lines
from ecs2k8s.report.needs import needs
from ecs2k8s.report.pod_security import lines as pod_security_lines
from ecs2k8s.report.reachability import lines as reachability_lines
from ecs2k8s.report.routing import routing_lines
from ecs2k8s.report.scaling import scaling_lines
from ecs2k8s.report.schedules import schedule_lines
from ecs2k8s.report.sections import MOST, Item, Section, fitted, sections_of, text
from ecs2k8s.report.target_cluster import lines as cluster_lines
from ecs2k8s.report.timing import lines as timing_lines
from ecs2k8s.report.waves import wave_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.formats import Format
    from ecs2k8s.core.ledger import Entry
    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

REPORT = "report/report.md"
EVERYTHING = "everything.md"
UNIT = re.compile(r"[a-z0-9/-]+")
VERDICTS = ("exact", "approximated", "manual", "not-applicable")


def report(translation: Translation, target: Target) -> dict[str, str]:
    """report/report.md and report/workloads/*.md."""
    everything = said(translation.findings)
    pages = page_names(translation.inventory.workloads)
    files = overview(translation, target)
    by_subject: dict[str, list[Said]] = defaultdict(list)
    for item in everything:
        by_subject[item.finding.subject].append(item)
    by_document: dict[str, list[Entry]] = defaultdict(list)
    for entry in translation.ledger.entries:
        by_document[entry.document.id].append(entry)
    by_folder: dict[str, list[Placed]] = defaultdict(list)
    for placed in translation.bundle.objects:
        by_folder[placed.folder].append(placed)
    for workload in translation.inventory.workloads:
        idents = own_documents(workload)
        mine = [item for ident in idents for item in by_subject[ident]]
        entries = [entry for ident in idents for entry in by_document[ident]]
        page = _page(workload, mine, entries, by_folder[workload.folder])
        files[f"report/workloads/{pages[workload.namespace, workload.name]}"] = page
    return files


def page_names(workloads: Iterable[Workload]) -> dict[tuple[str, str], str]:
    """(namespace, workload) to file name; `a-b` + `c` and `a` + `b-c` get different ones."""
    found: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for workload in workloads:
        name = f"{workload.namespace}-{workload.name}"
        while name in taken:
            name += "-2"
        taken.add(name)
        found[workload.namespace, workload.name] = f"{name}.md"
    return found


def overview(translation: Translation, target: Target, *first: Section) -> dict[str, str]:
    """report.md, short enough for a comment on a pull request; where that leaves something out, everything.md too.

    *first*: what stands before all that the translation says.
    """
    everything, pages = said(translation.findings), page_names(translation.inventory.workloads)
    number, objects = counts(translation.findings), len(translation.bundle.objects)
    head = [
        "# Migration report",
        "",
        f"{len(translation.translated)} workloads became {objects} objects for Kubernetes {target.kubernetes_version}.",
        f"{number['error']} errors, {number['warning']} warnings, {number['note']} notes.",
        "",
    ]
    sections = [
        *first,
        *sections_of(_next_steps(number, target.format, background=bool(translation.bundle.handover))),
        severity_section(everything, "error"),
        severity_section(everything, "warning"),
        _workloads(translation, pages),
        *sections_of(_about(translation, target)),
        severity_section(everything, "note"),
    ]
    short, is_cut = fitted([_marker(translation), *head], sections, MOST, EVERYTHING)
    return {REPORT: short} | ({f"report/{EVERYTHING}": text(head, sections)} if is_cut else {})


def _marker(translation: Translation) -> str:
    """A comment by which a bot finds its own comment on a pull request, to update it."""
    where = sorted({f"{workload.account}/{workload.region}" for workload in translation.inventory.workloads})
    unit = f" {where[0]}" if len(where) == 1 and UNIT.fullmatch(where[0]) else ""
    return f"<!-- ecs2k8s report{unit} -->"


def _about(translation: Translation, target: Target) -> list[str]:
    """The parts of the report that stand between what a person must do and what is said for the record."""
    return [
        "## What the cluster needs",
        "",
        *(f"- {line}" for line in needs(translation.bundle, target)),
        "",
        "## What is different for every workload",
        "",
        *(f"- {line}" for line in load_yaml("everywhere.yaml")),
        "",
        *wave_lines(translation),
        *routing_lines(translation.proofs),
        *(reachability_lines(translation.reach) if translation.reach else []),
        *timing_lines(translation),
        *scaling_lines(translation, target),
        *schedule_lines(translation.schedules),
        *pod_security_lines(translation.bundle, target),
        *cluster_lines(translation),
        *fit_lines(translation),
        *cost_lines(translation),
        *_fields(translation),
    ]


def _next_steps(number: Mapping[str, int], form: Format, *, background: bool) -> list[str]:
    first = (
        "Settle the [errors](#errors): what they name does not work yet." if number["error"] else "There are no errors."
    )
    read = "Open [index.html](index.html), and let each owner read their workload there and the [warnings](#warnings)."
    steps = [first, read, *later_steps(form, background=background)]
    return ["## What to do next", "", *(f"{at}. {step}" for at, step in enumerate(steps, 1)), ""]


def later_steps(form: Format, *, background: bool) -> list[str]:
    """What is to do once the findings are settled, the same in every view."""
    look, apply = (command(form, "manifests") for command in (diff_command, apply_command))
    held = ["Schedules and workers are held off; `aws/README.md` says how they are handed over."] if background else []
    return [
        "Change choices in `target.yaml` or the manifests themselves, and export again: edited files are kept.",
        "Prepare the AWS side (`aws/README.md`) and what the cluster needs (below).",
        f"`{look}`, then `{apply}`: nothing in it takes traffic.",
        "What takes traffic lies in `traffic/`: apply it last, when the pods are ready.",
        *held,
    ]


def _workloads(translation: Translation, pages: Mapping[tuple[str, str], str]) -> Section:
    rows = []
    for workload in translation.inventory.workloads:
        page = pages[workload.namespace, workload.name]
        kind = "not translated" if workload in translation.refused else workload.kind
        link = f"[{plain(workload.name)}](workloads/{page})"
        rows.append(f"| {plain(workload.namespace)} | {link} | {kind} | {code(workload.source)} |")
    head = ("| Namespace | Workload | Kind | From |", "|---|---|---|---|")
    first, others = [Item((*head, row)) for row in rows[:1]], [Item((row,)) for row in rows[1:]]
    return Section("Workloads", (*first, *others), "workloads")


def _fields(translation: Translation) -> list[str]:
    lines = ["## Every field", "", f"| Shape | Leaves | {' | '.join(VERDICTS)} |", "|---|---:|---:|---:|---:|---:|"]
    for shape, found in totals_by_shape(translation.ledger.entries).items():
        row = " | ".join(str(found[verdict]) for verdict in VERDICTS)
        lines.append(f"| {shape} | {sum(found.values())} | {row} |")
    totals = translation.ledger.totals
    row = " | ".join(str(totals[verdict]) for verdict in VERDICTS)
    lines.append(f"| **all** | {len(translation.ledger.entries)} | {row} |")
    return [
        *lines,
        "",
        "`ecs2k8s explain <field>` says what happens to a field and why; `ledger.json` has each leaf.",
        "",
    ]


def _page(workload: Workload, mine: list[Said], entries: list[Entry], objects: list[Placed]) -> str:
    exact = sum(entry.fidelity.value == "exact" for entry in entries)
    asks_nothing = sum(entry.fidelity.value == "not-applicable" for entry in entries)
    lines = [
        f"# {plain(workload.name)} in {plain(workload.namespace)}",
        "",
        *(f"- {span(ident)}" for ident in own_documents(workload)),
        "",
        "## What it becomes",
        "",
        *(f"- {p.manifest['kind']} {span(p.manifest['metadata']['name'])}" for p in objects),
        "" if objects else "Nothing: see the errors.\n",
        "## What you should know",
        "",
    ]
    for severity in SEVERITIES:
        for group in by_slug(mine, severity).values():
            lines += [f"- **{severity}** {prose(group[0].title)}: {message_of(group[0])}"]
            lines += [f"  **Do:** {action_of(group[0])}"] if group[0].action else []
            lines += [f"  - {span(item.finding.path)}" for item in group[:MOST_PLACES] if item.finding.path]
    lines += [
        "",
        "## Fields that are not carried exactly",
        "",
        f"{exact} fields are carried exactly, {asks_nothing} ask for nothing on EKS. The others:",
        "",
        "| Field | Verdict | Why |",
        "|---|---|---|",
    ]
    lines += [f"| {code(show(e.path))} | {e.fidelity.value} | {_because(e)} |" for e in not_exact(entries)]
    return "\n".join(lines).rstrip() + "\n"


def _because(entry: Entry) -> str:
    if entry.said:
        return " ".join(cell(catalogue()[slug].text, args) for slug, args in entry.said)
    return ours(entry.because)
