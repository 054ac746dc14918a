"""`ecs2k8s explain`: what happens to a field, where a line comes from, what a finding means."""

from __future__ import annotations

import inspect
import json
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.console import out, table
from ecs2k8s.core.added import added, covers
from ecs2k8s.core.checks import ORIGINS, checks
from ecs2k8s.core.errors import MappingError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.fields import Pattern, Row, pattern, tables
from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.manifests import TEMPLATES

if TYPE_CHECKING:
    from ecs2k8s.core.checks import Check, Weight

    Rows = list[tuple[str, Pattern, Row]]

RESPONSES = ("taskDefinition", "services", "clusters", "capacityProviders", "tasks", "TargetGroups")
SCHEMA = "ecs2k8s/explain/v1"
MOST = 40
SAYS: dict[Weight, str] = {"fails": "fails by", "doubts": "undecided by", "shows": "shows"}


def run(what: str | None, *, as_json: bool = False) -> int:
    """Print what is known of *what*; without it an index. Raises `MappingError` where nothing is known."""
    if as_json:
        print(json.dumps(plain(what), indent=2))
        return ExitCode.CLEAN
    if what is None:
        return _index()
    if what in catalogue():
        return _slug(what)
    if what.upper() in checks():
        return _check(what.upper())
    if _is_place(what):
        return _place(what)
    return _field(what)


def _index() -> int:
    out("fields: ecs2k8s explain <field>, as AWS writes it (a prefix will do)")
    table([[shape, f"{len(found.rows)} fields"] for shape, found in tables().items()])
    out()
    out("lines of manifests: ecs2k8s explain Deployment.spec.replicas")
    out()
    out("findings: ecs2k8s explain <slug>")
    table([[slug, entry.severity, entry.title] for slug, entry in sorted(catalogue().items())])
    out()
    out("checks of a cutover: ecs2k8s explain <id>")
    table([[ident, check.severity, check.title] for ident, check in checks().items()])
    return ExitCode.CLEAN


def plain(what: str | None) -> dict[str, Any]:
    """The same for machines, all of it: rows of tables, reasons of lines that no field asked for, and findings."""
    rows, reasons, slugs = all_rows(), sorted(added().items()), sorted(catalogue())
    if what in catalogue():
        rows, reasons, slugs = [row for row in rows if what in row[2].notes], [], [str(what)]
    elif what is not None and what.upper() in checks():
        rows, reasons, slugs = [], [], []
    elif what is not None and _is_place(what):
        (_, rows, reasons), slugs = _writers(what), []
    elif what is not None:
        rows, reasons, slugs = _rows_of(what), [], []
    checked = [str(what).upper()] if str(what).upper() in checks() else [] if what else list(checks())
    return {
        "schema": SCHEMA,
        "checks": [{"id": ident, **_plain_check(checks()[ident])} for ident in checked],
        "fields": [_plain_row(*row) for row in rows],
        "added": [{"place": place, "because": why} for place, why in reasons],
        "findings": [_plain_slug(slug) for slug in slugs],
    }


def _plain_row(shape: str, key: Pattern, row: Row) -> dict[str, Any]:
    verdicts = {"else": row.fidelity} if isinstance(row.fidelity, Fidelity) else row.fidelity
    return {
        "shape": shape,
        "field": show(key),
        "verdicts": {choice: verdict.value for choice, verdict in verdicts.items()},
        "to": list(row.to),
        "because": row.because,
        "action": row.action,
        "see": row.see,
        "findings": list(row.notes),
    }


def _plain_check(check: Check) -> dict[str, Any]:
    said = {"severity": check.severity, "title": check.title, "rule": check.rule, "data": check.data}
    told = {"remedy": check.remedy, "see": check.see, "phases": list(check.phases), "from": check.origin}
    return {**said, **told, "waivable": check.waivable, "findings": list(check.deciding)}


def _plain_slug(slug: str) -> dict[str, Any]:
    entry = catalogue()[slug]
    return {
        "slug": slug,
        "severity": entry.severity,
        "title": entry.title,
        "text": entry.text,
        "action": entry.action,
        "see": entry.see,
        "fidelity": entry.fidelity.value if entry.fidelity else None,
    }


def _slug(slug: str) -> int:
    entry = catalogue()[slug]
    out(f"{slug} ({entry.severity})")
    out(f"  {entry.title}")
    out(f"  {entry.text}")
    if entry.action:
        out(f"  do: {entry.action}")
    if entry.fidelity:
        out(f"  the field becomes: {entry.fidelity.value}")
    if entry.see:
        out(f"  see: {entry.see}")
    rows = sorted({f"{shape} {show(key)}" for shape, key, row in all_rows() if slug in row.notes})
    for row in rows:
        out(f"  said of: {row}")
    return ExitCode.CLEAN


