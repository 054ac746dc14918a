"""Findings as the page lists them: by slug, errors first, each place where they are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.findings import SEVERITIES
from ecs2k8s.report.data import by_slug, said
from ecs2k8s.report.page_model import Group, Place
from ecs2k8s.report.spans import action, message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.findings import Finding
    from ecs2k8s.report.data import Said

NOWHERE = Place("", "", (), ())
MOST_PLACES = 3  # that a group lists; findings.json has all


def groups(findings: Iterable[Finding], *, subjects: bool) -> tuple[Group, ...]:
    """*subjects*: whether each place names what it is about, where the reader does not know."""
    everything = said(findings)
    return tuple(
        _group(group, subjects=subjects) for severity in SEVERITIES for group in by_slug(everything, severity).values()
    )


def _group(group: list[Said], *, subjects: bool) -> Group:
    first = group[0]
    same_message = len({item.message for item in group}) == 1
    same_action = len({item.action for item in group}) == 1
    places = [
        Place(
            item.finding.subject if subjects else "",
            item.finding.path,
            () if same_message else message(item),
            () if same_action else action(item),
        )
        for item in group
    ]
    listed = [place for place in dict.fromkeys(places) if place != NOWHERE]
    return Group(
        first.finding.slug,
        first.severity,
        first.title,
        len(group),
        message(first) if same_message else (),
        action(first) if same_action else (),
        first.see,
        tuple(listed[:MOST_PLACES]),
        max(0, len(listed) - MOST_PLACES),
    )
