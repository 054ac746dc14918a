"""The templates of all pages of HTML: they are given text, never markup, and nothing of it can hide a character."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from ecs2k8s.report.spans import Text

TEMPLATES = Path(__file__).parent / "templates"
ELEMENTS = {"plain": "{}", "code": "<code>{}</code>", "strong": "<strong>{}</strong>"}


def rendered(template: str, **values: Any) -> str:
    return environment().get_template(template).render(values)


@cache
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
