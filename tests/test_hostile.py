"""Hostile text in every place that AWS or a file allows: nothing of it acts, hides or passes for ours, in any form."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from markdown_it import MarkdownIt

from ecs2k8s.cli import coverage, diff, diff_translate, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.cli.diff_output import View
from ecs2k8s.cli.options import DiffFormat
from ecs2k8s.core.documents import dump
from ecs2k8s.core.escape import HIDDEN, escape_json
from ecs2k8s.core.paths import in_order
from ecs2k8s.core.yaml_lines import template_lines
from tests.estates import ROOT, SAMPLES
from tests.hostile import HOSTILE, MARK, names
from tests.hostile_pages import DIFFS, exported, put_others
from tests.test_formats import HELM
from tests.test_machine_forms import hold
from tests.told_runs import hostile as hostile_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(
    r"<summary>[0-9]+ places</summary>|</?(br|code|details|summary)/?>|<details open>|<!-- ecs2k8s [a-z0-9/ -]* -->"
)
LINKS = re.compile(
    r"#[a-z-]+|workloads/[a-z0-9.-]+\.md|(\.\./)?[a-z0-9/.-]+\.(md|html|json|svg|yaml)|https://(docs\.|kubernetes\.io/docs/)[a-z./0-9#_-]+"
)
PATH = re.compile(r"[A-Za-z0-9._/-]+")


LONG = [pytest.param(name, marks=pytest.mark.long) for name in SAMPLES]


@pytest.fixture(scope="module", params=["everything", "names", *LONG])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp(request.param), request.param)


def texts(made: Path, *suffixes: str) -> Iterator[tuple[str, str]]:
    for file in sorted(made.rglob("*")):
        if file.is_file() and (not suffixes or file.suffix in suffixes):
            yield str(file.relative_to(made)), file.read_bytes().decode()


def hidden(text: str) -> list[str]:
    return sorted({hex(ord(found[0])) for found in HIDDEN.finditer(text) if found[0] != "\n"})


def test_no_file_holds_a_hidden_character_and_no_name_is_foreign(made: Path) -> None:
    seen = 0
    for path, text in texts(made):
        assert hidden(text) == [], path
        assert PATH.fullmatch(path)
        seen += MARK in text
    assert seen >= 5


def test_the_snapshot_still_says_what_aws_said(made: Path) -> None:
    given, kept = (
        json.loads(file.read_bytes())["documents"] for file in (made.parent / "in.json", made / "snapshot.json")
    )
    assert sorted(kept, key=json.dumps) == sorted(in_order(given), key=json.dumps)


def inline(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from inline(token.children or [])


def markdown_problems(text: str, ours: re.Pattern[str] = OURS) -> Iterator[str]:
    tokens = list(inline(MARKDOWN.parse(text)))
    for at, token in enumerate(tokens):
        if token.type == "image":
            yield f"image {token.attrs}"
        if token.type == "link_open" and not LINKS.fullmatch(str(token.attrs["href"])):
            yield f"link {token.attrs['href']}"
        if token.type.startswith("html") and ours.sub("", token.content).strip():
            yield f"html {token.content[:200]}"
        if token.type == "heading_open" and tokens[at + 1].content.strip() == "heading":
            yield "heading"
        if (
            token.type == "text"
            and "octocat" in token.content
            and MARK in token.content
            and "@octocat" in text_of(text, token)
        ):
            yield f"mention {token.content[:80]}"


def text_of(text: str, token: Any) -> str:
    """The source lines in which the words of *token* stand, without code spans."""
    words = token.content[:40]
    return " ".join(re.sub(r"(`+)[^`].*?\1", "", line) for line in text.splitlines() if words in line)


def test_markdown_has_no_link_image_html_heading_or_mention_of_theirs(made: Path) -> None:
    seen = 0
    for path, text in texts(made, ".md"):
        assert list(markdown_problems(text)) == [], path
        seen += MARK in text
    assert seen >= 2


def test_diagrams_hold_nothing_but_nodes_arrows_and_groups(made: Path) -> None:
    label = r'[\[({]+"[^"<>`]+"[\])}]+'
    line = re.compile(
        rf'flowchart LR|\s+n\d+{label}|\s+subgraph w\d+\["Wave \d+(: background)?"\]|\s+end|\s+n\d+ (==>|-->) n\d+'
    )
    for path, text in texts(made, ".md"):
        for token in MARKDOWN.parse(text):
            if token.type == "fence" and token.info == "mermaid":
                assert [row for row in token.content.splitlines() if not line.fullmatch(row)] == [], path


def test_markdown_tables_keep_their_columns(made: Path) -> None:
    """markdown-it fills up and cuts rows, so the cells are counted in the text: no row has more than its head."""
    for path, text in texts(made, ".md"):
        columns = 0
        for line in text.splitlines():
            if not line.startswith("|"):
                columns = 0
                continue
            count = len(re.findall(r"(?<!\\)\|", line))
            columns = columns or count
            assert count == columns, f"{path}: {line[:300]}"


def test_yaml_is_yaml_and_variables_hold_what_they_held(made: Path) -> None:
    values = [
        (path, value)
        for path, text in texts(made, ".yaml")
        for document in yaml.safe_load_all(text)
        for value in strings(document)
        if isinstance(value, str) and MARK in value
    ]
    assert values
    plain = {value.replace("$$", "$") for path, value in values if "deployment" in path or "job" in path}
    assert any(HOSTILE in value for value in plain)


def strings(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)
    else:
        yield value


def test_json_and_svg_are_what_they_are(made: Path) -> None:
    for path, text in texts(made, ".json", ".sarif"):
        json.loads(text)
        assert escape_json(text.encode()) == text.encode(), path
    for _, text in texts(made, ".svg"):
        ET.fromstring(text)


class Elements(HTMLParser):
    """What of foreign text has become an element, an attribute or a comment."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.seen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (name in ("href", "src") and re.search(r"e\.example|javascript", value or "")):
                self.problems.append(f"{tag} {name}={value}")
        if tag in ("script", "img", "iframe", "b"):
            self.problems.append(tag)

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.problems.append(f"comment {data[:80]}")

    def handle_data(self, data: str) -> None:
        self.seen += MARK in data


