from __future__ import annotations

import re
from pathlib import Path

from ecs2k8s.assess.decisions import decisions
from ecs2k8s.pipeline import translate
from ecs2k8s.report.accounts_page import accounts, accounts_page
from ecs2k8s.report.data import counts
from tests.estates import estate

UNITS = [(Path("111122223333") / name, translate(*estate(name))) for name in ("three-tier", "ec2-legacy")]


def test_each_row_has_the_numbers_of_its_own_page_and_the_last_their_sums() -> None:
    page = accounts(UNITS, [], [])
    for unit, (place, translation) in zip(page.units, UNITS, strict=True):
        assert unit.link == f"../{place}/report/index.html"
        assert sum(unit.words.values()) == len(decisions(translation))
        assert unit.severities == counts(translation.findings)
        assert unit.fields == translation.ledger.totals
    assert sum(page.fields.values()) == sum(len(translation.ledger.entries) for _, translation in UNITS)
    assert sum(page.words.values()) == sum(len(decisions(translation)) for _, translation in UNITS)
    assert (page.word, page.units[0].word, page.units[1].word) == ("no-go", "go with work", "no-go")
    assert page.headline == "No-go: 1 of 2 accounts and Regions have errors that must be settled first."


def test_what_could_not_be_read_is_said_before_the_numbers() -> None:
    text = accounts_page(UNITS[:1], ["account 1, eu-west-1: <b>nothing</b>"], ["account 2: denied"])
    assert text.index("Not all could be read") < text.index('class="cards"')
    assert "<li>account 2: denied</li>" in text
    assert "&lt;b&gt;nothing&lt;/b&gt;" in text
    assert "Not all could be read" not in accounts_page(UNITS[:1], [], [])


def test_it_has_the_policy_of_the_review_page() -> None:
    policy = r"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert policy in accounts_page(UNITS[:1], [], [])
    assert not re.search(r"<(script|iframe|img|form|link)\b", accounts_page(UNITS, ["<script>"], ["<img>"]))
