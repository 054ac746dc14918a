"""report.md for a pull request, and a page for the owner of each workload."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import own_documents
from ecs2k8s.core.findings import SEVERITIES, catalogue
from ecs2k8s.core.formats import apply_command, diff_command
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.paths import show
from ecs2k8s.report.cost import lines as cost_lines
from ecs2k8s.report.data import Said, by_slug, counts, not_exact, said, totals_by_shape
from ecs2k8s.report.escape_markdown import code, filled, ours, plain
from ecs2k8s.report.fit import lines as fit_lines
from ecs2k8s.report.needs import needs
from ecs2k8s.report.pod_security import lines as pod_security_lines
from ecs2k8s.report.reachability import lines as reachability_lines
from ecs2k8s.report.routing import routing_lines
from ecs2k8s.report.scaling import scaling_lines
from ecs2k8s.report.schedules import schedule_lines
from ecs2k8s.report.target_cluster import lines as cluster_lines
from ecs2k8s.report.timing import lines as timing_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.formats import Format
    from ecs2k8s.core.ledger import Entry
    from ecs2k8s.core.manifests import Placed
    from ecs2k8s.core.target import Target
    from ecs2k8s.resolve.workload import Workload

MOST_PLACES = 10  # places that a group of findings lists; findings.json has all
HEADINGS = {
    "error": ("Errors", "Do not apply before these are settled."),
    "warning": ("Warnings", "A person must act, before or during the move."),
    "note": ("Notes", "Differences, said for the record."),
}
VERDICTS = ("exact", "approximated", "manual", "not-applicable")


def report(translation: Translation, target: Target) -> dict[str, str]:
    """report/report.md and report/workloads/*.md."""
    everything = said(translation.findings)
    pages = page_names(translation.inventory.workloads)
    files = {"report/report.md": _overview(translation, target, everything, pages)}
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


def _overview(
    translation: Translation, target: Target, everything: list[Said], pages: Mapping[tuple[str, str], str]
) -> str:
    number = counts(translation.findings)
    objects = len(translation.bundle.objects)
    lines = [
        "# Migration report",
        "",
        f"{len(translation.translated)} workloads became {objects} objects for Kubernetes {target.kubernetes_version}.",
        f"{number['error']} errors, {number['warning']} warnings, {number['note']} notes.",
        "",
        *_next_steps(number, target.format, background=bool(translation.bundle.handover)),
        "## What the cluster needs",
        "",
        *(f"- {line}" for line in needs(translation.bundle, target)),
        "",
        "## What is different for every workload",
        "",
        *(f"- {line}" for line in load_yaml("everywhere.yaml")),
        "",
        *_workloads(translation, pages),
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
    for severity in SEVERITIES:
        lines += _severity(everything, severity)
    return "\n".join(lines).rstrip() + "\n"


def _next_steps(number: Mapping[str, int], form: Format, *, background: bool) -> list[str]:
    first = (
        "Settle the [errors](#errors): what they name does not work yet." if number["error"] else "There are no errors."
    )
    read = "Let each owner read the page of their workload (below) and the [warnings](#warnings)."
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


def _workloads(translation: Translation, pages: Mapping[tuple[str, str], str]) -> list[str]:
    lines = ["## Workloads", "", "| Namespace | Workload | Kind | From |", "|---|---|---|---|"]
    for workload in translation.inventory.workloads:
        page = pages[workload.namespace, workload.name]
        kind = "not translated" if workload in translation.refused else workload.kind
        source = workload.source
        link = f"[{plain(workload.name)}](workloads/{page})"
        lines.append(f"| {plain(workload.namespace)} | {link} | {kind} | {code(source)} |")
    return [*lines, ""]


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


def _severity(everything: list[Said], severity: str) -> list[str]:
    heading, about = HEADINGS[severity]
    groups = by_slug(everything, severity)
    lines = [f"## {heading}", "", about if groups else "None.", ""]
    for group in groups.values():
        lines += _group(group)
    return lines


def _group(group: list[Said]) -> list[str]:
    first = group[0]
    lines = [f"### {ours(first.title)} ({len(group)})", "", f"`{first.finding.slug}`", ""]
    same = len({item.message for item in group}) == 1
    if same:
        lines += [_message(first), ""]
    if first.action and len({item.action for item in group}) == 1:
        lines += [f"**Do:** {_action(first)}", ""]
    for item in group[:MOST_PLACES]:
        place = code(item.finding.subject) + (f" {code(item.finding.path)}" if item.finding.path else "")
        lines.append(f"- {place}" + ("" if same else f": {_message(item)}"))
    if len(group) > MOST_PLACES:
        lines.append(f"- and {len(group) - MOST_PLACES} more, in `findings.json`")
    return [*lines, ""]


def _page(workload: Workload, mine: list[Said], entries: list[Entry], objects: list[Placed]) -> str:
    exact = sum(entry.fidelity.value == "exact" for entry in entries)
    asks_nothing = sum(entry.fidelity.value == "not-applicable" for entry in entries)
    lines = [
        f"# {plain(workload.name)} in {plain(workload.namespace)}",
        "",
        *(f"- {code(ident)}" for ident in own_documents(workload)),
        "",
        "## What it becomes",
        "",
        *(f"- {p.manifest['kind']} {code(p.manifest['metadata']['name'])}" for p in objects),
        "" if objects else "Nothing: see the errors.\n",
        "## What you should know",
        "",
    ]
    for severity in SEVERITIES:
        for group in by_slug(mine, severity).values():
            lines += [f"- **{severity}** {ours(group[0].title)}: {_message(group[0])}"]
            lines += [f"  **Do:** {_action(group[0])}"] if group[0].action else []
            lines += [f"  - {code(item.finding.path)}" for item in group[:MOST_PLACES] if item.finding.path]
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


def _message(item: Said) -> str:
    return filled(item.text, item.finding.args)


def _action(item: Said) -> str:
    return filled(item.todo, item.finding.args)


def _because(entry: Entry) -> str:
    if entry.said:
        return " ".join(filled(catalogue()[slug].text, args) for slug, args in entry.said)
    return ours(entry.because)
