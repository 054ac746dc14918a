"""What every report shows, as JSON-able values."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical, in_lines
from ecs2k8s.core.findings import SEVERITIES, Finding, action, catalogue, message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.ledger import Entry, Ledger
    from ecs2k8s.core.target import Target

LEDGER_FORMAT = "ecs2k8s/ledger/v1"


@dataclass(frozen=True, slots=True)
class Said:
    """A finding with its words."""

    finding: Finding
    severity: str
    title: str
    message: str
    action: str
    see: str

    @property
    def text(self) -> str:
        """The message before its arguments are filled in."""
        return catalogue()[self.finding.slug].text

    @property
    def todo(self) -> str:
        """The action before its arguments are filled in."""
        return catalogue()[self.finding.slug].action

    @classmethod
    def of(cls, finding: Finding) -> Said:
        entry = catalogue()[finding.slug]
        return cls(finding, entry.severity, entry.title, message(finding), action(finding), entry.see)

    def plain(self) -> dict[str, str]:
        """One item of findings.json."""
        return {
            "slug": self.finding.slug,
            "severity": self.severity,
            "subject": self.finding.subject,
            "path": self.finding.path,
            "message": self.message,
            "action": self.action,
            "see": self.see,
        }


def said(findings: Iterable[Finding]) -> list[Said]:
    return [Said.of(finding) for finding in findings]


def by_slug(all_said: Iterable[Said], severity: str) -> dict[str, list[Said]]:
    """The findings of one severity, grouped for people: generic ones by what they say."""
    groups: dict[str, list[Said]] = defaultdict(list)
    for item in all_said:
        if item.severity == severity:
            generic = item.finding.slug.startswith("field-")
            groups[f"{item.finding.slug} {item.message}" if generic else item.finding.slug].append(item)
    return dict(sorted(groups.items()))


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Severity to number, all three always there."""
    found = Counter(catalogue()[finding.slug].severity for finding in findings)
    return {severity: found[severity] for severity in SEVERITIES}


def ledger_json(ledger: Ledger, files: dict[str, Any]) -> bytes:
    """report/ledger.json, one entry on each line; *files* is the account of the files, with their hashes by path."""
    entries = in_lines(entry.plain() for entry in ledger.entries)
    rest = {**files, "format": LEDGER_FORMAT, "totals": ledger.totals}
    return b'{\n"entries": ' + entries + b",\n" + canonical(rest).lstrip(b"{\n")


def findings_json(translation: Translation, _target: Target) -> dict[str, str]:
    """report/findings.json."""
    lines = in_lines(item.plain() for item in said(translation.findings))
    return {"report/findings.json": lines.decode() + "\n"}


def totals_by_shape(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    """Shape to verdict to number of leaves."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        found[entry.document.shape][entry.fidelity.value] += 1
    return dict(sorted(found.items()))


def not_exact(entries: Iterable[Entry]) -> list[Entry]:
    """The leaves that a person should look at: carried with a difference, or left to them."""
    return [e for e in entries if e.fidelity.value in ("approximated", "manual")]
