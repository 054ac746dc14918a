"""Foreign text in Markdown, as a reader of CommonMark with tables sees it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ecs2k8s.core.escape import escape
from ecs2k8s.report.escape_markdown import cell, code, filled, plain, span

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PARTS = [*"|\\`*_[]()<>&#!~$@{}ab1.-=+ \n\t\x1b\u202e", "](x)", "<b>", "https://a", "&amp;", "\\|"]
TEXT = st.lists(st.sampled_from(PARTS)).map("".join)


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("Run `id {user}` first.", "www-data", "Run `id www-data` first."),
        ("Run `id {user}` first.", "a`b", "Run `` id a`b `` first."),
        ("{user} is `nobody`.", "www-data", "`www-data` is `nobody`."),
        ("`{{x}}` of {user}", "{y}", "`{x}` of `{y}`"),
        ("`a<b` of {user} < 3", "c|d", "`a<b` of `c|d` &lt; 3"),
    ],
)
def test_an_argument_inside_a_code_span_ends_no_span(template: str, value: str, shown: str) -> None:
    assert filled(template, [("user", value)]) == shown


def test_only_a_cell_escapes_what_ends_a_cell() -> None:
    assert span("a|b") == "`a|b`"
    assert code("a|b") == r"`a\|b`"
    assert cell("Run `x {a}` of {a}", [("a", "c|d")]) == r"Run `x c\|d` of `c\|d`"


def inline(markdown: str) -> list[tuple[str, str]]:
    """The leaves of a text: type and content."""
    (_, paragraph, _) = MARKDOWN.parse(markdown)
    return [(token.type, token.content) for token in paragraph.children or []]


def cells(*texts: str) -> list[list[tuple[str, str]]]:
    row = " | ".join(texts)
    tokens = MARKDOWN.parse(f"| {' | '.join('x' * len(texts))} |\n| {' | '.join(['---'] * len(texts))} |\n| {row} |\n")
    found = [[(t.type, t.content) for t in token.children or []] for token in tokens if token.type == "inline"]
    return found[len(texts) :]


def text_of(leaves: list[tuple[str, str]]) -> str:
    return "".join("" if kind == "html_inline" else content for kind, content in leaves)


@given(TEXT)
@example("a | b")
@example("| a |")
@example("\\|")
@example("`\\|`")
def test_a_code_span_shows_its_text(text: str) -> None:
    if not text:
        return
    assert inline(f"x {span(text)} y") == [("text", "x "), ("code_inline", escape(text)), ("text", " y")]


@given(TEXT, TEXT)
@example("\\|", "a\\")
@example("a\\", "|")
@example("<b>\\|", "`|`")
def test_a_cell_shows_its_text_and_no_other_cell_more(one: str, other: str) -> None:
    found = cells(code(one or "x"), code(other or "x"))
    assert [text_of(leaves).strip() for leaves in found] == [escape(text or "x").strip() for text in (one, other)]
    html = [content for leaves in found for kind, content in leaves if kind == "html_inline"]
    assert set(html) <= {"<code>", "</code>"}


@given(TEXT)
@example("# a")
@example("1. a")
@example("- a")
@example("===")
@example("GH-1 #2 @a www.x.y https://x.y a@b.c")
@example("![a](b) <b> &lt; :smile: ~~x~~ $x$")
def test_plain_words_are_no_markup_and_read_as_they_are(text: str) -> None:
    for before in ("", "- ", "> ", "## "):
        tokens = MARKDOWN.parse(before + plain(text))
        kinds = {leaf.type for token in tokens for leaf in token.children or []}
        assert kinds <= {"text", "text_special"}, (kinds, plain(text))
        allowed = {"": {"paragraph"}, "- ": {"paragraph", "list_item", "bullet_list"}}
        blocks = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} - {"inline"}
        if text.strip() and escape(text)[0] != " ":
            assert blocks <= allowed.get(before, {"paragraph", "blockquote", "heading"})
    if text.strip():
        shown = "".join(leaf.content for token in MARKDOWN.parse("x" + plain(text)) for leaf in token.children or [])
        assert shown == "x" + escape(text).rstrip()
    for written in ("http:", "https:", "www.", "@", "#", "gh-1"):
        assert written not in plain(text).lower().replace("&#", "")
