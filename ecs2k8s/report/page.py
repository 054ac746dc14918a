"""report/index.html: the review as one file, without any script, that fetches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.assess.decisions import decisions
from ecs2k8s.report.estate_view import estate_view
from ecs2k8s.report.page_model import Page
from ecs2k8s.report.templating import rendered
from ecs2k8s.report.workload_sides import sides
from ecs2k8s.report.workload_view import workload_views

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

FILE = "report/index.html"
MOST_WORKLOADS = 200  # with values: comparing more of them takes longer than all the rest of an export
FEW = 12  # workloads: as many are shown unfolded
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
    return rendered("index.html.jinja", page=page, estate=page.estate, FEW=FEW)
