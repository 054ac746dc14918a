"""The flowchart: what is drawn, what foreign text becomes, and what Mermaid's own parser says."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.assess.dependencies import Dependencies, Edge, Node
from ecs2k8s.core.escape import escape
from ecs2k8s.pipeline import translate
from ecs2k8s.report.mermaid import LONGEST, MOST_ARROWS, MOST_NODES, flowchart, text
from ecs2k8s.report.waves import wave_lines
from tests.call_worlds import service, translated
from tests.estates import SAMPLES, estate
from tests.published import FOLDER

HOSTILE = [
    '"]; click n1 href "javascript:alert(1)"',
    "<img src=x onerror=alert(1)> &lt;b&gt;",
    "end\nsubgraph x",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "`code` **bold** _it_ # ; | { } [ ] ( )",
    "1. list - list",
    "``` \u202e \u200b é 😀 \x1b[31m",
    "#quot; #35; &quot;",
    "x" * 500,
    "",
]
LABEL = re.compile(r"(?:[A-Za-z0-9() ./:-]|#\d+;)*")


def hostile() -> tuple[str, int]:
    """A diagram in which every foreign text is one of those."""
    world = translated(service("web", {"API": "http://api/"}, member=True), service("api", alias="api"))
    nodes = [Node("store", f"store-{at}", label) for at, label in enumerate(HOSTILE)]
    nodes += [node for node in world.dependencies.nodes if node.kind == "workload"]
    edges = [Edge("prod/web", node.ident, ("environment",)) for node in nodes if node.kind == "store"]
    return flowchart(Dependencies(tuple(nodes), tuple(edges)), world.waves)


@pytest.mark.parametrize("foreign", HOSTILE)
def test_foreign_text_is_words_and_codes_and_short(foreign: str) -> None:
    shown = text(foreign)
    assert LABEL.fullmatch(shown)
    assert not re.search(r"(?:^|[^A-Za-z0-9)])[ ./:-]|[ ./:-](?:$|[^A-Za-z0-9(])", shown)
    assert len(re.sub(r"#\d+;", "x", shown)) <= LONGEST


@given(st.text(min_size=1, max_size=9))
def test_the_codes_are_those_of_the_characters(foreign: str) -> None:
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text(foreign)) == escape(foreign)


def test_the_shop_as_a_flowchart() -> None:
    made = translate(*estate("three-tier"))
    diagram, left = flowchart(made.dependencies, made.waves)
    assert left == 0
    assert diagram.splitlines() == [
        "flowchart LR",
        '  n1(("Internet"))',
        '  n2{{"shop"}}',
        '  n3[("shop (postgres)")]',
        '  n4[("shop-orders (queue)")]',
        '  subgraph w1["Wave 1: background"]',
        '    n7["shop/shop-close-day"]',
        '    n8["shop/worker"]',
        "  end",
        '  subgraph w2["Wave 2"]',
        '    n6["shop/frontend"]',
        "  end",
        '  subgraph w3["Wave 3"]',
        '    n5["shop/backend"]',
        "  end",
        *("  n2 --> n5", "  n2 --> n6", "  n1 --> n2", "  n5 --> n3", "  n5 --> n4", "  n6 --> n5"),
        *("  n7 --> n3", "  n7 --> n4", "  n8 --> n3", "  n8 --> n4"),
    ]


def test_a_name_of_ecs_alone_is_a_thick_arrow() -> None:
    world = translated(service("web", {"API": "http://api/"}, member=True), service("api", alias="api"))
    assert "  n2 ==> n1" in flowchart(world.dependencies, world.waves)[0].splitlines()


def test_a_large_estate_is_cut_and_the_rest_is_counted() -> None:
    names = [f"s{at:03}" for at in range(100)]
    env = [{f"TO_{to}": f"http://{to}/" for to in names[at + 1 : at + 5]} for at in range(100)]
    world = translated(*(service(name, its, alias=name) for name, its in zip(names, env, strict=True)))
    diagram, left = flowchart(world.dependencies, world.waves)
    drawn = re.findall(r'^ +n\d+\["prod/s(\d+)"\]$', diagram, re.MULTILINE)
    assert (len(drawn), left) == (MOST_NODES, 100 - MOST_NODES)
    assert sorted(drawn) == [f"{at:03}" for at in range(100 - MOST_NODES, 100)]  # those on which most depend
    assert len(re.findall(r"==>", diagram)) <= MOST_ARROWS
    assert f"{left} more workloads call others or are called" in "\n".join(wave_lines(world))


def parsed(diagrams: list[str]) -> list[str]:
    """What Mermaid's parser says of each; `flowchart-v2` where it takes it."""
    known = all((FOLDER / "node_modules" / name / "package.json").is_file() for name in ("mermaid", "jsdom"))
    if not known or not shutil.which("node"):
        pytest.skip(f"no mermaid and jsdom in {FOLDER}: `make setup` fetches them where npm can download them")
    command = ["node", str(Path(__file__).parents[2] / "mermaid.mjs"), str(FOLDER)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(diagrams))
    found: list[str] = json.loads(done.stdout)
    return found


def test_mermaid_parses_the_samples_and_any_label() -> None:
    made = [translate(*estate(sample)) for sample in SAMPLES]
    diagrams = [flowchart(each.dependencies, each.waves)[0] for each in made]
    numbers = random.Random(11)
    odd = [chr(at) for at in (*range(1, 127), 0xE9, 0x202E, 0x1F600)]
    labels = ["".join(numbers.choices(odd, k=20)) for _ in range(200)]
    many = "\n".join(["flowchart LR", *(f'  n{at}["{text(label)}"]' for at, label in enumerate(labels))])
    taken = [*diagrams, hostile()[0], many]
    said = parsed([*taken, diagrams[0].replace("]", "", 1)])
    assert said[:-1] == ["flowchart-v2"] * len(taken)
    assert said[-1].startswith("Parse error")
