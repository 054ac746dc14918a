"""Sections that are cut: never too long, never inside of something, and what is left adds up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ecs2k8s.report.sections import Item, Section, fitted, sections_of, text

MARKDOWN = MarkdownIt("commonmark").enable("table")
LEFT = re.compile(r"\*\*(\d+) more (\w+) of this section are in `all\.md`\.\*\*")
REST = "**The rest of this section is in `all.md`.**"

EXAMPLE = """\
## One

A paragraph
of two lines.

| a | b |
|---|---|
| 1 | 2 |
| 3 | 4 |

- first
  goes on
- second

## Two

### Below

    code
    more code

<details><summary>x</summary>

- a
- b

</details>

```mermaid
## no heading
graph
```

1. numbered
2. list
"""


def test_markdown_becomes_items_that_are_whole() -> None:
    one, two = sections_of(EXAMPLE.splitlines())
    assert (one.title, two.title) == ("One", "Two")
    assert [item.lines for item in one.items if item.lines != ("",)] == [
        ("A paragraph", "of two lines."),
        ("| a | b |", "|---|---|", "| 1 | 2 |"),
        ("| 3 | 4 |",),
        ("- first", "  goes on"),
        ("- second",),
    ]
    assert [item.entries for item in one.items if item.lines != ("",)] == [0, 1, 1, 1, 1]
    assert ("### Below", "", "    code", "    more code") in [item.lines for item in two.items]
    assert 2 in [item.entries for item in two.items if item.lines[0].startswith("<details")]
    assert ("1. numbered", "2. list") in [item.lines for item in two.items]


def test_nothing_changes_where_all_fits() -> None:
    sections = sections_of(EXAMPLE.splitlines())
    assert text([], sections) == EXAMPLE
    assert fitted([], sections, 10_000, "all.md") == (EXAMPLE, False)


def test_text_under_no_heading_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="stands under no heading: stray"):
        sections_of(["stray"])


@pytest.mark.parametrize("most", range(300, 600, 7))
def test_wherever_it_is_cut_blocks_are_whole(most: int) -> None:
    sections = sections_of(EXAMPLE.splitlines())
    made, is_cut = fitted(["# Head", ""], sections, most, "all.md")
    assert len(made) <= most
    assert is_cut == ("all.md" in made)
    assert made.count("<details>") == made.count("</details>")
    assert made.count("```") % 2 == 0
    for row in ("| 1 | 2 |", "| 3 | 4 |"):
        assert row not in made or "|---|---|" in made


SECTIONS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 3_000), st.integers(0, 40)), max_size=60), st.sampled_from(["rows", "notes"])
    ),
    min_size=1,
    max_size=25,
)


@given(SECTIONS, st.integers(6_000, 60_000))
def test_the_text_is_never_too_long_and_what_is_left_adds_up(
    drawn: list[tuple[list[tuple[int, int]], str]], most: int
) -> None:
    sections = [
        Section(f"S{at}", tuple(Item((f"{'x' * size}#{entries}#",), entries) for size, entries in items), things)
        for at, (items, things) in enumerate(drawn)
    ]
    made, is_cut = fitted(["# Head"], sections, most, "all.md")
    assert len(made) <= most
    parts = made.split("\n## ")[1:]
    assert len(parts) == len(sections)
    for section, part in zip(sections, parts, strict=True):
        shown = [int(number) for number in re.findall(r"#(\d+)#", part)]
        left = LEFT.search(part)
        assert sum(shown) + (int(left[1]) if left else 0) == sum(item.entries for item in section.items)
        assert shown == [item.entries for item in section.items][: len(shown)]
        assert (bool(left) or REST in part) == (len(shown) < len(section.items))
        assert not left or left[2] == section.things
    assert is_cut == any(LEFT.search(part) or REST in part for part in parts)


def test_the_first_sections_get_most_and_the_last_are_not_empty() -> None:
    sections = [Section(f"S{at}", tuple(Item(("y" * 99,)) for _ in range(1_000))) for at in range(10)]
    made, _ = fitted([], sections, 60_000, "all.md")
    shown = [part.count("y" * 99) for part in made.split("## ")[1:]]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > 150
    assert shown[-1] > 20
