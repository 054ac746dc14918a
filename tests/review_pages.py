"""Accounts whose review pages the browser opens: the samples, a large one, and one full of hostile text with its twin."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from bench.estate import documents
from ecs2k8s.cli.export import files_of
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.report.page import FILE
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation

MANY = 500
RUN = "globalThis.ran='yes'"
# What stands in the sample `three-tier`, and what someone could have called it.
HOSTILE = {
    "backend": f'"><img src=x onerror="{RUN}">',
    "frontend": f"</style></title><script>{RUN}</script>",
    "worker": "{{7*7}} {% raw %} ]]><![CDATA[ ${7*7}",
    "migrate": "rm\u202e\u2066-rf\u0007\u001b[31m\u200b",
    "shop-worker": "W" * 240,
    "shop-backend": f"javascript:{RUN}//",
    "DB_HOST": f"<svg/onload={RUN}>",
    "QUEUE_URL": "--><!--#exec cmd=ls--><plaintext>",
    "DB_PASSWORD": f'<iframe srcdoc="<script>parent.{RUN}</script>">',
    "SIGNING_KEY": "x' onmouseover='alert(1)\u2028",
    "4711": f'</svg><a href="javascript:{RUN}">x</a>',
    "/ecs/shop/backend": f"/ecs/<style>@import url(//evil.example)</style><base href={RUN}>",
    "shop-close-day": f"<math><mtext></mtext><mglyph><svg><mtext><style><img src=x onerror={RUN}>",
    "Books the orders of the day": f"<meta http-equiv=refresh content=0;url=javascript:{RUN}>",
    "cpu": "&lt;b&gt;&#60;script&#62;<details open ontoggle=" + RUN + ">",
}
# As long, and as far from a name of Kubernetes, so that the same is said of it; but nothing in it is markup.
HARMLESS = {
    name: "W" * 240 if set(text) == {"W"} else f"Plain Words {at}!" for at, (name, text) in enumerate(HOSTILE.items())
}
NAMES = [*SAMPLES, "many", "hostile", "harmless"]


@cache
def translated(name: str) -> tuple[Translation, Target]:
    if name in SAMPLES:
        snapshot, target = estate(name)
        return translate(snapshot, target), target
    if name == "many":
        return translate(Snapshot(tuple(documents(MANY))), Target()), Target()
    called = HOSTILE if name == "hostile" else HARMLESS
    snapshot, target = estate("three-tier")
    renamed = (Document(each.shape, each.id, _renamed(each.data, called)) for each in snapshot.documents)
    return translate(Snapshot(tuple(renamed)), target), target


@cache
def files(name: str) -> dict[str, bytes]:
    return files_of(*translated(name))


def html(name: str) -> bytes:
    return files(name)[FILE]


def _renamed(value: Any, called: dict[str, str]) -> Any:
    """*value* with every text that is one of those called otherwise; all that refers to it follows."""
    if isinstance(value, dict):
        return {key: _renamed(child, called) for key, child in value.items()}
    if isinstance(value, list):
        return [_renamed(child, called) for child in value]
    return called.get(value, value) if isinstance(value, str) else value
