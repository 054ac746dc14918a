"""Arguments in texts of the catalogue."""

from __future__ import annotations

import pytest

from ecs2k8s.report.escape_markdown import filled


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("Run `id {user}` first.", "www-data", "Run `id www-data` first."),
        ("Run `id {user}` first.", "a`b", "Run `` id a`b `` first."),
        ("{user} is `nobody`.", "www-data", "`www-data` is `nobody`."),
        ("`{{x}}` of {user}", "{y}", "`{x}` of `{y}`"),
    ],
)
def test_an_argument_inside_a_code_span_ends_no_span(template: str, value: str, shown: str) -> None:
    assert filled(template, [("user", value)]) == shown
