"""report/index.html of several accounts or Regions: a row for each, and a link to its own page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import WORDS, decisions, overall
from ecs2k8s.report.data import counts
from ecs2k8s.report.templating import href, rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecs2k8s.assess.decisions import Word
    from ecs2k8s.report.accounts import Unit


@dataclass(frozen=True, slots=True)
class UnitView:
    """One account and Region. `fields` are those of the ledger by verdict, `unread` what could not be read there."""

    name: str
    link: str
    word: Word
    words: dict[Word, int]
    objects: int
    severities: dict[str, int]
    fields: dict[str, int]
    unread: int


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """`words`, `severities` and `fields` are the sums of all units."""

    word: Word
    headline: str
    units: tuple[UnitView, ...]
    words: dict[str, int]
    severities: dict[str, int]
    fields: dict[str, int]
    objects: int
    unread: tuple[str, ...]
    empty: tuple[str, ...]


def accounts_page(units: Sequence[Unit], empty: Sequence[str], unread: Sequence[str]) -> str:
    return rendered("accounts.html.jinja", page=accounts(units, empty, unread))


def accounts(units: Sequence[Unit], empty: Sequence[str], unread: Sequence[str]) -> AccountsPage:
    """All that the page shows."""
    views = tuple(map(_view, units))
    words = {word: sum(view.words[word] for view in views) for word in WORDS}
    worst = min((WORDS.index(view.word) for view in views), default=len(WORDS) - 1)
    return AccountsPage(
        WORDS[worst],
        _headline(WORDS[worst], views),
        views,
        {str(word): count for word, count in words.items()},
        _sums(view.severities for view in views),
        _sums(view.fields for view in views),
        sum(view.objects for view in views),
        tuple(unread),
        tuple(empty),
    )


def _view(unit: Unit) -> UnitView:
    place, translation = unit
    decided = Counter(decision.word for decision in decisions(translation))
    words = {word: decided[word] for word in WORDS}
    severities = counts(translation.findings)
    return UnitView(
        str(place),
        href(f"{place}/report/index.html"),
        overall(words, severities),
        words,
        len(translation.bundle.objects),
        severities,
        translation.ledger.totals,
        len(translation.unread),
    )


def _headline(word: Word, views: Sequence[UnitView]) -> str:
    number = sum(view.word == word for view in views)
    said = {
        "no-go": "have errors that must be settled first",
        "go with work": "have warnings that a person must act on, and none has an error",
        "go": "have neither errors nor warnings",
    }
    return f"{word[:1].upper()}{word[1:]}: {number} of {len(views)} accounts and Regions {said[word]}."


def _sums(numbers: Iterable[dict[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in numbers:
        found.update(each)
    return dict(found)
