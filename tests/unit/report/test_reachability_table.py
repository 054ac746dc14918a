from __future__ import annotations

from ecs2k8s.assess.reachability import Reachability, Row
from ecs2k8s.core.traffic import NOTHING, Traffic
from ecs2k8s.report.reachability import MOST_ROWS, lines

WEB: Traffic = (("TCP", 80, 80),)


def row(source: str, before: Traffic = WEB, after: Traffic = WEB, **differs: Traffic) -> Row:
    return Row((source,), ("b", "c", "d", "e"), before, after, differs.get("lost", ()), differs.get("widened", ()), "x")


def test_what_differs_stands_first_and_names_are_code() -> None:
    found = lines(Reachability((row("a|"), row("w", NOTHING, WEB, widened=WEB), row("l", WEB, NOTHING, lost=WEB))))
    rows = [line for line in found if line.startswith("| `")]
    assert rows == [
        "| `l` | `b`, `c`, `d` and 1 more | TCP 80 | nothing | lost |",
        "| `w` | `b`, `c`, `d` and 1 more | nothing | TCP 80 | widened |",
        "| `a\\|` | `b`, `c`, `d` and 1 more | TCP 80 | TCP 80 | same |",
    ]


def test_a_long_table_is_cut_and_says_so_and_an_empty_one_is_none() -> None:
    found = lines(Reachability(tuple(row(f"s{n}") for n in range(MOST_ROWS + 5))))
    assert "And 5 more." in found
    assert lines(Reachability(())) == []


def test_a_row_that_lost_and_won_says_both_and_icmp_alone_is_no_finding() -> None:
    both = row("a", lost=WEB, widened=(("UDP", 1, 1),))
    assert both.verdict == "lost and widened"
    assert [finding.slug for finding in Reachability((both,)).findings()] == [
        "reachability-lost",
        "reachability-widened",
    ]
    assert list(Reachability((row("a", lost=(("ICMP", 0, 0),)),)).findings()) == []
