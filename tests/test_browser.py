"""The review page in a real browser: the page of every sample, of 500 workloads, and of an account full of hostile text."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ecs2k8s.assess.decisions import WORDS, decisions
from ecs2k8s.core.escape import HIDDEN, escape
from ecs2k8s.report.accounts_page import accounts_page
from ecs2k8s.report.templating import TEMPLATES
from tests.browser import drive, missing
from tests.estates import SAMPLES
from tests.hostile import HOSTILE as EVIL
from tests.hostile import MARK
from tests.hostile_pages import pages
from tests.review_pages import HOSTILE, NAMES, files, html, translated

DRAWN = "Share of the requests that EKS gets"
RUN = "run/report.html"
AUDITED = [*SAMPLES, "hostile"]
Said = dict[str, Any]


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    """What the browser says of each page. One process of pytest asks for all, the others read its answer."""
    if why := missing():
        pytest.skip(why)
    mine: Path = tmp_path_factory.getbasetemp()
    shared = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine  # one level up lie the answers of other runs
    answer = shared / "browser.json"
    with (shared / "browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.is_file():
            folder = tmp_path_factory.mktemp("pages")
            jobs = []
            for name in NAMES:
                (folder / f"{name}.html").write_bytes(html(name))
                jobs.append({"path": str(folder / f"{name}.html"), "large": name == "many", "audit": name in AUDITED})
            (folder / "accounts.html").write_text(accounts_html(), encoding="utf-8")
            jobs.append({"path": str(folder / "accounts.html"), "glance": True})
            attacked = [str(page) for page in pages(folder)]
            jobs.append({"path": next(page for page in attacked if page.endswith(RUN)), "glance": True})
            said = drive([*jobs, *({"path": page, "mark": MARK} for page in attacked)])
            answer.write_text(json.dumps(dict(zip([*NAMES, "accounts", "run", *attacked], said, strict=True))))
    found: dict[str, Said] = json.loads(answer.read_text())
    return found


def accounts_html() -> str:
    """Two Regions, one of them of hostile text, and hostile reasons why others could not be read."""
    units = [(Path(f"111122223333/{name}"), translated(name)[0]) for name in ("three-tier", "hostile")]
    reasons = list(HOSTILE.values())
    return accounts_page(units, reasons, reasons)


@pytest.mark.parametrize(("name", "file"), [("accounts", "accounts.html"), ("run", "report.html")])
def test_the_pages_of_all_accounts_and_of_a_run_are_as_safe_and_as_accessible(
    name: str, file: str, seen: dict[str, Said]
) -> None:
    said = seen[name]
    assert (said["console"], said["violations"], said["ran"], said["dangling"]) == ([], [], "", [])
    assert [url.rpartition("/")[2] for url in said["requests"]] == [file]
    assert not said["tags"].keys() & {"SCRIPT", "IMG", "IFRAME", "FORM", "math"}
    assert all(link.startswith(("#", "../", "./")) for link in said["links"])
    assert [title for title, text in said["drawings"] if text] == ([DRAWN] if name == "run" else [])
    assert said["phone"] == {"overflow": [0], "broken": [], "narrow": 0}
    assert (said["headers"], said["captions"], said["overflow"]) == (0, 0, 0)
    assert said["keyboard"]["first"] == "Skip to the content"
    if said["light"] is not None:
        assert (said["light"], said["dark"]) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched_nothing_complains_and_nothing_runs(name: str, seen: dict[str, Said]) -> None:
    said = seen[name]
    assert said["console"] == []
    assert said["violations"] == []
    assert [url.rpartition("/")[2] for url in said["requests"]] == [f"{name}.html"]
    assert said["ran"] == ""
    assert "SCRIPT" not in said["tags"]


@pytest.mark.parametrize("name", NAMES)
def test_a_person_sees_the_decision_on_every_workload(name: str, seen: dict[str, Said]) -> None:
    said, (translation, _) = seen[name], translated(name)
    decided = decisions(translation)
    assert [row[0] for row in said["index"]] == [escape(f"{d.workload.namespace}/{d.workload.name}") for d in decided]
    assert [row[1] for row in said["index"]] == [d.word for d in decided]
    number = Counter(d.word for d in decided)
    assert said["cards"][:3] == [f"{number[word]}{word}" for word in WORDS]
    worst = next(word for word in WORDS if number[word])
    assert said["headline"].lower().startswith(worst)
    assert [text for tag, text in said["headings"] if tag == "H3" and "/" in text] == [row[0] for row in said["index"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_on_the_page_are_those_of_the_files(name: str, seen: dict[str, Said]) -> None:
    said, (translation, _) = seen[name], translated(name)
    assert dict(said["verdicts"]) == translation.ledger.totals
    findings = json.loads(files(name)["report/findings.json"])
    number = Counter(finding["severity"] for finding in findings)
    assert said["cards"][3:] == [f"{number[severity]}{severity} findings" for severity in ("error", "warning", "note")]


@pytest.mark.parametrize("name", NAMES)
def test_filters_hide_what_was_not_asked_for(name: str, seen: dict[str, Said]) -> None:
    said, (translation, _) = seen[name], translated(name)
    number = Counter(decision.word for decision in decisions(translation))
    for word in WORDS:
        assert said["filters"][word.replace(" ", "-")] == [number[word]] * 2
    assert said["filters"]["all"] == [sum(number.values())] * 2
    assert [said["filters"][severity] for severity in ("error", "warning", "note")] == [0, 0, 0]


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_shows_it_without_scrolling_sideways(name: str, seen: dict[str, Said]) -> None:
    said = seen[name]
    assert said["overflow"] <= 0
    assert [width <= 0 for width in said["phone"]["overflow"]] == [True, True], "folded and unfolded"
    folded, unfolded = said["phone"]["shown"]
    assert (folded, unfolded >= 2) == (0, True)


@pytest.mark.parametrize("name", NAMES)
def test_print_shows_what_is_folded_and_no_controls(name: str, seen: dict[str, Said]) -> None:
    assert seen[name]["print"] == {"closed": 0, "hidden": 0, "navigation": 0}


@pytest.mark.parametrize("name", NAMES)
def test_on_a_phone_captions_have_a_line_and_headers_keep_words_whole(name: str, seen: dict[str, Said]) -> None:
    assert seen[name]["phone"]["narrow"] == []
    assert seen[name]["phone"]["broken"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_link_to_a_workload_unfolds_it(name: str, seen: dict[str, Said]) -> None:
    assert seen[name]["followed"]
    assert all(seen[name]["followed"])


@pytest.mark.parametrize("name", NAMES)
def test_it_is_made_for_those_who_do_not_see_or_use_no_mouse(name: str, seen: dict[str, Said]) -> None:
    said = seen[name]
    levels = [int(tag[1]) for tag, text in said["headings"] if text]
    assert len(levels) == len(said["headings"])
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert (said["headers"], said["captions"]) == (0, 0), "header cells without a scope, tables without a caption"
    assert all(title and text for title, text in said["drawings"])
    assert said["keyboard"] == {"first": "Skip to the content", "inside": True}
    assert said["dangling"] == []


@pytest.mark.parametrize("name", AUDITED)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(name: str, scheme: str, seen: dict[str, Said]) -> None:
    if seen[name][scheme] is None:
        pytest.skip("no axe-core: `make setup` fetches it where npm can download it")
    assert seen[name][scheme] == []


def test_dark_is_dark(seen: dict[str, Said]) -> None:
    colour = seen["three-tier"]["background"]
    assert sum(int(part) for part in colour.strip("rgb()").split(",")) < 3 * 40


def test_hostile_text_makes_no_element_and_no_attribute(seen: dict[str, Said]) -> None:
    """The twin has as many of what the template writes once or once for each workload, and no other kind of element."""
    hostile, harmless = seen["hostile"], seen["harmless"]
    assert hostile["tags"].keys() == harmless["tags"].keys()
    assert hostile["attributes"] == harmless["attributes"]
    for tag in ("HTML", "HEAD", "BODY", "META", "TITLE", "STYLE", "INPUT", "H1", "H2", "H3", "svg", "desc", "SECTION"):
        assert hostile["tags"][tag] == harmless["tags"][tag], tag


def test_hostile_text_leads_nowhere(seen: dict[str, Said]) -> None:
    for link in seen["hostile"]["links"]:
        assert link.startswith(("#", "../", "https://")), link


def test_hostile_text_is_read_as_it_is_with_nothing_hidden(seen: dict[str, Said]) -> None:
    text = seen["hostile"]["phone"]["text"]
    assert not HIDDEN.search(text.replace("\n", ""))
    for name in ("migrate", "DB_HOST", "QUEUE_URL", "DB_PASSWORD", "SIGNING_KEY"):
        assert escape(HOSTILE[name]) in text, name
    for name in ("backend", "worker"):
        assert escape(HOSTILE[name]) in text, name


@pytest.fixture
def attacked(seen: dict[str, Said]) -> dict[str, Said]:
    """The pages of an account with hostile text in every place that AWS allows, without the help of a policy."""
    found = {path: said for path, said in seen.items() if "comment" in said}
    assert len(found) == 9
    return found


def test_without_its_policy_no_page_runs_fetches_or_says_anything(attacked: dict[str, Said]) -> None:
    for path, said in attacked.items():
        assert (said["console"], said["ran"], said["comment"]) == ([], "", []), path
        assert [url.removeprefix("file://") for url in said["requests"]] == [path]
        assert all(re.match(r"#|\.\.?/|https://(docs\.|kubernetes\.io/)", link) for link in said["links"]), path


def test_without_its_policy_no_page_has_an_element_that_no_template_writes(attacked: dict[str, Said]) -> None:
    written = "".join(file.read_text() for file in TEMPLATES.iterdir())
    ours = {*re.findall(r"<(\w+)", written), "del", "ins", "tbody"}  # a macro is given the first two
    for path, said in attacked.items():
        assert {name.partition(" ")[0] for name in said["names"]} <= ours, path
        assert not [name for name in said["names"] if re.search(r" (on\w+|src|srcdoc|action)$", name)], path


def test_all_hostile_text_is_read_as_it_is_wherever_it_stands(attacked: dict[str, Said]) -> None:
    """Each place that the mark has come to shows what follows it, up to where a long value is cut."""
    for path, said in attacked.items():
        shown = [piece for _, text in (*said["text"], *said["attribute"]) for piece in text.split(MARK)[1:]]
        assert len(shown) >= 2, path
        assert [piece for piece in shown if not is_whole(piece)] == [], path
        assert any(ACTIVE in piece for piece in shown), path


FOLLOWS = escape(EVIL).partition(MARK)[2]
ACTIVE = FOLLOWS[: FOLLOWS.index("]]>")]


def is_whole(piece: str) -> bool:
    if piece.startswith("__31m"):  # a key of a Secret, which can hold nothing that acts
        return re.match(r"[\w.-]+", piece) is not None
    piece = piece.replace("\\\\u", "\\u")  # JSON in JSON
    length = next((at for at, pair in enumerate(zip(piece, FOLLOWS, strict=False)) if pair[0] != pair[1]), len(piece))
    return length >= len(ACTIVE) or piece[length:].lstrip().startswith("…")