def html_problems(text: str) -> list[str]:
    parser = Elements()
    parser.feed(text)
    assert parser.seen
    return parser.problems


def test_html_has_no_element_attribute_or_comment_of_theirs(made: Path) -> None:
    found = list(texts(made, ".html"))
    assert found
    for path, text in found:
        assert html_problems(text) == [], path


def test_no_shell_that_is_given_a_printed_command_runs_anything_of_theirs(made: Path, tmp_path: Path) -> None:
    """Every command of the documents, in bash without any program but those that stand in for the real ones."""
    commands = [command for _, text in texts(made, ".md") for command in printed(text) if MARK in command]
    assert commands or not made.parent.name.startswith(("everything", "microservices"))
    script = "".join(f"{name}() {{ :; }}\n" for name in ("aws", "kubectl", "helm", "jq", "ecs2k8s", "eksctl", "argocd"))
    for command in commands:
        done = subprocess.run(
            ["/bin/bash", "--norc", "-c", f"{script}{command}"],
            cwd=tmp_path,
            env={"PATH": ""},
            capture_output=True,
            check=False,
        )
        assert b"syntax error" not in done.stderr, command
        assert not [file.name for file in tmp_path.iterdir() if file.name.startswith("PWNED")], command


def printed(text: str) -> Iterator[str]:
    """Blocks and spans of code that begin like a command."""
    for token in inline(MARKDOWN.parse(text)):
        if token.type in ("fence", "code_block", "code_inline") and re.match(
            r"(aws|kubectl|helm|eksctl|ecs2k8s) ", token.content
        ):
            yield token.content


def test_sarif_messages_have_no_links(made: Path) -> None:
    run = json.loads((made / "report" / "findings.sarif").read_bytes())["runs"][0]
    texts_of = [result["message"]["text"] for result in run["results"]]
    assert any(MARK in text for text in texts_of)
    assert not [text for text in texts_of if re.search(r"(?<!\\)\]\(", text)]


