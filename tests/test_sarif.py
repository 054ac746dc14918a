"""report/findings.sarif: valid, within what GitHub documents, stable, and pointing at the right lines."""

from __future__ import annotations

import gzip
import json
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.cli.export import files_of
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.findings import Finding, catalogue
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.render import FORMATS, places
from ecs2k8s.report.sarif import LONGEST, MOST, sarif, words
from tests.estates import CASES, SAMPLES, estate

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.target import Target

FILE = "report/findings.sarif"
PUBLISHED = Path(sys.prefix) / "schemas/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


@cache
def schema() -> jsonschema_rs.Draft4Validator:
    if not PUBLISHED.is_file():
        pytest.skip(f"no {PUBLISHED}: `make setup` fetches it where npm can download it")
    published = json.loads(PUBLISHED.read_bytes())
    for name in ("run", "toolComponent"):  # has a bracket too much, and we say no language
        del published["definitions"][name]["properties"]["language"]["pattern"]
    return jsonschema_rs.Draft4Validator(published)


def log(translation: Translation, target: Target, *, all_files: bool = False) -> dict[str, Any]:
    if all_files:
        made: dict[str, Any] = json.loads(files_of(translation, target)[FILE])
        return made
    texts = FORMATS[target.format](translation.bundle)
    found: dict[str, Any] = json.loads(sarif(translation, texts, places(translation.bundle, target.format))[FILE])
    return found


def results(made: dict[str, Any]) -> list[dict[str, Any]]:
    (run,) = made["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def physical(result: dict[str, Any]) -> tuple[str, dict[str, int]]:
    (location,) = result["locations"]
    where = location["physicalLocation"]
    assert where["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    return where["artifactLocation"]["uri"], where["region"]


def held_to_what_github_documents(made: dict[str, Any]) -> None:
    """https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning."""
    (run,) = made["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) <= 5_000
    assert len(rules) <= 25_000
    assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    for rule in rules:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] == catalogue()[rule["id"]].severity
        assert len(rule["properties"]["tags"]) <= 10
        assert "security-severity" not in rule["properties"]  # these are no weaknesses
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"]
        assert 0 < len(result["message"]["text"]) <= LONGEST
        uri, region = physical(result)
        assert not uri.startswith("/")
        assert ":" not in uri
        assert region["startLine"] == region["endLine"] >= 1
        assert 1 <= region["startColumn"] <= region["endColumn"]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_file_of_a_sample_is_valid_and_within_the_limits(name: str) -> None:
    snapshot, target = estate(name)
    text = files_of(translate(snapshot, target), target)[FILE]
    made = json.loads(text)
    schema().validate(made)
    held_to_what_github_documents(made)
    assert len(gzip.compress(text)) <= 10 * 1024 * 1024


@pytest.mark.parametrize("name", CASES[::20])
def test_the_findings_of_a_case_are_valid(name: str) -> None:
    valid(name)


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_the_findings_of_every_case_are_valid(name: str) -> None:
    valid(name)


def valid(name: str) -> None:
    snapshot, target = estate(name)
    translation = translate(snapshot, target)
    made = log(translation, target)
    held_to_what_github_documents(made)
    assert len(results(made)) == len(translation.findings)
    made["runs"][0]["tool"]["driver"]["rules"] = []  # they are the same each time, and many
    schema().validate(made)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_location_is_a_line_of_a_file(name: str) -> None:
    snapshot, target = estate(name)
    files = files_of(translate(snapshot, target), target)
    known = {"target.yaml": b"", **files}
    for result in results(json.loads(files[FILE])):
        uri, region = physical(result)
        rows = known[uri].decode().split("\n")
        row = rows[region["startLine"] - 1]
        assert region["endColumn"] == len(row) + 1
        assert row[: region["startColumn"] - 1].strip() == ""


def located(made: dict[str, Any], slug: str, path: str) -> tuple[str, int]:
    """Where a result is shown that is about *path*."""
    for result in results(made):
        if result["ruleId"] == slug and result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].endswith(
            path
        ):
            uri, region = physical(result)
            return uri, region["startLine"]
    raise AssertionError(f"no {slug} about {path}")


CONTAINER = {"name": "app", "image": "app:1", "memory": 128}


def web(*containers: dict[str, Any], revision: int = 3, **more: Any) -> Snapshot:
    ident = f"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:{revision}"
    data = {"taskDefinitionArn": ident, "family": "web", "revision": revision, **more}
    return Snapshot((Document("ecs.TaskDefinition", ident, data | {"containerDefinitions": list(containers)}),))


@pytest.mark.parametrize("form", ["kustomize", "plain", "helm"])
def test_a_finding_stands_on_the_line_that_came_of_its_leaf(form: Any) -> None:
    other = CONTAINER | {"name": "side", "dnsSearchDomains": ["corp.example.com"], "essential": False}
    target = convert({"format": form})
    translation = translate(web(CONTAINER, other, networkMode="bridge"), target)
    files = files_of(translation, target)
    made = json.loads(files[FILE])
    uri, line = located(made, "field-approximated", "containerDefinitions[1].dnsSearchDomains[0]")
    assert "deployment" in uri or "job" in uri
    assert "corp.example.com" in files[uri].decode().split("\n")[line - 1]


def test_a_finding_on_what_is_not_carried_stands_at_its_container() -> None:
    other = CONTAINER | {"name": "side", "hostname": "old", "dockerSecurityOptions": ["label:x"]}
    target = convert({})
    translation = translate(web(CONTAINER, other), target)
    files = files_of(translation, target)
    wanted = next(f for f in translation.findings if "[1].dockerSecurityOptions" in f.path)
    uri, line = located(json.loads(files[FILE]), wanted.slug, wanted.path)
    assert files[uri].decode().split("\n")[line - 1].strip() == "- name: side"


def prints(snapshot: Snapshot, slug: str) -> set[str]:
    target = convert({})
    made = log(translate(snapshot, target), target)
    return {r["partialFingerprints"]["primaryLocationLineHash"] for r in results(made) if r["ruleId"] == slug}


def test_fingerprints_stay_with_a_new_revision_a_new_neighbour_and_another_order() -> None:
    noted = CONTAINER | {"name": "noted", "dnsSearchDomains": ["corp.example.com"]}
    before = prints(web(noted), "field-approximated")
    assert before
    assert before <= prints(web(noted, revision=4), "field-approximated")
    assert before <= prints(web(CONTAINER, noted, cpu="256"), "field-approximated")


def test_fingerprints_tell_findings_apart_that_differ_only_in_words() -> None:
    made = many(3, path="")
    found = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results(made)]
    assert len(set(found)) == 3
    assert len({key.partition(":")[0] for key in found}) == 1


