"""Findings: what a person must know or do, as values; their text lies in mappings/findings.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.mappings import rows

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A slug of the catalogue, about `subject` (an ARN, a file, or `Kind/namespace/name`) and the leaf at `path`."""

    slug: str
    subject: str
    path: str = ""
    args: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, slug: str, subject: str, path: str = "", /, **args: object) -> Finding:
        return cls(slug, subject, path, tuple(sorted((name, str(value)) for name, value in args.items())))

    def plain(self) -> dict[str, Any]:
        return {"slug": self.slug, "subject": self.subject, "path": self.path, "args": dict(self.args)}


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of findings.yaml.

    `fidelity` is what the leaf becomes that the finding is noted on (absent: it stays). `whole`: said of a document
    as a whole, so it is one finding however many leaves the document has. `ledger_only`: explains a leaf in the ledger
    and is no finding of its own, because another finding says the same once.
    """

    severity: Severity
    title: str
    text: str
    action: str = ""
    see: str = ""
    fidelity: Fidelity | None = None
    whole: bool = False
    ledger_only: bool = False


Catalogue = dict[str, Entry]


@cache
def catalogue() -> Catalogue:
    """mappings/findings.yaml, slug to entry."""
    return rows("findings.yaml", Entry)


def message(finding: Finding) -> str:
    """The finding's text with its arguments filled in."""
    return catalogue()[finding.slug].text.format_map(dict(finding.args))


def sentence(finding: Finding) -> str:
    """Its subject and its text, on one line."""
    return f"{finding.subject}: {message(finding)}"


def located(finding: Finding) -> str:
    """Its subject, its path if it has one, and its text."""
    return f"{finding.subject}: {finding.path + ': ' if finding.path else ''}{message(finding)}"


def action(finding: Finding) -> str:
    return catalogue()[finding.slug].action.format_map(dict(finding.args))


def rank(finding: Finding) -> tuple[int, Finding]:
    """Sort key: errors first, then by slug and place."""
    return SEVERITIES.index(catalogue()[finding.slug].severity), finding
