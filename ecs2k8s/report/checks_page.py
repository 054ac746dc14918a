"""docs/checks.md: every check of a cutover, and which of them are coded."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecs2k8s.core.checks import ORIGINS, checks
from ecs2k8s.report.escape_markdown import code, ours, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.checks import Check, Origin

PARTS = {
    "S": "Static: manifests against what runs on ECS",
    "L": "Live, before requests of users",
    "T": "Under traffic and after",
}
COUNTED: dict[Origin, str] = {
    "findings": "show what the export decided",
    "world": "read AWS or the cluster during a run",
    "person": "are not coded",
}
ABOUT = """
A verdict is `pass`, `fail`, `inconclusive`, `error`, `waived` or `not applicable`. What was not read is `inconclusive`,
never `pass`, and holds a phase back as `fail` does. A `blocker` decides the exit code of `ecs2k8s verify`: 3 where one
fails, 5 where one is undecided; a `warning` is shown and decides nothing.

A check that "shows what the export decided" is no second look at the same thing: findings, ledger and proofs stand
under its id. A finding of severity error fails it. A warning leaves it undecided until a person has acted and waives it
with a reason. Where somebody edited an object by hand, a check that looked only at what was generated is undecided.
`ecs2k8s explain S14` shows one check with its findings.

`ecs2k8s verify DIR --live` asks AWS, and the cluster where one is named, about each plan in the directory: the checks
of P0 and P1, or of the phases that `--phase` names. It only reads. Metrics are those of the last 15 minutes; within a
run a share counts from the moment when it was set. `--waivers FILE` takes checks out, with a reason, an owner and an
end.
"""


def checks_page(made: str) -> str:
    """*made* says where the page comes from."""
    lines = ["# Checks of a cutover", "", made, ABOUT, *_coded(), ""]
    for letter, title in PARTS.items():
        lines += [f"## {title}", ""]
        for ident, check in checks().items():
            if ident.startswith(letter):
                lines += _check(ident, check)
    return "\n".join(lines).rstrip() + "\n"


def _coded() -> Iterator[str]:
    """The table of what a program decides, and what is left to people."""
    yield from ("## Which are coded", "", "| Check | Severity | Phases | Title | Decided by |", "|---|---|---|---|---|")
    for ident, check in checks().items():
        link, phases = f"[{ident}](#{ident.lower()})", " ".join(check.phases)
        yield f"| {link} | {check.severity} | {phases} | {ours(check.title)} | {ORIGINS[check.origin]} |"
    found = Counter(check.origin for check in checks().values())
    counted = ", ".join(f"{found[origin]} {words}" for origin, words in COUNTED.items())
    yield from ("", f"{sum(found.values())} checks: {counted}.")


def _check(ident: str, check: Check) -> list[str]:
    rows = [f"### {ident}", "", f"**{prose(check.title)}.** {prose(check.rule)}", ""]
    rows += [f"- Reads: {prose(check.data)}", f"- Do: {prose(check.remedy)}", f"- See: {_link(check.see)}"]
    if not check.waivable:
        rows.append("- It cannot be waived.")
    for weight, word in (("fails", "Fails by"), ("doubts", "Undecided by")):
        its = [code(slug) for slug in check.deciding if check.weight(slug) == weight]
        rows += [f"- {word}: {', '.join(its)}"] if its else []
    return [*rows, ""]


def _link(see: str) -> str:
    page = see.removeprefix("docs/")
    return f"[{page}]({page})" if page != see else f"<{see}>"
