"""Findings for people: a section for each severity, an item of it for each kind of finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.report.data import by_slug
from ecs2k8s.report.escape_markdown import filled, prose, span
from ecs2k8s.report.sections import FOLD, UNFOLD, Item, Section

if TYPE_CHECKING:
    from ecs2k8s.report.data import Said

MOST_PLACES = 10  # places that a group of findings lists; findings.json has all
MOST_OPEN = 3  # of these that are seen at once
HEADINGS = {
    "error": ("Errors", "Do not apply before these are settled."),
    "warning": ("Warnings", "A person must act, before or during the move."),
    "note": ("Notes", "Differences, said for the record."),
}


def severity_section(everything: list[Said], severity: str) -> Section:
    heading, about = HEADINGS[severity]
    groups = by_slug(everything, severity)
    intro = Item((about if groups else "None.", ""), 0)
    return Section(heading, (intro, *(_item(group) for group in groups.values())), f"{severity}s")


def _item(group: list[Said]) -> Item:
    first = group[0]
    lines = [f"### {prose(first.title)} ({len(group)})", "", f"`{first.finding.slug}`", ""]
    same = len({item.message for item in group}) == 1
    if same:
        lines += [message_of(first), ""]
    if first.action and len({item.action for item in group}) == 1:
        lines += [f"**Do:** {action_of(first)}", ""]
    places = [_place(item, same=same) for item in group[:MOST_PLACES]]
    if len(group) > MOST_PLACES:
        places.append(f"- and {len(group) - MOST_PLACES} more, in `findings.json`")
    return Item((*lines, *_folded(places, len(group)), ""), len(group))


def _place(item: Said, *, same: bool) -> str:
    place = span(item.finding.subject) + (f" {span(item.finding.path)}" if item.finding.path else "")
    return f"- {place}" + ("" if same else f": {message_of(item)}")


def _folded(places: list[str], number: int) -> list[str]:
    """A long list is one line until a reader opens it."""
    if number <= MOST_OPEN:
        return places
    return [f"{FOLD}><summary>{number} places</summary>", "", *places, "", UNFOLD]


def message_of(item: Said) -> str:
    return filled(item.text, item.finding.args)


def action_of(item: Said) -> str:
    return filled(item.todo, item.finding.args)
