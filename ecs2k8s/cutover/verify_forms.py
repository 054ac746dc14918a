"""What `verify` found, as JSON for machines and as JUnit for those that show test results."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from ecs2k8s.core.checks import ORIGINS, checks
from ecs2k8s.core.escape import escape
from ecs2k8s.cutover.verdicts import BLOCKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecs2k8s.cutover.verdicts import Result

SCHEMA = "ecs2k8s/verify/v1"


# What XML 1.0 cannot hold and `escape` leaves: https://www.w3.org/TR/xml/#charsets
NO_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}
VERDICTS = ("pass", "fail", "inconclusive", "error", "waived", "not_applicable")


def plain(directory: str, taken: str, results: Sequence[Result], not_asked: Iterable[str]) -> dict[str, Any]:
    """`not_asked`: ids of checks for which nothing was named that they could be asked of."""
    totals = {verdict: sum(each.verdict == verdict for each in results) for verdict in VERDICTS}
    return {
        "schema": SCHEMA,
        "directory": directory,
        "taken": taken,
        "totals": totals,
        "results": [_result(each) for each in results],
        "not_asked": list(not_asked),
    }


def _result(result: Result) -> dict[str, Any]:
    check = checks()[result.id]
    blocks = result.verdict in BLOCKING
    about = {"severity": check.severity, "title": check.title, "remedy": check.remedy if blocks else ""}
    said: dict[str, Any] = msgspec.to_builtins(result)
    return about | said


def junit(results: Iterable[Result], not_asked: Iterable[str]) -> str:
    """A suite for each subject, a case for each check. What is undecided is an error: nothing may show it green."""
    suites: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        suites[result.subject].append(result)
    root = Element("testsuites", name="ecs2k8s verify")
    for subject, its in suites.items():
        suite = SubElement(root, "testsuite", {"name": _text(subject), **_counts(its)})
        for result in its:
            _case(suite, result)
    asked = list(not_asked)
    if asked:
        suite = SubElement(root, "testsuite", name="not asked", tests=str(len(asked)), skipped=str(len(asked)))
        for ident in asked:
            case = SubElement(suite, "testcase", classname="not asked", name=f"{ident} {checks()[ident].title}")
            SubElement(case, "skipped", message=ORIGINS[checks()[ident].origin])
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(text: str) -> str:
    return escape(text).translate(NO_XML)


def _counts(results: Sequence[Result]) -> dict[str, str]:
    fails = sum(each.verdict == "fail" for each in results)
    errors = sum(each.verdict in {"inconclusive", "error"} for each in results)
    skipped = sum(each.verdict in {"waived", "not_applicable"} for each in results)
    return {"tests": str(len(results)), "failures": str(fails), "errors": str(errors), "skipped": str(skipped)}


def _case(suite: Element, result: Result) -> None:
    check = checks()[result.id]
    case = SubElement(suite, "testcase", classname=_text(result.subject), name=f"{result.id} {check.title}")
    tags = {"fail": "failure", "inconclusive": "error", "error": "error", "waived": "skipped"}
    tag = tags.get(result.verdict, "skipped" if result.verdict == "not_applicable" else "")
    if not tag:
        return
    said = SubElement(case, tag, message=_text(result.text or result.verdict))
    if tag != "skipped":
        said.set("type", result.verdict)
        lines = [*result.lines, *([f"lacks: {result.missing}"] if result.missing else []), f"do: {check.remedy}"]
        said.text = "\n".join(map(_text, lines))
