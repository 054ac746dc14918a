"""The line of each value in a YAML text."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.paths import leaves
from ecs2k8s.core.yaml_lines import line_of, template_lines, yaml_lines
from ecs2k8s.pipeline import translate
from ecs2k8s.render import FORMATS
from ecs2k8s.render.dump import dump
from tests.estates import estate

DEPLOYMENT = """\
# of a person
apiVersion: apps/v1
metadata:
  name: web
  labels: {app: web,
    "a.b/c": d}
spec:
  containers:
  - name: app
    args: [one,
      two]
    text: |
      several
      lines
  -
    name: sidecar
  empty: []
"""


def test_a_value_has_the_line_of_its_key_and_an_item_its_own() -> None:
    (lines,) = yaml_lines(DEPLOYMENT)
    spec = ("spec", "containers")
    assert lines["apiVersion",] == 2
    assert lines["metadata", "labels", "app"] == 5
    assert lines["metadata", "labels", "a.b/c"] == 6
    assert lines[spec] == 8
    assert (lines[*spec, 0], lines[*spec, 0, "name"]) == (9, 9)
    assert [lines[*spec, 0, "args", at] for at in (0, 1)] == [10, 11]
    assert lines[*spec, 0, "text"] == 12
    assert lines[*spec, 1, "name"] == 16
    assert lines["spec", "empty"] == 17


def test_what_has_no_line_has_that_of_what_is_around_it() -> None:
    (lines,) = yaml_lines(DEPLOYMENT)
    assert line_of(lines, ("spec", "containers", 0, "resources", "limits", "cpu")) == 9
    assert line_of(lines, ("spec", "containers", 7)) == 8
    assert line_of(lines, ("status",)) == 2
    assert line_of({}, ("status",)) == 1


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "a: 1\n---\n---\nb: 2\n", "- 1\n- 2\n...\n", "word"])
def test_there_are_as_many_documents_as_yaml_loads(text: str) -> None:
    assert len(yaml_lines(text)) == len(list(yaml.safe_load_all(text)))


def test_an_alias_stands_where_it_is_written_and_is_not_followed() -> None:
    (lines,) = yaml_lines("a: &x\n  b: [1]\nc: *x\nd:\n- *x\n- &y [*y]\n")
    assert lines["c",] == 3
    assert line_of(lines, ("c", "b", 0)) == 3
    assert (lines["d", 0], lines["d", 1, 0]) == (5, 6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\nb: 2\n", "line 2 column 2: did not find expected ',' or ']'"),
        ("a:\n  b: 1\n  b: 2\n", "line 3 column 3: the key a.b stands twice"),
        ("? [a]\n: 1\n", "line 1 column 3: a key that is no plain word"),
        ("a: *nobody\n? *nobody\n: b\n", "line 2 column 3: a key that is no plain word"),
        ("a: \x07\n", "is no YAML: it holds characters that YAML forbids"),
        ("a: \ud800\n", "is no YAML: it holds characters that YAML forbids"),
    ],
)
def test_what_is_no_yaml_is_one_line_that_says_where(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        yaml_lines(text)
    assert str(caught.value) == said


def test_no_nesting_is_too_deep() -> None:
    (lines,) = yaml_lines("".join(f"{' ' * depth}k:\n" for depth in range(900)))
    assert lines[("k",) * 900] == 900


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=20,
)


def written(key: str) -> str:
    """The first line of *key* as it stands in front of its value."""
    return dump({key: 0}).removesuffix("0\n").splitlines()[0].rstrip().lstrip(" -:?")


@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=5))
def test_every_leaf_of_what_is_written_has_a_line_that_begins_with_its_key(value: dict[str, Any]) -> None:
    text = dump(value)
    (lines,) = yaml_lines(text)
    rows = text.splitlines()
    last = 0
    for path, _ in leaves(value):
        assert lines[path] >= last  # in the order of the text
        last = lines[path]
        if isinstance(path[-1], str):
            assert rows[lines[path] - 1].lstrip(" -:?").startswith(written(path[-1]))


@pytest.mark.parametrize("form", ["kustomize", "helm", "plain"])
def test_every_generated_manifest_has_lines(form: Any) -> None:
    snapshot, target = estate("three-tier")
    files = FORMATS[form](translate(snapshot, target).bundle)
    read = 0
    for path, text in files.items():
        if "/templates/" in path and path.endswith(".yaml"):
            found = template_lines(text)
        elif path.endswith(".yaml"):
            found = yaml_lines(text)
        else:
            continue
        if found and ("metadata", "name") in found[0]:
            read += 1
            assert text.splitlines()[found[0]["kind",] - 1].startswith("kind: ")
            assert text.splitlines()[found[0]["metadata", "name"] - 1].startswith("  name: ")
    assert read > 20


def test_an_action_stands_for_one_value() -> None:
    (lines,) = template_lines(
        '{{- $workload := index .Values.workloads "a" "b" }}\n'
        "spec:\n"
        '  replicas: {{ index $workload "}}" | int }}\n'
        '  text: "{{ "{{" }}x}}"\n'
        "  last: 1\n"
    )
    assert [lines["spec", key] for key in ("replicas", "text", "last")] == [3, 4, 5]
