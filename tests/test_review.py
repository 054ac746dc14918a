"""docs/review.md quotes the page as it is."""

from __future__ import annotations

import re
from pathlib import Path

from ecs2k8s.report.page import model
from tests.review_pages import files, translated

WALK = Path(__file__).parent.parent / "docs" / "review.md"


def quoted() -> dict[str, str]:
    """The blocks of the walk, made of the page of the sample."""
    page = model(*translated("three-tier"), files("three-tier"))
    estate = page.estate
    fields = ", ".join(f"{count} {verdict}" for verdict, count in estate.totals.items())
    words = ", ".join(f"{count} {word}" for word, count in estate.words.items())
    severities = ", ".join(f"{count} {severity}s" for severity, count in estate.severities.items())
    rows = [
        f"| {each.namespace}/{each.name} | {each.word} | {each.wave} | {each.counts['error']} | {each.counts['warning']} | {each.counts['note']} |"
        for each in page.workloads
    ]
    head = "| Workload | Decision | Wave | Errors | Warnings | Notes |\n|---|---|--:|--:|--:|--:|"
    return {
        "decision": f"> {estate.headline}\n\nWorkloads: {words}. Findings: {severities}. Fields: {fields}.",
        "workloads": "\n".join([head, *rows]),
    }


def test_the_walk_quotes_the_page(update: bool) -> None:
    text = WALK.read_text(encoding="utf-8")
    made = text
    for name, shown in quoted().items():
        made = re.sub(
            rf"<!-- {name} -->\n.*?<!-- /{name} -->",
            f"<!-- {name} -->\n\n{shown}\n\n<!-- /{name} -->",
            made,
            flags=re.DOTALL,
        )
    if update:
        WALK.write_text(made, encoding="utf-8")
    assert text == made or update, "run `make update`"


def test_every_picture_of_the_walk_is_there_and_small() -> None:
    named = re.findall(r"!\[[^\]]+\]\((images/[^)]+)\)", WALK.read_text(encoding="utf-8"))
    assert named
    for path in named:
        assert 1024 < (WALK.parent / path).stat().st_size < 200 * 1024, path
