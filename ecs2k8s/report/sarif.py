"""report/findings.sarif: the findings for code scanning, SARIF 2.1.0 within the limits that GitHub documents.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ecs2k8s import __version__
from ecs2k8s.core.documents import in_lines
from ecs2k8s.core.escape import escape
from ecs2k8s.core.findings import action, catalogue, message, rank
from ecs2k8s.core.paths import parse, show
from ecs2k8s.report.escape_markdown import prose
from ecs2k8s.report.finding_places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.findings import Entry, Finding
    from ecs2k8s.core.manifests import ObjectRef
    from ecs2k8s.report.finding_places import Place

FILE = "report/findings.sarif"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5_000  # results that GitHub shows of a run
LONGEST = 1_024  # characters of a description; no limit of messages is documented, so they get the same
ROOT = "%SRCROOT%"
PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}
ARGUMENT = re.compile(r"\{[a-z_]+\}")
LINK = re.compile(r"\]\s*\(")
BRACKETS = re.compile(r"([\\\[\]])")
REVISION = re.compile(r"(:task-definition/[^:/]+):\d+$")
NAMES = ("name", "Name", "key", "Key", "containerName", "sourceVolume", "id")  # what an item of a list is known by


def sarif(translation: Translation, texts: Mapping[str, str], files: Mapping[ObjectRef, str]) -> dict[str, str]:
    """The file; *texts* are the generated files by path, *files* says in which of them each object stands."""
    shown = sorted(translation.findings, key=rank)[:MOST]
    places = Places(shown, translation, texts, files)
    prints = _fingerprints(translation, shown)
    results = [_result(finding, places.of(finding), prints[finding]) for finding in shown]
    return {FILE: _log(results, _run(translation, len(translation.findings)))}


def _log(results: list[dict[str, Any]], run: dict[str, Any]) -> str:
    """One rule and one result on each line, so that versions of the file can be compared."""
    driver = {"name": "ecs2k8s", "semanticVersion": __version__, "rules": []}
    run = run | {"tool": {"driver": driver}, "results": []}
    head, middle, tail = _around(in_lines([{"version": "2.1.0", "$schema": SCHEMA, "runs": [run]}]).decode()[2:-2])
    return f"{head}{in_lines(results).decode()}{middle}{_rules()}{tail}\n"


def _around(text: str) -> tuple[str, str, str]:
    """What stands around the two empty lists of a log: keys are sorted, so the results come first."""
    head, _, rest = text.partition('"results":[]')
    middle, _, tail = rest.partition('"rules":[]')
    return f'{head}"results":', f'{middle}"rules":', tail


@cache
def _index() -> dict[str, int]:
    """Each slug that can be a finding, and the place of its rule."""
    slugs = sorted(slug for slug, entry in catalogue().items() if not entry.ledger_only)
    return {slug: at for at, slug in enumerate(slugs)}


@cache
def _rules() -> str:
    """All of them, whatever was found: the rules of two exports differ where the versions of ecs2k8s do."""
    return in_lines(_rule(slug, catalogue()[slug]) for slug in _index()).decode()


def _run(translation: Translation, number: int) -> dict[str, Any]:
    left = number - MOST
    said = f"{left} of {number} findings are left out, the least severe ones: report/findings.json has all."
    notices = [{"level": "warning", "message": {"text": said}}] if left > 0 else []
    where = {(workload.account, workload.region) for workload in translation.inventory.workloads}
    unit = "/".join(part for part in next(iter(where)) if part) if len(where) == 1 else ""
    return {
        "automationDetails": {"id": f"ecs2k8s/{quote(unit)}/" if unit else "ecs2k8s/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notices}],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The migration directory."}}},
        "properties": {"findings": number, "leftOut": max(0, left)},
    }


def _rule(slug: str, entry: Entry) -> dict[str, Any]:
    text, todo = (ARGUMENT.sub("…", words) for words in (entry.text, entry.action))
    see = {"helpUri": entry.see} if entry.see else {}
    return see | {
        "id": slug,
        "shortDescription": {"text": words(entry.title)},
        "fullDescription": {"text": words(text)},
        "help": {"text": words(todo or text), "markdown": _help(text, todo, entry.see)},
        "defaultConfiguration": {"level": entry.severity},
        "properties": {"tags": ["ecs-to-eks"], "problem.severity": PROBLEM[entry.severity]},
    }


def _help(text: str, todo: str, see: str) -> str:
    """Markdown of the catalogue's own words; braces doubled, as in every message."""
    parts = [prose(text), f"**Do:** {prose(todo)}" if todo else "", f"**See:** <{see}>" if see else ""]
    return _braces("\n\n".join(part for part in parts if part))


def _result(finding: Finding, place: Place, fingerprint: str) -> dict[str, Any]:
    said = f"{message(finding)} {action(finding)}".strip()
    region = {"startLine": place.line, "startColumn": place.begin, "endLine": place.line, "endColumn": place.end}
    subject = f"{finding.subject} {finding.path}".strip()
    return {
        "ruleId": finding.slug,
        "ruleIndex": _index()[finding.slug],
        "level": catalogue()[finding.slug].severity,
        "message": {"text": words(said)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.file), "uriBaseId": ROOT},
                    "region": region,
                },
                "logicalLocations": [{"fullyQualifiedName": escape(subject), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},  # the only one that GitHub looks at
    }


def words(text: str) -> str:
    """*text* as a plain text message: nothing of it is a link or a placeholder (SARIF 3.11.5, 3.11.6).

    Where it is too long it ends with how long it is.
    """
    shown = escape(text)
    made, tail = _literal(shown), f" … ({len(shown)} characters)"
    end = min(len(shown), LONGEST - len(tail))
    while len(made) > LONGEST:
        made = _literal(shown[:end] + tail)
        end -= max(1, (len(made) - LONGEST) // 2)  # what is left out was two characters at most
    return made


def _literal(text: str) -> str:
    return _braces(BRACKETS.sub(r"\\\1", text) if LINK.search(text) else text)


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _fingerprints(translation: Translation, findings: list[Finding]) -> dict[Finding, str]:
    """A hash of rule, subject and path, then the ordinal among those that are equal in these.

    Revisions and places in lists are no part of it: they change with every deployment, and with each new neighbour.
    """
    documents = {item.document.id: item.document.data for item in translation.inventory.index.tracked}
    seen: Counter[str] = Counter()
    found: dict[Finding, str] = {}
    for finding in findings:
        subject = REVISION.sub(r"\1", finding.subject)
        parts = (finding.slug, subject, _named(finding.path, documents.get(finding.subject)))
        key = sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]
        seen[key] += 1
        found[finding] = f"{key}:{seen[key]}"
    return found


def _named(path: str, data: Any) -> str:
    """*path* with the names of items in place of their numbers, where they have names."""
    try:
        steps = parse(path)
    except ValueError:
        return path
    found: list[str | int] = []
    for step in steps:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        name = next((data[key] for key in NAMES if key in data), None) if isinstance(data, dict) else None
        found.append(f"={name}" if isinstance(step, int) and isinstance(name, str) else step)
    return show(tuple(found))