def _check(ident: str) -> int:
    check = checks()[ident]
    out(f"{ident} ({check.severity}; {', '.join(check.phases)})")
    out(f"  {check.title}")
    out(f"  rule: {check.rule}")
    out(f"  data: {check.data}")
    out(f"  do: {check.remedy}")
    out(f"  from: {ORIGINS[check.origin]}")
    if not check.waivable:
        out("  it cannot be waived")
    for slug in check.deciding:
        out(f"  {SAYS[check.weight(slug) or 'shows']}: {slug}: {catalogue()[slug].title}")
    out(f"  see: {check.see}")
    return ExitCode.CLEAN


def all_rows() -> Rows:
    """Document shape, pattern and row, of all tables."""
    return [(shape, key, row) for shape, found in tables().items() for key, row in found.rows.items()]


def show(key: Pattern) -> str:
    """A pattern as AWS writes it."""
    return ".".join(key).replace(".[]", "[]")


def _is_place(what: str) -> bool:
    return what[:1].isupper() and "." in what and not what.startswith(RESPONSES)


def _field(what: str) -> int:
    found = _rows_of(what)
    for shape, key, row in found[:MOST]:
        _row(shape, key, row)
    if len(found) > MOST:
        out(f"and {len(found) - MOST} more; name the field further")
    return ExitCode.CLEAN


def _rows_of(what: str) -> Rows:
    """Those whose field is called so, or begins so."""
    wanted = [step for step in pattern(_bare(what)) if step != "[]"]
    if wanted and wanted[0] in RESPONSES:
        wanted = wanted[1:]
    found = [(shape, key, row) for shape, key, row in all_rows() if _begins(key, wanted)]
    if not found:
        raise MappingError(
            f"{what}: no field, no place in a manifest and no finding is called so; `ecs2k8s explain` lists them"
        )
    return found


def _bare(what: str) -> str:
    return re.sub(r"\[\d+\]", "[]", what)


def _begins(key: Pattern, wanted: list[str]) -> bool:
    names = [step for step in key if step != "[]"]
    pairs = zip(names, wanted, strict=False)
    return bool(wanted) and len(names) >= len(wanted) and all(a.lower() == b.lower() or a == "*" for a, b in pairs)


def _row(shape: str, key: Pattern, row: Row) -> None:
    out(f"{shape} {show(key)}")
    out(f"  verdict: {_verdict(row)}")
    if row.because:
        out(f"  why:     {row.because}")
    if row.action:
        out(f"  do:      {row.action}")
    for place in row.to:
        out(f"  to:      {'every object of the workload' if place == '*' else place}")
    if row.by:
        out(f"  by:      {row.by} ({source_of(row.by)})")
    if row.via:
        out(f"  via:     {row.via}")
    if row.see:
        out(f"  see:     {row.see}")
    for slug in row.notes:
        out(f"  may say: {slug}: {catalogue()[slug].title}")
    out()


def _verdict(row: Row) -> str:
    if isinstance(row.fidelity, Fidelity):
        return row.fidelity.value
    return ", ".join(f"{verdict.value} ({choice})" for choice, verdict in row.fidelity.items())


def source_of(by: str) -> str:
    """File and line of the function that carries a field."""
    module, _, name = by.rpartition(".")
    found = getattr(import_module(f"ecs2k8s.{module}"), name)
    file = Path(inspect.getsourcefile(found) or "")
    package = Path(import_module("ecs2k8s").__file__ or "").parent
    return f"ecs2k8s/{file.relative_to(package)}:{inspect.getsourcelines(found)[1]}"


def _place(what: str) -> int:
    text, rows, reasons = _writers(what)
    out(f"{text} can come from")
    for shape, key, row in rows[:MOST]:
        out(f"  {shape} {show(key)} ({_verdict(row)})")
    if len(rows) > MOST:
        out(f"  and {len(rows) - MOST} more fields")
    for place, why in reasons:
        out(f"  no field of AWS: {place}: {why}")
    return ExitCode.CLEAN


def _writers(what: str) -> tuple[str, Rows, list[tuple[str, str]]]:
    """The place as tables name it, the rows that write it, and the reasons for what no field asked for."""
    text = re.sub(r"\[\w*\]", "", what)
    for kind, template in TEMPLATES.items():
        pod = ".".join((kind, *template, ""))
        if text.startswith(pod):
            text = text.replace(pod, "Pod.", 1)
    text = text.replace(".initContainers", ".containers")
    steps = tuple(text.split("."))
    rows = [
        r
        for r in all_rows()
        if any(p != "*" and (covers(p, steps) or covers(text, tuple(p.split(".")))) for p in r[2].to)
    ]
    reasons = [(place, why) for place, why in added().items() if covers(place, steps)]
    if not rows and not reasons:
        raise MappingError(f"{what}: nothing writes this; `Pod` is the pod template, list indices are left out")
    return text, rows, reasons
