"""`ecs2k8s coverage`: what became of every field, from the ledger of a migration directory."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from ecs2k8s.cli.console import out, table
from ecs2k8s.core.errors import OutputError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.render import directory, earlier

VERDICTS = [fidelity.value for fidelity in Fidelity]
SCHEMA = "ecs2k8s/coverage/v1"
MOST = 25  # fields in the list of what is not carried exactly


def run(name: str, *, as_json: bool) -> int:
    """Print totals per shape and the fields that are not carried exactly."""
    ledger = load(Path(name))
    if as_json:
        found = {"schema": SCHEMA, "totals": ledger["totals"], "shapes": _shapes(ledger["entries"])}
        print(json.dumps(found, indent=2))
        return ExitCode.CLEAN
    _totals(ledger)
    _inexact(ledger["entries"], name)
    return ExitCode.CLEAN


def load(place: Path) -> dict[str, Any]:
    """The ledger of a finished export. Raises `OutputError` where there is none or the files do not belong to it."""
    check_finished(place)
    try:
        ledger: dict[str, Any] = json.loads((place / earlier.LEDGER).read_bytes())
        removed = set(ledger.get("removed", ()))
        missing = [path for path in ledger["files"] if path not in removed and not os.path.lexists(place / path)]
        entries, totals = ledger["entries"], ledger["totals"]
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{place / earlier.LEDGER}: is no ledger: export again") from error
    if missing or len(entries) != sum(totals.values()):
        raise OutputError(
            f"{place}: interrupted export, run it again ({missing[0] + ' is missing' if missing else 'totals differ'})"
        )
    return ledger


def check_finished(place: Path) -> None:
    """Raises `OutputError` where *place* is no directory that an export has finished."""
    if not place.is_dir():
        raise OutputError(f"{place}: no such directory")
    if directory.interrupted(place):
        known = any((place / name).exists() for name in directory.OURS)
        raise OutputError(
            f"{place}: interrupted export, run it again" if known else f"{place}: is no migration directory"
        )


def _shapes(entries: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        found[entry["shape"]][entry["fidelity"]] += 1
    return {shape: {verdict: count[verdict] for verdict in VERDICTS} for shape, count in sorted(found.items())}


def _totals(ledger: dict[str, Any]) -> None:
    rows = [["shape", "leaves", *VERDICTS]]
    for shape, found in _shapes(ledger["entries"]).items():
        rows.append([shape, str(sum(found.values())), *(str(found[verdict]) for verdict in VERDICTS)])
    totals = ledger["totals"]
    rows.append(["all", str(len(ledger["entries"])), *(str(totals[verdict]) for verdict in VERDICTS)])
    table(rows, right=range(1, 6), head=True)


def _inexact(entries: list[dict[str, Any]], name: str) -> None:
    """The fields that a person should look at; one line for a shape that is not translated at all."""
    whole = {shape for shape, found in _shapes(entries).items() if set(filter(found.get, found)) == {"manual"}}
    found: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        if entry["fidelity"] in ("approximated", "manual"):
            field = "(every field)" if entry["shape"] in whole else re.sub(r"\[\d+\]", "[]", entry["path"])
            found[entry["fidelity"], entry["shape"], field] += 1
    ordered = sorted(found.items(), key=lambda item: (item[0][0] != "manual", -item[1], item[0]))
    if not ordered:
        return
    out()
    rows = [[verdict, str(number), f"{shape} {field}"] for (verdict, shape, field), number in ordered[:MOST]]
    table([["", "times", "field"], *rows], right=(1,), head=True)
    if len(ordered) > MOST:
        out(f"and {len(ordered) - MOST} more fields; all are in {name}/report/ledger.json")
