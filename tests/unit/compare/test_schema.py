"""Validation refuses what the API server refuses, with its place, on every supported version."""

from __future__ import annotations

import copy
import datetime as dt
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.compare import definitions, schema
from ecs2k8s.compare.api_rules import MOST_ANNOTATIONS, MOST_DATA
from ecs2k8s.core.mappings import root
from ecs2k8s.core.paths import Path as Place
from ecs2k8s.core.paths import leaves, parse
from ecs2k8s.core.target import Version, convert
from ecs2k8s.pipeline import translate
from ecs2k8s.render.kustomize import kustomize
from tests.estates import SAMPLES, estate

VERSIONS: tuple[str, ...] = get_args(Version)
HERE = Path(__file__).parent
OBJECTS: dict[str, dict[str, Any]] = yaml.load((HERE / "objects.yaml").read_text(), yaml.CSafeLoader)
RULES: list[dict[str, Any]] = yaml.load((HERE / "rules.yaml").read_text(), yaml.CSafeLoader)
SHORT = {
    "N": "P.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions",
    "C": "P.containers[0]",
    "P": "spec.template.spec",
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CUSTOM = sorted(path.stem for path in (root() / "schemas").glob("*_*.yaml"))
pytestmark = pytest.mark.skipif(not schema.available(), reason="the extra `validate` is not installed")


def long(text: str) -> str:
    """*text* without the abbreviations for places."""
    for short, meant in SHORT.items():
        if text[:1] == short and text[1:2] in {".", "["}:
            text = meant + text[1:]
    return text


def changed(manifest: dict[str, Any], places: dict[str, Any]) -> dict[str, Any]:
    out = copy.deepcopy(manifest)
    for text, value in places.items():
        put(out, parse(long(text)), value)
    return out


def put(node: Any, place: Place, value: Any) -> None:
    for step in place[:-1]:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    if value is None:
        del node[place[-1]]
    elif isinstance(node, list) and place[-1] == len(node):
        node.append(value)
    else:
        node[place[-1]] = value


def said(manifest: dict[str, Any], version: str) -> list[str]:
    """The problems without the object's name, which may hold a colon itself."""
    name = f"{schema._called(manifest)}: "
    return [problem.removeprefix(name) for problem in schema.problems([manifest], version)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OBJECTS)
def test_a_good_object_has_no_problem_on_any_version(name: str, version: str) -> None:
    assert schema.problems([OBJECTS[name]], version) == []


@pytest.mark.parametrize("rule", RULES, ids=[f"{rule['object']} {rule['set']}" for rule in RULES])
def test_a_change_is_refused_with_its_place_or_accepted(rule: dict[str, Any]) -> None:
    manifest = changed(OBJECTS[rule["object"]], rule["set"])
    for version in rule.get("versions", [VERSIONS[0], VERSIONS[3], VERSIONS[-1]]):
        assert said(manifest, version) == [long(text) for text in rule["says"]], version


def test_a_problem_names_kind_namespace_and_name() -> None:
    (problem,) = schema.problems([changed(OBJECTS["deployment"], {"C.ports[0].bogus": 1})], "1.34")
    assert problem == "Deployment/prod/web: spec.template.spec.containers[0].ports[0].bogus: there is no such field"


@pytest.mark.parametrize("manifest", [{}, {"kind": 5, "metadata": []}, {"apiVersion": "v1", "kind": "Pod"}])
def test_what_is_hardly_an_object_is_a_problem_and_no_error(manifest: dict[str, Any]) -> None:
    assert schema.problems([manifest], "1.34") != []


@pytest.mark.parametrize("data", [{True: "x"}, {"a": dt.date(2026, 1, 2)}, {"a": float("nan")}])
def test_what_json_cannot_say_is_a_problem(data: dict[Any, Any]) -> None:
    assert schema.problems([OBJECTS["config map"] | {"data": data}], "1.34") != []


def test_all_annotations_together_are_bounded() -> None:
    room = MOST_ANNOTATIONS - len("ecs2k8s.io/tags") - len('{"a b": "c"}') - len("long")
    assert said(changed(OBJECTS["deployment"], {"metadata.annotations.long": "x" * room}), "1.34") == []
    assert said(changed(OBJECTS["deployment"], {"metadata.annotations.long": "x" * (room + 1)}), "1.34") == [
        "metadata.annotations: together more than 256 KiB"
    ]


def test_all_data_together_is_bounded() -> None:
    assert said(changed(OBJECTS["config map"], {"data.long": "x" * (MOST_DATA - 1)}), "1.34") == []
    assert said(changed(OBJECTS["config map"], {"data.long": "x" * MOST_DATA}), "1.34") == [
        "data: together more than 1 MiB"
    ]


def test_secret_values_are_never_shown() -> None:
    for value in ("hunter2!", ["hunter2"], {"hunter2": 1}):
        assert "hunter2" not in str(schema.problems([changed(OBJECTS["secret"], {"data.x": value})], "1.34"))


@pytest.mark.parametrize("name", [name for name in OBJECTS if "." in OBJECTS[name]["apiVersion"].split("/")[0]])
def test_an_unknown_field_is_refused_at_every_level(name: str) -> None:
    for place in maps(OBJECTS[name]):
        manifest = copy.deepcopy(OBJECTS[name])
        put(manifest, (*place, "bogus"), 5)
        assert schema.problems([manifest], "1.34") != [], place


def maps(node: Any, place: Place = ()) -> list[Place]:
    """The places of all maps in *node*."""
    if isinstance(node, list):
        return [found for index, child in enumerate(node) for found in maps(child, (*place, index))]
    if not isinstance(node, dict):
        return []
    return [place, *(found for key, child in node.items() for found in maps(child, (*place, key)))]


@pytest.mark.parametrize("stem", CUSTOM)
def test_our_schemas_are_closed_and_named_as_what_they_describe(stem: str) -> None:
    document = yaml.load((root() / "schemas" / f"{stem}.yaml").read_text(), yaml.CSafeLoader)
    group, kind = document["properties"]["apiVersion"]["const"].split("/")[0], document["properties"]["kind"]["const"]
    assert stem == f"{group}_{kind.lower()}"
    assert [
        node for node in nodes(document) if node.get("type") == "object" and "additionalProperties" not in node
    ] == []
    assert any(manifest["kind"] == kind for manifest in OBJECTS.values())


def nodes(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [node for child in value for node in nodes(child)]
    return [value, *(node for child in value.values() for node in nodes(child))] if isinstance(value, dict) else []


def test_every_rule_is_about_a_field_that_exists_in_some_version() -> None:
    published = [schema._published(version)[0] for version in VERSIONS]
    for name, rule in definitions.load_rules()["definitions"].items():
        known = {field for found in published for field in found.get(name, {}).get("properties", {})}
        assert rule.get("properties", {}).keys() <= known, name
        assert any(name in found for found in published), name


def test_no_rule_adds_a_field_that_a_version_does_not_have() -> None:
    for version in VERSIONS:
        published = schema._published(version)[0]
        for name, rule in definitions.load_rules()["definitions"].items():
            fields = published[name]["properties"] if "properties" in published.get(name, {}) else {}
            for field in rule.get("properties", {}).keys() - fields.keys():
                gated = definitions._for_version(rule["properties"][field], int(version[2:]))
                assert name not in published or gated.get("not") == {}, (version, name, field)


def test_every_part_is_used() -> None:
    texts = "".join(path.read_text() for path in (root() / "schemas").glob("*.yaml"))
    parts = yaml.load((root() / "schemas" / "parts.yaml").read_text(), yaml.CSafeLoader)
    own = "subdomain"  # the rule for names of kinds that have no other
    assert [part for part in parts if f"'#/$defs/{part}'" not in texts and part != own] == []


@pytest.mark.parametrize("version", [VERSIONS[0], pytest.param(VERSIONS[-1], marks=pytest.mark.long)])
def test_every_built_in_kind_can_be_compiled(version: str) -> None:
    for api_version, kind in schema._published(version)[1]:
        assert schema._compiled(version, api_version, kind) is not None, kind
    schema._compiled.cache_clear()


@pytest.mark.parametrize("library", schema.LIBRARIES)
def test_without_a_library_of_the_extra_it_is_not_available(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert not schema.available()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_generated_for_a_sample_satisfies_its_schema(name: str, version: str) -> None:
    snapshot, _ = estate(name)
    bundle = translate(snapshot, convert({"kubernetes_version": version})).bundle
    kustomization = yaml.load(kustomize(bundle)["manifests/kustomization.yaml"], yaml.CSafeLoader)
    assert schema.problems([*bundle.manifests, kustomization], version) == []


def test_a_cron_job_without_pods_is_a_problem() -> None:
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}}
    job["spec"] = {"schedule": "0 3 * * *", "jobTemplate": {}}
    assert said(job, "1.34") == ["spec.jobTemplate.spec: is missing: pods are made from it"]


@given(data=st.data())
def test_whatever_stands_in_an_object_is_a_problem_at_most(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(OBJECTS)))
    manifest = copy.deepcopy(OBJECTS[name])
    place = data.draw(st.sampled_from([path for path, _ in leaves(manifest)]))
    cut = data.draw(st.integers(1, len(place)))
    put_any(manifest, place[:cut], data.draw(ANYTHING))
    assert all(isinstance(problem, str) for problem in schema.problems([manifest], "1.34"))


def put_any(node: Any, place: Place, value: Any) -> None:
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
