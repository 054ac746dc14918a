"""docs/comparison.md: how values are compared, what a leaf is about, what is masked, and which causes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.compare.causes import catalogue
from ecs2k8s.compare.changes import Risk
from ecs2k8s.compare.equality import Rule, rules
from ecs2k8s.compare.masking import table as masks
from ecs2k8s.compare.risks import blockers, table
from ecs2k8s.report.escape_markdown import code, ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ORDERS = {
    "always": "order counts",
    "references": "order counts beside references",
    "hooks": "order counts beside a postStart hook",
    "spellings": "order counts where names differ in case alone",
    "never": "",
}
ABOUT = {
    Risk.IDENTITY: "who it is, and what it may do",
    Risk.IMAGE: "what code runs",
    Risk.COMMAND: "how the code is called: command, variables, settings",
    Risk.SECRETS: "which secrets it gets, and how",
    Risk.NETWORK: "who may reach whom, and at which ports",
    Risk.TRAFFIC: "which requests go where",
    Risk.RESOURCES: "what it runs on: CPU, memory, volumes, nodes",
    Risk.LIFECYCLE: "how it starts, is checked, replaced and stopped",
    Risk.SCALING: "how many there are",
    Risk.OBSERVABILITY: "what is seen of it: logs, metrics, alarms",
    Risk.METADATA: "names, tags and notes",
}
HEAD = """\
Both sides of a diff are JSON values of one shape: a Kubernetes kind, or a document of AWS. What is written alike in
both is left out at once (`==`). Of the rest each side is read into a tree in which equal things have equal texts, as
the tables below say, and deepdiff finds the leaves at which the trees differ. Each is one row.

A list whose items have names is a map: `spec.template.spec.containers[name=web].image` is the same place wherever the
container stands. `[name=a#1]` is the second item of that name, `[0]` a place in a list whose order counts (or the
first item that lacks the key), and `[#0]` the first item without an equal on the other side, of a list whose order
means nothing. A list of scalars, such as a command, is one leaf. A key of an item that changes makes it another item:
one is removed, one is added. Null is absent. What no row names is compared by type and value, and an empty list or
map is not the same as none.
"""
EQUALITY = """\
`mappings/equality.yaml`. A row never makes two values equal that can mean different things; tests show each row at
each of its places, and what it must not make equal. What stands in many kinds is named once (`mappings/inside.yaml`):
`Pod` is the template of each workload, `Container` each of its containers, `Kubernetes` stands for every kind and `AWS`
for every document.
"""
RISKS = """\
Rows stand in the order of these classes, not in that of the alphabet. `mappings/risks.yaml` has the class of each
place; the deepest path decides, and a kind that nobody classed is read first.
"""
MASKING = """\
A value that is not shown is `•••••• (same)` or `•••••• (differs)`. It is sealed as it is read: what remains is an
HMAC under a key of this run that is kept nowhere, so that nothing but equality can be known of it; its length, a part
of it, or where two values differ cannot. Where one side is masked the other one is too, since they may be close. Of a
command the secret argument alone is masked.

- Values that have the form of a secret are masked wherever they stand: in arguments, in URLs, in JSON in a text.
- `always`: whatever the value is.
- `named`: where a key or a name beside the value says that it is a secret.
- `env`: values of environment variables. `--show-values` shows them, but for those that look like secrets by name or
  by form; these are never shown.
- `shown`: names of images, whose words are no secrets.
"""
CAUSES = """\
`mappings/causes.yaml`. A row with a known cause is counted on the summary line, and shown by `--all`. A cause with a
pattern holds only where both values match it.
"""


def comparison_page(made: str) -> str:
    """The page; *made* is the line that says so."""
    lines = [*_head(made), *_equality(), *_risks(), *_masking(), *_causes()]
    return "\n".join(lines) + "\n"


def _head(made: str) -> Iterator[str]:
    yield from ("# How a diff compares", "", made, "")
    yield HEAD.rstrip()


def _equality() -> Iterator[str]:
    yield from ("", "## What counts as equal", "")
    yield EQUALITY.rstrip()
    yield from ("", "| Rule | How | What holds | Where | Who says so |", "|---|---|---|---|---|")
    for ident, rule in rules().items():
        yield f"| {code(ident)} | {_how(rule)} | {ours(rule.text)} | {_places(rule.places)} | <{rule.see}> |"


def _how(rule: Rule) -> str:
    listed = {"keyed": f"by {', '.join(map(code, rule.by))}", "bag": "in any order", "ordered": "in order", None: ""}
    order = ORDERS[rule.order]
    parts = [listed[rule.items], order, rule.value, "empty is none" if rule.empty else ""]
    return ", ".join(part for part in parts if part)


def _places(places: Mapping[str, Iterable[str]]) -> str:
    return "<br>".join(f"{code(shape)}: {', '.join(map(code, its))}" for shape, its in places.items())


def _risks() -> Iterator[str]:
    yield from ("", "## What a leaf is about", "")
    yield RISKS.rstrip()
    yield from ("", "| Class | About | Where |", "|---|---|---|")
    for risk in Risk:
        found = {shape: [place or "the rest" for place in its[risk]] for shape, its in table().items() if risk in its}
        yield f"| {risk.value} | {ABOUT[risk]} | {_places(found)} |"


def _masking() -> Iterator[str]:
    yield from ("", "## What is masked", "")
    yield MASKING.rstrip()
    yield from ("", "| How | Where |", "|---|---|")
    for how in ("always", "named", "env", "shown"):
        found = {shape: [place for place, its in places.items() if its == how] for shape, places in masks().items()}
        yield f"| {code(how)} | {_places({shape: its for shape, its in found.items() if its})} |"


def _causes() -> Iterator[str]:
    yield from ("", "## Known causes", "")
    yield CAUSES.rstrip()
    yield from ("", "| Cause | Of | What holds | Where | See |", "|---|---|---|---|---|")
    for ident, cause in catalogue().items():
        where = _places(cause.places) if cause.places else f"told by {code(cause.by)}"
        see = f"<{cause.see}>" if cause.see else ""
        yield f"| {code(ident)} | {', '.join(cause.diffs)} | {ours(cause.text)} | {where} | {see} |"
    yield ""
    classes = ", ".join(risk.value for risk in Risk if risk in blockers().classes)
    yield f"No cause hides a change of these classes: {classes}; nor at these places:"
    yield from ("", "| Shape | Places |", "|---|---|")
    yield from (f"| {code(shape)} | {', '.join(map(code, its))} |" for shape, its in blockers().places.items())
