"""Generated pages are current, and what people type works."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecs2k8s.report.pages import pages

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_current(name: str, update: bool) -> None:
    text = pages()[name]
    if update:
        (DOCS / name).write_text(text, encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == text, "run `make update`"
