"""What must hold for every input."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core import names, paths
from ecs2k8s.core.documents import Document, Snapshot, canonical, dump, load
from ecs2k8s.core.target import convert
from ecs2k8s.core.units import millicores, shares, whole_number
from ecs2k8s.pipeline import translate
from ecs2k8s.render.dump import dump as to_yaml
from ecs2k8s.translate.escape import literal

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
TRICKY = st.sampled_from(
    [
        *[
            "yes",
            "y",
            "N",
            "on",
            "1e3",
            "08",
            "0o7",
            "12e4567",
            "1:30",
            "0x1F",
            ".inf",
            "~",
            "null",
            "2020-01-01",
            "=",
            "<<",
            "1_000",
            "+1",
            ".5",
            "0b1",
            "é",
            "\u202e",
            "'",
            '"',
            "!x",
            "&a",
            "*a",
            "%",
            "@",
            "`",
            "#",
        ],
        "",
        " x",
        "x ",
        "- a",
        "a: b",
        "a\nb\n",
        "\ttab",
    ]
)
TEXT = st.one_of(st.text(), TRICKY)


@given(st.text(min_size=1))
def test_every_name_becomes_a_label(text: str) -> None:
    name = names.label(text)
    assert LABEL.fullmatch(name)
    assert len(name) <= 63
    assert names.label(text) == name


@given(st.text(min_size=1))
def test_every_port_name_is_a_service_name(text: str) -> None:
    name = names.port(text)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name)
    assert len(name) <= 15
    assert re.search("[a-z]", name)
    assert "--" not in name


@given(st.lists(st.sampled_from(["App", "app", "APP", "a_b", "a-b", "A.b", "x" * 70, "x" * 80]), unique=True))
def test_names_of_one_scope_are_unique_whatever_their_order(texts: list[str]) -> None:
    given_names = names.unique(texts)
    assert len(set(given_names.values())) == len(texts)
    assert names.unique(reversed(texts)) == given_names
    for text in texts:
        if names.label(text) == text:
            assert given_names[text] == text


@given(st.lists(st.integers(0, 16384), min_size=1, max_size=10))
def test_shares_add_up_to_the_whole(units: list[int]) -> None:
    assert sum(shares(units)) == millicores(sum(units))
    assert all(abs(share - unit * 1000 / 1024) < 1 for share, unit in zip(shares(units), units, strict=True))


def kubelet(text: str, known: dict[str, str]) -> str:
    """What the kubelet makes of a string: https://pkg.go.dev/k8s.io/kubernetes/third_party/forked/golang/expansion."""
    out, data, position = "", text.encode(), 0
    buffer = bytearray()
    while position < len(data):
        if data[position : position + 1] == b"$" and position + 1 < len(data):
            after = data[position + 1]
            if after == ord("$"):
                buffer += b"$"
                position += 2
            elif after == ord("("):
                end = data.find(b")", position + 2)
                if end < 0:
                    buffer += b"$("
                    position += 2
                else:
                    name = data[position + 2 : end].decode(errors="replace")
                    buffer += known[name].encode() if name in known else data[position : end + 1]
                    position = end + 1
            else:
                buffer += b"$" + chr(after).encode()  # one byte, taken for a rune: the defect that hurts non-ASCII text
                position += 2
        else:
            buffer += data[position : position + 1]
            position += 1
    out += buffer.decode(errors="replace")
    return out


@given(st.one_of(st.text(), st.text(alphabet="$()aé–$ HOME"), st.text(alphabet="$(")))
def test_an_escaped_string_arrives_as_it_was(text: str) -> None:
    assert kubelet(literal(text), {"HOME": "/root", "a": "b"}) == text


@given(TEXT, TEXT)
def test_yaml_keeps_every_string(key: str, value: str) -> None:
    written = to_yaml({"kind": "x", "data": {key: value}})
    assert yaml.safe_load(written) == {"kind": "x", "data": {key: value}}
    assert all(character == "\n" or " " <= character <= "~" for character in written)


@given(st.lists(st.one_of(st.integers(0, 99), st.text(min_size=1)), min_size=1))
def test_a_path_can_be_read_back(steps: list[int | str]) -> None:
    path = tuple(steps)
    assert paths.parse(paths.show(path)) == path


DATA = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), DATA, max_size=4))
def test_a_snapshot_can_be_read_back(data: dict[str, Any]) -> None:
    snapshot = Snapshot((Document("ecs.TaskDefinition", "id", data),), taken="2026-01-01T00:00:00Z")
    assert load(json.loads(dump(snapshot))) == snapshot
    assert canonical(data) == canonical(copy.deepcopy(data))


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5), st.text(min_size=1))
def test_environment_and_command_survive_translation(environment: dict[str, str], argument: str) -> None:
    container: dict[str, Any] = {"name": "c", "image": "i", "command": [argument]}
    container["environment"] = [{"name": name, "value": value} for name, value in environment.items()]
    document = Document("ecs.TaskDefinition", "t", {"family": "f", "containerDefinitions": [container]})
    deployment = translate(Snapshot((document,)), convert({})).bundle.find("Deployment", "f")
    assert deployment is not None
    made = deployment["spec"]["template"]["spec"]["containers"][0]
    assert [kubelet(word, {}) for word in made["args"]] == [argument]
    for entry in made.get("env", []):
        assert kubelet(entry["value"], {}) == environment[entry["name"]]


@given(st.sampled_from(["²", "٣", "9" * 5000, "-1", " 1", "1_0", ""]))
def test_what_is_no_number_to_aws_is_none_to_us(text: str) -> None:
    """`str.isdigit` takes some of them, and `int` then fails."""
    assert whole_number(text) is None
    container: dict[str, Any] = {
        "name": "c",
        "image": "i",
        "user": text,
        "portMappings": [{"containerPortRange": f"{text}-{text}"}],
    }
    container["resourceRequirements"] = [{"type": "GPU", "value": text}]
    for key in ("cpu", "memory"):
        data = {"family": "f", "containerDefinitions": [container], key: f"{text} GB"}
        made = translate(Snapshot((Document("ecs.TaskDefinition", "t", data),)), convert({}))
        deployment = made.bundle.find("Deployment", "f")
        assert deployment is None or "nvidia" not in str(deployment)