def many(number: int, path: str = "cpu", slug: str = "field-manual") -> dict[str, Any]:
    target = convert({})
    translation = translate(web(CONTAINER), target)
    made = (Finding.of(slug, "arn:aws:x", path, because=f"because {at}", action="act") for at in range(number))
    return log(replace(translation, findings=tuple(made)), target)


def test_five_thousand_results_are_kept_by_severity_and_the_cut_is_said() -> None:
    target = convert({})
    translation = translate(web(CONTAINER), target)
    kinds = {"field-approximated": 4_000, "field-manual": 3_000}  # a note and a warning
    made = [
        Finding.of(slug, "arn:aws:x", f"a[{at}]", because="b", action="c")
        for slug, n in kinds.items()
        for at in range(n)
    ]
    made.append(Finding.of("rejected-document", "x.json", "", reason="r"))
    (run,) = log(replace(translation, findings=tuple(made)), target)["runs"]
    levels = [result["level"] for result in run["results"]]
    assert len(levels) == MOST
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert levels.count("note") == MOST - sum(level != "note" for level in levels)
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("2001 of 7001 findings are left out")
    assert run["properties"] == {"findings": 7001, "leftOut": 2001}
    schema().validate(log(replace(translation, findings=tuple(made)), target))


def test_what_fits_is_not_said_to_be_cut() -> None:
    (run,) = many(10)["runs"]
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert run["properties"] == {"findings": 10, "leftOut": 0}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a [link](https://evil.example) b", r"a \[link\](https://evil.example) b"),
        ("containerDefinitions[0].cpu is 3", "containerDefinitions[0].cpu is 3"),
        ("{0} and ${x}", "{{0}} and ${{x}}"),
        ("\x1b[31mred\u202e", "\\u001b[31mred\\u202e"),
        (r"\[a](1)", r"\\\[a\](1)"),
    ],
)
def test_nothing_of_a_message_is_a_link_a_placeholder_or_hidden(text: str, shown: str) -> None:
    assert words(text) == shown


@pytest.mark.parametrize("part", ["{", "a{", "aaaaaaaaa}", "[a](", "aaaa aaaa aaaa \\ [a](b) "])
def test_a_message_that_is_too_long_only_when_it_is_escaped_is_cut_too(part: str) -> None:
    for length in range(LONGEST // 2 - 3, LONGEST + 40, 7):
        shown = words((part * length)[:length])
        is_cut = shown.endswith(f" … ({length} characters)")
        assert (LONGEST - 2 if is_cut else length) <= len(shown) <= LONGEST


@given(st.text(alphabet="ab{}[]()\\\x00\u202e", max_size=3_000))
def test_a_long_message_ends_with_how_long_it_is_and_breaks_no_escape(text: str) -> None:
    shown = words(text)
    assert len(shown) <= LONGEST
    assert shown.count("{") % 2 == shown.count("}") % 2 == 0
    bare = re.sub(r"\\[\\\[\]]", " ", shown)  # what it leaves out must bring nothing else together
    assert "](" not in bare