COMMANDS: dict[str, Callable[[Path], object]] = {
    "coverage": lambda place: coverage.run(str(place), as_json=False),
    "coverage as JSON": lambda place: coverage.run(str(place), as_json=True),
    "diff routing": lambda place: diff.routing(str(place), as_json=False),
    "diff routing as JSON": lambda place: diff.routing(str(place), as_json=True),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_hidden_character(made: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    COMMANDS[command](made)
    said = capsys.readouterr()
    assert hidden(said.out + said.err) == []
    assert said.out


@pytest.mark.parametrize("form", DiffFormat)
def test_every_view_of_a_diff_is_escaped(made: Path, form: DiffFormat, capsys: pytest.CaptureFixture[str]) -> None:
    diff_translate.run(str(made), View(form, everything=True), None)
    is_escaped(form, capsys.readouterr())


def is_escaped(form: DiffFormat, said: Any) -> None:
    assert hidden(said.out + said.err) == []
    assert MARK in said.out
    if form is DiffFormat.markdown:
        assert list(markdown_problems(said.out, OF_A_DIFF)) == []
    elif form is DiffFormat.html:
        assert html_problems(said.out) == []
    elif form is DiffFormat.json:
        hold("diff", json.loads(said.out))


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = exported(tmp_path_factory.mktemp("diffs"), "names")
    put_others(place.parent)
    return place


@pytest.mark.parametrize("name", DIFFS)
@pytest.mark.parametrize("form", DiffFormat)
def test_every_view_of_drift_and_of_plans_is_escaped(
    named: Path, form: DiffFormat, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    DIFFS[name](named, View(form, everything=True))
    is_escaped(form, capsys.readouterr())


# A summary names objects as code, in which every character that could be markup is a number.
OF_A_DIFF = re.compile(r"<details( open)?><summary>([\w/ .,:;&#()-]|</?code>)*</summary>|" + OURS.pattern, re.ASCII)


@pytest.mark.parametrize("as_json", [True, False])
def test_an_export_prints_no_hidden_character(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.json").write_bytes(dump(names()))
    bad = {"taskDefinition": {"family": HOSTILE, "containerDefinitions": [{"name": HOSTILE, "cpu": HOSTILE}]}}
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    sources = (str(tmp_path / "in.json"), str(tmp_path / "bad.json"))
    export.run(export.Request(output=str(tmp_path / "out"), sources=sources, as_json=as_json), Talk(2))
    said = capsys.readouterr()
    assert hidden(said.out + said.err) == []
    assert MARK in said.err


def test_a_command_line_with_hidden_characters_is_answered_without_them(tmp_path: Path) -> None:
    for args in (("explain", f"--{EVIL}"), ("explain", EVIL), ("export", "--from", EVIL)):
        done = subprocess.run(
            [sys.executable, "-m", "ecs2k8s", *args], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
        )
        assert done.returncode == 1
        assert hidden(done.stderr.decode() + done.stdout.decode()) == []
        assert b"\\u202e" in done.stderr


def test_commands_to_type_next_are_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.json").write_bytes(dump(names()))
    out = tmp_path / "my $(dir)"
    export.run(export.Request(output=str(out), sources=(str(tmp_path / "in.json"),)), Talk(1))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    (command,) = (line for line in lines if line.startswith("ecs2k8s coverage"))
    assert shlex.split(command) == ["ecs2k8s", "coverage", str(out)]


# The folder of a run: text of AWS, of errors that came back, of notes, approvals and waivers.


@pytest.fixture(scope="module")
def of_a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """But for what somebody else put there, which is listed and not read."""
    folder = tmp_path_factory.mktemp("of_a_run") / "run"
    hostile_run(folder, HOSTILE)
    next((folder / "approvals").glob("no approval*")).unlink()
    return folder


def test_no_file_of_a_run_hides_anything_and_all_of_it_is_read_by_what_reads_it(of_a_run: Path) -> None:
    seen = set()
    for path, text in texts(of_a_run):
        assert hidden(text) == [], path
        assert PATH.fullmatch(path)
        if MARK in text:
            seen.add(path.partition("/")[0])
        if path.endswith(".json"):
            json.loads(text)
    assert seen >= {"report.html", "report.json", "timeline.md", "junit.xml", "before", "after", "checks", "approvals"}


def test_the_reports_of_a_run_hold_no_markup_of_theirs(of_a_run: Path) -> None:
    assert html_problems((of_a_run / "report.html").read_text()) == []
    text = (of_a_run / "timeline.md").read_text()
    assert list(markdown_problems(text)) == []
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in text.splitlines() if row.startswith("|")} == {8}
    ours = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped"}
    assert {each.tag for each in ET.fromstring((of_a_run / "junit.xml").read_text()).iter()} == ours


def test_tables_of_a_run_keep_their_columns_and_compute_nothing(of_a_run: Path) -> None:
    for file in of_a_run.glob("checks/*/samples.csv"):
        rows = list(csv.reader(file.read_text().splitlines()))
        assert {len(row) for row in rows} == {8}
        assert not [cell for row in rows for cell in row if re.match(r"\s*[=+@-]", cell)]


def test_a_command_of_a_run_is_read_as_it_was_printed(of_a_run: Path) -> None:
    (command,) = json.loads((of_a_run / "report.json").read_bytes())["by_hand"]
    assert command == f"aws {HOSTILE}"


EVIL = "x\x1b[2J\u202ey"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(not HELM, reason="helm is not installed; `make setup` puts one into .venv")
def test_a_chart_renders_to_the_same_text(tmp_path: Path) -> None:
    place = exported(tmp_path, "three-tier", sets=("format=helm",))
    for path, text in texts(place, ".yaml"):
        if "/templates/" in path:
            assert template_lines(text), path
    command = [str(HELM), "template", "x", str(place / "manifests")]
    done = subprocess.run(command, capture_output=True, check=True, env={"HOME": str(tmp_path), "PATH": ""})
    assert any(
        HOSTILE in str(value).replace("$$", "$") for each in yaml.safe_load_all(done.stdout) for value in strings(each)
    )
