"""report/index.html: the review as one file, without any script, that fetches nothing."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ecs2k8s.assess.decisions import decisions
from ecs2k8s.core.escape import escape
from ecs2k8s.report.estate_view import estate_view
from ecs2k8s.report.page_model import Page
from ecs2k8s.report.workload_sides import sides
from ecs2k8s.report.workload_view import workload_views

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment
    from markupsafe import Markup

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target
    from ecs2k8s.report.spans import Text

FILE = "report/index.html"
TEMPLATES = Path(__file__).parent / "templates"
MOST_WORKLOADS = 200  # with values: comparing more of them takes longer than all the rest of an export
FEW = 12  # workloads: as many are shown unfolded
ELEMENTS = {"plain": "{}", "code": "<code>{}</code>", "strong": "<strong>{}</strong>"}
DOCS = "https://"  # how every link of the catalogue begins; a test holds it to that


def page(translation: Translation, target: Target, files: Iterable[str]) -> dict[str, str]:
    """The page. *files* are the paths of the generated files, relative to the migration directory."""
    return {FILE: html(model(translation, target, files))}


def model(translation: Translation, target: Target, files: Iterable[str], most: int = MOST_WORKLOADS) -> Page:
    """All that the page shows; of more than *most* workloads without the values of the fields that differ."""
    decided = decisions(translation)
    compared = sides(translation, decided) if len(decided) <= most else {}
    workloads = workload_views(translation, target, decided, sorted(files), compared)
    return Page(estate_view(translation, target, decided, workloads), workloads)


def html(page: Page) -> str:
    return environment().get_template("index.html.jinja").render(page=page, estate=page.estate)


def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals["FEW"] = FEW
    found.filters |= {"href": href, "marked": marked}
    return found


def visible(value: Any) -> Any:
    """Hidden characters of each text made visible; what a macro has written is markup and has been through here."""
    return escape(value) if type(value) is str else value


@lru_cache(maxsize=100_000)  # workloads share most of their texts
def marked(text: Text) -> Markup:
    """Runs of text as markup: the only place where markup is made outside the templates."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup().join(Markup(ELEMENTS[span.kind]).format(escape(span.text)) for span in text)  # noqa: S704 (ours)


def href(path: str) -> str:
    """A link from the page to the generated file at *path*."""
    return "../" + quote(path)
