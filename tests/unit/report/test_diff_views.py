"""The views of a diff: each case of diffs/ is the JSON of one, beside its text, its Markdown and its page."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.compare.changes import MASKED
from ecs2k8s.core.escape import HIDDEN
from ecs2k8s.report.diff_html import diff_html
from ecs2k8s.report.diff_markdown import MOST, diff_markdown
from ecs2k8s.report.diff_text import diff_text
from ecs2k8s.report.diff_words import cut, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    View = Callable[[dict[str, Any]], str]

DIFFS = Path(__file__).parent / "diffs"
CASES = sorted(path.stem for path in DIFFS.glob("*.json"))
VIEWS: dict[str, View] = {
    "txt": lambda diff: diff_text(diff, everything=False, width=100),
    "all.txt": lambda diff: diff_text(diff, everything=True, width=60),
    "md": lambda diff: diff_markdown(diff, everything=False),
    "html": lambda diff: diff_html(diff, everything=False),
}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "h1", "h2", "p", "aside", "table", "thead"),
    *("tbody", "tr", "th", "td", "code", "details", "summary", "div", "del", "ins", "span", "strong", "ul", "li"),
}
ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "scope",
    "class",
    "open",
    "tabindex",
    "role",
    "rowspan",
}


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DIFFS / f"{name}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", CASES)
def test_a_view_is_as_it_was_approved(name: str, view: str, update: bool) -> None:
    expected = DIFFS / f"{name}.{view}"
    text = VIEWS[view](load(name))
    if update:
        expected.write_text(text, "utf-8", newline="")
    assert text == expected.read_bytes().decode()


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_shows_a_hidden_character(view: str) -> None:
    text = VIEWS[view](load("hostile"))
    assert not [line for line in text.split("\n") if HIDDEN.search(line)]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def test_hostile_text_adds_no_element_to_the_page() -> None:
    page = Page()
    page.feed(diff_html(load("hostile"), everything=True))
    assert page.tags <= TAGS
    assert page.attributes <= {*ATTRIBUTES, "aria-label"}
    assert page.comments == []


def test_hostile_text_is_in_code_or_escaped_in_markdown() -> None:
    text = diff_markdown(load("hostile"), everything=True)
    assert text.count("<!--") - text.count("`<!--") >= 1  # the mark is there
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)|<code>[^<]*</code>", "", text)  # without code
    for alive in ("@", "://", "www.", "<script", "javascript:", "![", "[l]", "$a$"):
        assert alive not in bare, alive
    assert re.findall(r"<(?!/?(?:details|summary|code|br)\b|!-- ecs2k8s diff translate -->)", bare) == []
    rows = [line for line in bare.split("\n") if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows[2:]} == {6, 7}


def many(rows: int, objects: int) -> dict[str, Any]:
    """Leaves of which another thing is said each, so that none is left out for being like the others."""
    diff = load("translate")
    change = diff["changes"][1]
    row = change["rows"][0]
    change["rows"] = [row | {"because": f"Reason {number}.", "path": f"path{number}"} for number in range(rows)]
    diff["changes"] = [copy.deepcopy(change) for _ in range(objects)]
    return diff


@pytest.mark.parametrize(("rows", "objects"), [(1, 1), (3000, 1), (2, 1000), (90, 7)])
def test_markdown_keeps_its_limit_and_counts_what_is_cut(rows: int, objects: int) -> None:
    text = diff_markdown(many(rows, objects), everything=False)
    assert len(text) <= MOST
    folds = text.split("<details")[1:]
    assert len(folds) == text.count("</details>")
    whole = sum(fold.count("| - dropped") == rows for fold in folds)
    said = re.search(r"Cut here: (\d+) objects? with (\d+) leaves", text)
    assert (int(said[1]), int(said[2])) if said else (objects - whole, rows * (objects - whole)) == (0, 0)
    assert bool(said) is (rows * objects > 1)


def test_leaves_of_which_the_same_is_said_are_counted_where_they_are_many() -> None:
    diff = many(1, 1)
    diff["changes"][0]["rows"] *= 30
    assert "and 24 more like them" in diff_markdown(diff, everything=False)
    assert "and 24 more like them" in diff_text(diff, everything=False, width=100)
    assert "more like" not in diff_text(diff, everything=True, width=100)
    assert diff_html(diff, everything=False).count("path0") == 30


def test_markdown_leaves_out_what_a_rule_carries_without_a_warning_and_counts_it() -> None:
    diff = load("translate")
    row = diff["changes"][0]["rows"][0] | {"status": "mapped", "cause": "", "because": "As it is."}
    diff["changes"] = [
        diff["changes"][0] | {"rows": [row | {"severity": severity, "path": f"path-{severity}"}]}
        for severity in ("", "info", "note", "warning", "error")
    ]
    text = diff_markdown(diff, everything=False)
    assert "path-note" not in text
    assert "path-warning" in text
    assert "path-error" in text
    assert "3 objects more with 3 rows, all the same, explained, or carried over without a warning" in text
    assert "path-note" in diff_markdown(diff, everything=True)
    assert "path-note" in diff_text(diff, everything=False, width=100)


def test_a_masked_value_that_differs_is_not_shown_as_one_that_is_the_same() -> None:
    diff = load("translate")
    masked = {"type": "secret", "origin": "", "masked": True}
    row = diff["changes"][0]["rows"][0] | {"status": "changed", "cause": "", "severity": "", "path": "it"}
    both = row | {"before": masked, "after": masked, "equal": False}
    diff["changes"] = [diff["changes"][0] | {"rows": [both]}]
    text = diff_text(diff, everything=False, width=100)
    assert f"- {MASKED} (differs)" in text
    assert f"+ {MASKED} (differs)" in text
    arguments = {"type": "array", "origin": "", "value": ["--password", f"{MASKED} (differs)"]}
    diff["changes"] = [diff["changes"][0] | {"rows": [row | {"before": arguments, "after": arguments, "equal": None}]}]
    assert f'+ ["--password", "{MASKED} (differs)"]' in diff_text(diff, everything=False, width=100)
    diff["changes"] = [diff["changes"][0] | {"rows": [both | {"equal": True, "status": "mapped"}]}]
    assert f"= {MASKED} (same)" in diff_text(diff, everything=False, width=100)
    diff["changes"] = [diff["changes"][0] | {"rows": [both | {"before": None}]}]
    assert f"+ {MASKED}\n" in diff_text(diff, everything=False, width=100)


def test_a_masked_value_has_one_length_and_no_hash() -> None:
    for view in VIEWS.values():
        text = view(load("translate"))
        assert MASKED in text
        assert not re.search(MASKED + r"[^\n]{0,40}sha256", text)


def test_a_long_value_keeps_both_ends_and_tells_itself_apart() -> None:
    one, two = cut("a" * 200 + "b" * 200, 80), cut("a" * 200 + "c" + "b" * 199, 80)
    assert len(one) == 80
    assert one.startswith("aaaa")
    assert one.endswith("bbbb")
    assert "400 characters" in one
    assert one != two
    assert cut("short", 80) == "short"


def test_every_view_says_the_verdict() -> None:
    diff = load("translate")
    words = verdict(diff)
    assert (
        words
        == "migration: 1 blocker, 1 warning, 2 mapped, 1 added, 1 dropped, 1 changed, 5 explained, 2 unexplained (D1)"
    )
    for view in VIEWS.values():
        assert words in view(diff)


def test_colour_is_around_words_and_never_in_them() -> None:
    diff = load("hostile")
    coloured = diff_text(diff, everything=True, width=100, style=lambda _, text: f"\x1b[1m{text}\x1b[0m")
    assert re.sub(r"\x1b\[[01]m", "", coloured) == diff_text(diff, everything=True, width=100)
