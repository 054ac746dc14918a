"""The figures of a cutover's reliability: what the tests of one run measured of each claim of `tests.claims`.

A test says by the mark `claim` which claim it is about and what it meets, and by the fixture `figure` what it counted.
Every run prints the figures of its tests. `make test-long` writes docs/reliability.md; no figure stands anywhere else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s import __version__
from tests.claims import CLAIMS, TIERS, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.claims import Claim, Measure, Number

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"


@dataclass
class Row:
    """What the tests of one claim did in one tier."""

    outcomes: Counter[str] = field(default_factory=Counter)
    numbers: list[dict[str, Number]] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)

    def take(self, report: pytest.TestReport) -> None:
        self.outcomes[report.outcome] += 1
        self.numbers += [numbers for name, numbers in report.user_properties if name == "figure"]  # type: ignore[misc]
        if isinstance(report.longrepr, tuple):
            self.skipped.add(report.longrepr[2].removeprefix("Skipped: "))

    def value(self, measure: Measure) -> Number | None:
        if measure.name == "tests":
            return self.outcomes["passed"] or None
        found = [numbers[measure.name] for numbers in self.numbers if measure.name in numbers]
        return measure.together(found) if found else None

    @property
    def seeds(self) -> str:
        return ", ".join(str(seed) for seed in sorted({its["seed"] for its in self.numbers if "seed" in its}))

    def why_not(self) -> str:
        """Why it has no figure; empty where it has."""
        if self.outcomes["failed"]:
            return f"{self.outcomes['failed']} of its tests failed"
        if self.skipped and not self.outcomes["passed"]:
            return f"skipped: {'; '.join(sorted(self.skipped))}"
        return "" if self.outcomes["passed"] else "not measured in this run"


class Figures:
    """A plugin of pytest, in the process that has all reports."""

    def __init__(self, page: Path | None) -> None:
        self.page = page
        self.rows = {(ident, tier): Row() for ident, claim in CLAIMS.items() for tier in claim.tiers}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            for name, claimed in report.user_properties:
                if name == "claim":
                    self.rows[tuple(claimed)].take(report)  # type: ignore[arg-type, index]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.page:
            self.page.write_text("\n".join(page(self.rows)) + "\n", encoding="utf-8")
            session.exitstatus = session.exitstatus or int(any(missed(self.rows)))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        lines = list(table(self.rows))
        if lines:
            terminalreporter.section("figures")
            terminalreporter.write("\n".join([*lines, ""]))


Rows = dict[tuple[str, str], Row]


def measured(rows: Rows) -> Iterator[tuple[str, str, Measure, Number]]:
    for (ident, tier), row in rows.items():
        for measure in CLAIMS[ident].measures:
            value = row.value(measure)
            if value is not None:
                yield ident, tier, measure, value


def missed(rows: Rows) -> Iterator[str]:
    return (f"{ident}: {measure.title}" for ident, _, measure, value in measured(rows) if not measure.met(value))


def table(rows: Rows) -> Iterator[str]:
    """For a terminal: a line for each claim and tier that were met."""
    for (ident, tier), row in rows.items():
        found = [f"{shown(value)} {each.title}" for one, other, each, value in measured(rows) if (one, other) == (ident, tier)]  # fmt: skip
        said = "; ".join(found) + (f" (seed {row.seeds})" if row.seeds else "")
        if row.outcomes:
            yield f"{ident:<13}{tier:<26}{row.why_not() or said}"


def page(rows: Rows) -> Iterator[str]:
    yield from HEAD
    yield from ("| Where | What that is |", "|---|---|", *(f"| {tier} | {text} |" for tier, text in TIERS.items()))
    for ident, claim in CLAIMS.items():
        yield from ("", f"## {ident}", "", claim.text, "")
        yield from _of(claim, [(tier, rows[ident, tier]) for tier in claim.tiers])


HEAD = (
    "# How reliable a cutover is, as measured",
    "",
    f"Written by `make test-long` of version {__version__}: the figures of that one run, and none of another. `make test` runs about a",
    "tenth of each, with fresh seeds, and prints what it found. What a run did not measure, or skipped, says so and why.",
    "A run that was of a part of the tests, or was ended early, misses targets of counts. No figure here comes from a real account of AWS.",
    "",
)


def _of(claim: Claim, rows: Sequence[tuple[str, Row]]) -> Iterator[str]:
    heads = [f"{each.title} ({each.target})" if each.target else each.title for each in claim.measures]
    yield f"| Where | {' | '.join(heads)} | Seeds |"
    yield "|---|" + "--:|" * len(heads) + "---|"
    for tier, row in rows:
        reason = row.why_not()
        cells = [reason, *[""] * (len(heads) - 1)] if reason else [_cell(row, each) for each in claim.measures]
        yield f"| {tier} | {' | '.join(cells)} | {row.seeds} |"


def _cell(row: Row, measure: Measure) -> str:
    value = row.value(measure)
    if value is None:
        return "not measured in this run"
    return shown(value) if measure.met(value) else f"**{shown(value)}: not met**"


def page_of(config: pytest.Config) -> Path | None:
    """Where to write, if asked to: only a run of all claims may, as the long profile has it."""
    if not config.getoption("--figures"):
        return None
    if config.getoption("-m") not in ("", "claim") or config.getoption("--hypothesis-profile") != "long":
        raise pytest.UsageError("--figures is for `-m claim --hypothesis-profile=long`, as `make test-long` has it")
    return PAGE


def claimed(items: Iterable[pytest.Item]) -> None:
    """What a test is about goes with its reports, that of a test that is skipped too."""
    for item in items:
        mark = item.get_closest_marker("claim")
        if mark:
            item.user_properties.append(("claim", mark.args))


Figure = Any  # called with numbers by their names in CLAIMS, and a seed
