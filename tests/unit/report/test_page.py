"""The page without a browser: its values, its palette, its templates."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from bench.estate import documents
from ecs2k8s.cli.export import files_of
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.escape import HIDDEN
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.findings import catalogue
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.report.drawing import LETTER, clipped, columns
from ecs2k8s.report.estate_view import MEANINGS
from ecs2k8s.report.page import DOCS, FILE, MOST_WORKLOADS, html, model
from ecs2k8s.report.spans import filled, own
from ecs2k8s.report.templating import TEMPLATES, href, visible
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.report.page_model import Page


@cache
def made(name: str) -> dict[str, str]:
    snapshot, target = estate(name)
    return {path: data.decode() for path, data in files_of(translate(snapshot, target), target).items()}


def shown(name: str) -> Page:
    snapshot, target = estate(name)
    return model(translate(snapshot, target), target, made(name))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_model_is_plain_data(name: str) -> None:
    plain = dataclasses.asdict(shown(name))
    assert json.loads(json.dumps(plain))["estate"]["totals"] == plain["estate"]["totals"]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_workload_shows_its_picture_and_only_files_that_were_written(name: str) -> None:
    page = shown(name)
    assert page.workloads
    for workload in page.workloads:
        assert workload.picture.boxes
        assert set(workload.files) <= made(name).keys()
        assert bool(workload.files) == (workload.kind != "not translated")
        for box in workload.picture.boxes:
            assert box.x >= 0
            assert box.x + box.width <= workload.picture.width
            assert box.y + box.height <= workload.picture.height


def test_the_files_of_a_workload_are_found_in_every_format() -> None:
    snapshot, target = estate("three-tier")
    for form in ("kustomize", "helm", "plain"):
        chosen = msgspec.structs.replace(target, format=form)
        files = files_of(translate(snapshot, chosen), chosen)
        page = model(translate(snapshot, chosen), chosen, files)
        assert all(workload.files for workload in page.workloads)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_has_no_script_no_fetch_and_no_hidden_character(name: str) -> None:
    page = made(name)[FILE]
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|iframe|object|embed|link|img|base|form|foreignObject)\b", page, re.IGNORECASE)
    assert not re.search(
        r"\s(on\w+|src|srcset|action|formaction)=", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    )
    assert "@import" not in page
    assert set(re.findall(r"url\([^)]*\)", page)) == {"url(#arrow)"}  # the heads of the arrows
    assert not HIDDEN.search(page.replace("\n", ""))


def test_no_template_switches_escaping_off() -> None:
    for path in TEMPLATES.iterdir():
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", path.read_text(encoding="utf-8")), path.name


def test_links_leave_the_page_only_for_documentation_that_the_catalogue_names() -> None:
    known = {entry.see for entry in catalogue().values() if entry.see}
    assert all(see.startswith(DOCS) for see in known)
    for name in SAMPLES:
        outward = set(re.findall(r'href="([^"#.][^"]*)"', made(name)[FILE]))
        assert outward <= known


def test_every_verdict_of_the_ledger_is_explained() -> None:
    assert list(MEANINGS) == [fidelity.value for fidelity in Fidelity]


def test_a_link_to_a_file_is_encoded() -> None:
    assert href('manifests/a b/"x">#?.yaml') == "../manifests/a%20b/%22x%22%3E%23%3F.yaml"


def test_hidden_characters_are_made_visible_and_markup_is_left_alone() -> None:
    from markupsafe import Markup

    assert visible("a\u202eb\x1b") == "a\\u202eb\\u001b"
    assert visible(Markup("<p>\n</p>")) == "<p>\n</p>"
    assert visible(7) == 7


def test_arguments_never_become_markup() -> None:
    args = (("port", "`**x**`"), ("name", "a`b"), ("because", "see `y`"))
    spans = filled("Port {port} of `{name}` is **odd**: {because}", args)
    assert [(span.kind, span.text) for span in spans] == [
        ("plain", "Port "),
        ("code", "`**x**`"),
        ("plain", " of "),
        ("code", "a`b"),
        ("plain", " is "),
        ("strong", "odd"),
        ("plain", ": "),
        ("plain", "see "),
        ("code", "y"),
    ]
    assert [span.kind for span in own("a `b` {c}")] == ["plain", "code", "plain"]


@pytest.mark.parametrize("text", ["short", "x" * 500, "漢" * 100, "\u202e" * 50, ""])
def test_a_label_fits_its_box(text: str) -> None:
    label = clipped(text, 176)
    assert columns(label) * LETTER <= 176
    assert not HIDDEN.search(label)


@pytest.mark.parametrize(("count", "most"), [(1_000, 0), (MOST_WORKLOADS, MOST_WORKLOADS)])
def test_no_page_grows_beyond_twenty_megabytes(count: int, most: int) -> None:
    """With values and without them each service adds the same, so that two small accounts tell."""
    small, large = (len(of_services(number, most)) for number in (20, 50))
    each = (large - small) / 30
    assert small + (count - 20) * each <= 20_000_000


@cache
def services(count: int) -> tuple[Translation, dict[str, bytes]]:
    translation = translate(Snapshot(tuple(documents(count))), Target())
    return translation, files_of(translation, Target())


def of_services(count: int, most: int) -> str:
    translation, made_files = services(count)
    return html(model(translation, Target(), made_files, most))


def test_a_container_without_an_image_and_an_account_without_workloads_have_a_page() -> None:
    snapshot, target = estate("three-tier")
    bare = tuple(Document(each.shape, each.id, _without_images(each.data)) for each in snapshot.documents)
    for documents_, said in ((bare, "4 of 4 workloads"), ((), "No workloads: nothing moves.")):
        translation = translate(Snapshot(documents_), target)
        assert said in files_of(translation, target)[FILE].decode()


def _without_images(data: dict[str, Any]) -> dict[str, Any]:
    if "containerDefinitions" not in data:
        return data
    bare = [{key: value for key, value in each.items() if key != "image"} for each in data["containerDefinitions"]]
    return data | {"containerDefinitions": bare}


# --- the palette

CSS = (TEMPLATES / "style.css").read_text(encoding="utf-8")
PAIRS = [
    *(("--ink", under) for under in ("--paper", "--raised", "--good-bg", "--warn-bg", "--bad-bg", "--note-bg")),
    *(("--muted", under) for under in ("--paper", "--raised", "--note-bg")),
    *(("--accent", under) for under in ("--paper", "--raised")),
    ("--good", "--good-bg"),
    ("--warn", "--warn-bg"),
    ("--bad", "--bad-bg"),
    ("--note", "--note-bg"),
]


def palette(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_stand_out_from_what_is_under_them(scheme: str) -> None:
    before, _, after = CSS.partition("@media (prefers-color-scheme: dark)")
    colours = palette(before if scheme == "light" else after.partition("}\n}")[0])
    assert colours.keys() == palette(before).keys()
    for over, under in PAIRS:
        assert contrast(colours[over], colours[under]) >= 4.5, (over, under)
    for under in ("--paper", "--raised"):
        assert contrast(colours["--edge"], colours[under]) >= 3, under  # of graphics


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
