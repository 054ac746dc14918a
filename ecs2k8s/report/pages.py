"""Pages of docs/ that are made from the tables and the catalogue; a test holds them current."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecs2k8s.collect.calls import calls, paces
from ecs2k8s.collect.pace import SHARE, bucket_of
from ecs2k8s.collect.policy import policies, text
from ecs2k8s.core.added import added
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.fields import tables
from ecs2k8s.core.findings import SEVERITIES, catalogue
from ecs2k8s.core.target import Target, choices
from ecs2k8s.report.checks_page import checks_page
from ecs2k8s.report.comparison_page import comparison_page
from ecs2k8s.report.escape_markdown import code, ours, prose
from ecs2k8s.report.schema_pages import schema_pages

if TYPE_CHECKING:
    from ecs2k8s.collect.calls import Call
    from ecs2k8s.core.fields import FieldTable, Pattern, Row

MADE = "<!-- Made from mappings/ by `make update`; do not edit. -->"


def pages() -> dict[str, str]:
    """File name below docs/ to text."""
    return {
        "checks.md": checks_page(MADE),
        "comparison.md": comparison_page(MADE),
        "coverage.md": coverage_page(),
        "findings.md": findings_page(),
        "iam-policy.json": policy_page(),
        "reads.md": reads_page(),
        "target.md": target_page(),
        **schema_pages(),
    }


def coverage_page() -> str:
    """What becomes of every field that AWS can send."""
    lines = [
        "# Coverage",
        "",
        MADE,
        "",
        "Every leaf of every shape has one row. The verdict is the best case; what a value says can lower it, and the",
        "ledger of an export has the verdict for each leaf. `exact`: same observable behaviour. `approximated`:",
        "carried with a difference. `manual`: a person must act. `not-applicable`: asks for nothing on EKS.",
        "",
        "| Shape | Rows | exact | approximated | manual | not-applicable |",
        "|---|---:|---:|---:|---:|---:|",
        *(_count(shape, table) for shape, table in tables().items()),
        "",
    ]
    for shape, table in tables().items():
        lines += [f"## {shape}", "", "| Field | Verdict | Carried to | Why, and what to do |", "|---|---|---|---|"]
        lines += [_row(key, row) for key, row in sorted(table.rows.items())]
        lines.append("")
    lines += ["## Lines that no field asked for", "", "| Place | Why |", "|---|---|"]
    lines += [f"| {code(place)} | {ours(reason)} |" for place, reason in sorted(added().items())]
    return "\n".join(lines) + "\n"


def _count(shape: str, table: FieldTable) -> str:
    found = Counter(best(row) for row in table.rows.values())
    return f"| {shape} | {len(table.rows)} | {' | '.join(str(found[verdict]) for verdict in Fidelity)} |"


def best(row: Row) -> Fidelity:
    """The best verdict over all choices."""
    return row.fidelity if isinstance(row.fidelity, Fidelity) else min(row.fidelity.values(), key=lambda f: f.rank)


def _row(key: Pattern, row: Row) -> str:
    field = ".".join(key).replace(".[]", "[]")
    verdict = best(row).value if isinstance(row.fidelity, Fidelity) else _choices(row)
    places = "<br>".join("every object" if place == "*" else code(place) for place in row.to)
    return f"| {code(field)} | {verdict} | {places} | {ours(f'{row.because} {row.action}'.strip())} |"


def _choices(row: Row) -> str:
    choices = {} if isinstance(row.fidelity, Fidelity) else row.fidelity
    return "<br>".join(f"{verdict.value} ({choice})" for choice, verdict in choices.items())


def findings_page() -> str:
    """Every finding with its words."""
    lines = [
        "# Findings",
        "",
        MADE,
        "",
        "`error`: do not apply before it is settled. `warning`: a person must act. `note`: for the record.",
        "`{…}` is filled in from the input.",
        "",
    ]
    for severity in SEVERITIES:
        lines += [f"## {severity}", ""]
        for slug, entry in sorted(catalogue().items()):
            if entry.severity == severity:
                lines += [f"### {slug}", "", f"{prose(entry.title)}. {prose(entry.text)}", ""]
                lines += [f"**Do:** {prose(entry.action)}", ""] if entry.action else []
                lines += [f"**The field becomes:** {entry.fidelity.value}", ""] if entry.fidelity else []
                lines += [f"**See:** <{entry.see}>", ""] if entry.see else []
    return "\n".join(lines).rstrip() + "\n"


def target_page() -> str:
    """Every choice of target.yaml with its default and the reason of it."""
    lines = [
        "# Choices",
        "",
        MADE,
        "",
        "They stand in `target.yaml` of the migration directory, or are given for one run with `--set key=value`.",
        "",
        "| Key | Default | What it means | Why this default |",
        "|---|---|---|---|",
    ]
    for key, words in choices().items():
        default = getattr(Target(), key)
        lines.append(f"| `{key}` | {code(str(default))} | {ours(words['text'])} | {ours(words['reason'])} |")
    return "\n".join(lines) + "\n"


def policy_page() -> str:
    """What `ecs2k8s policy export` prints without options."""
    return text(policies()) + "\n"


def reads_page() -> str:
    """Every operation that can be sent to AWS."""
    lines = [
        "# What is read from AWS",
        "",
        MADE,
        "",
        f"`ecs2k8s export` can send these {len(calls())} operations and no other; boto3 sends its own for credentials.",
        "`ecs2k8s diff drift` reads the account in the same way and sends nothing else.",
        "`ecs2k8s policy export` prints the IAM policy for them ([iam-policy.json](iam-policy.json) for any account).",
        "`One request takes`: values of a parameter in one request, and items of a page of its answer.",
        "",
        "| Operation | For | One request takes | Permission |",
        "|---|---|---|---|",
        *(_read(row) for row in calls().values()),
        "",
        "## Rates",
        "",
        f"Requests that may be sent at once, and requests a second from then on: {SHARE:.0%} of what is documented,",
        "because others in the account share it. A service that documents no rate is asked as the row `default` says.",
        "",
        "| Bucket | Burst | Rate | Operations |",
        "|---|--:|--:|---|",
    ]
    for name, pace in paces().items():
        rows = [row for row in calls().values() if row.pace == name]
        counted = sorted({bucket_of(row) for row in rows} if name == "default" else {row.name for row in rows})
        lines.append(f"| {name} | {pace.burst} | {pace.rate * SHARE:g} | {', '.join(counted)} |")
    return "\n".join(lines) + "\n"


def _read(row: Call) -> str:
    sizes = [f"{size} {code(name)}" for name, size in row.batch.items()]
    sizes += [f"pages of {size}" for size in row.page.values()]
    permissions = "<br>".join(code(each) for each in row.permissions) or "none"
    return f"| {row.name} | {ours(row.why)} | {'<br>'.join(sizes)} | {permissions} |"
