"""Every case file: the objects, the verdicts and the findings that it asks for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from ecs2k8s.compare import schema
from ecs2k8s.core.findings import catalogue, message
from ecs2k8s.core.paths import show
from ecs2k8s.core.target import Version
from ecs2k8s.pipeline import objects
from tests.case_files import Case, load
from tests.estates import translated

if TYPE_CHECKING:
    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Manifest

FOLDER = Path(__file__).parent / "cases"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml"))


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where *found* lacks what *expected* has: a subset in maps, every item in lists."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [line for key, value in expected.items() for line in _member(key, value, found, path)]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for index, (one, other) in pairs for line in differences(one, other, f"{path}[{index}]")]
    return (
        []
        if expected == found and type(expected) is type(found)
        else [f"{path}: expected {expected!r}, found {found!r}"]
    )


def _member(key: str, value: Any, found: dict[str, Any], path: str) -> list[str]:
    where = f"{path}.{key}"
    if value is None:
        return [f"{where}: expected nothing, found {found[key]!r}"] if key in found else []
    return differences(value, found[key], where) if key in found else [f"{where}: expected {value!r}, found nothing"]


def chosen(manifests: list[Manifest], reference: str) -> Manifest | None:
    kind, _, rest = reference.partition("/")
    space, _, name = rest.rpartition("/")
    found = [m for m in manifests if m["kind"] == kind and name in ("", m["metadata"]["name"])]
    found = [m for m in found if space in ("", m["metadata"].get("namespace"))]
    assert len(found) < 2, f"{reference} is not one object: {[m['metadata']['name'] for m in found]}"
    return found[0] if found else None


def on_aws(made: Translation) -> list[Manifest]:
    """Objects of AWS in the form of manifests, called by their roles or service accounts, else by their logical ids."""
    found: list[Manifest] = []
    for resource in made.resources:
        given = resource.properties
        name = given.get("RoleName", given.get("ServiceAccount", resource.logical_id))
        found.append({"kind": resource.type, "metadata": {"name": name}, **given})
    return found + [{"kind": "AwsChange", "metadata": {"name": c.name}, **asdict(c)} for c in made.changes]


@pytest.mark.parametrize("name", FILES)
def test_case(name: str) -> None:
    case = load(FOLDER / name)
    made = translated(name)
    wrong = []
    manifests = [*made.bundle.manifests, *on_aws(made)]
    for reference, expected in case.objects.items():
        found = chosen(manifests, reference)
        if expected is None or found is None:
            wrong += [] if expected is None and found is None else [f"{reference}: expected {expected}, found {found}"]
        else:
            wrong += differences(expected, found, reference)
    said = {finding.slug for finding in made.findings} | {slug for entry in made.ledger.entries for slug in entry.slugs}
    wrong += [f"does not say {slug}" for slug in case.says if slug not in said]
    wrong += [f"says {slug}" for slug in case.silent if slug in said]
    for slug, parts in case.texts.items():
        text = " ".join(message(finding) for finding in made.findings if finding.slug == slug)
        wrong += [f"{slug} does not hold {part!r}: {text}" for part in parts if part not in text]
    wrong += _verdicts(case, made.ledger.entries)
    wrong += _places(case, made.ledger.entries)
    assert wrong == []


def _verdicts(case: Case, entries: Any) -> list[str]:
    found = {
        ("service:" if e.document.shape == "ecs.Service" else "") + show(e.path): e.fidelity.value for e in entries
    }
    found |= {_place(entry): entry.fidelity.value for entry in entries}
    return [
        f"{path}: {found.get(path)}, not {verdict}"
        for path, verdict in case.ledger.items()
        if found.get(path) != verdict
    ]


def _place(entry: Any) -> str:
    return f"{entry.document.shape}:{show(entry.path)}"


def _places(case: Case, entries: Any) -> list[str]:
    found: dict[str, set[str]] = {}
    for entry in entries:
        for slug in entry.slugs:
            found.setdefault(slug, set()).add(_place(entry))
    return [
        f"{slug} is said at {sorted(found.get(slug, ()))}, not {places}"
        for slug, places in case.at.items()
        if found.get(slug, set()) != set(places)
    ]


@pytest.mark.parametrize("name", FILES)
def test_notes_are_declared_in_the_row_that_they_are_about(name: str) -> None:
    stray = {
        (slug, entry.row.table, entry.row.source)
        for entry in translated(name).ledger.entries
        for slug in entry.slugs
        if entry.row
        and slug not in entry.row.notes
        and not catalogue()[slug].whole
        and not catalogue()[slug].ledger_only
    }
    assert stray == set()


@pytest.mark.skipif(not schema.available(), reason="the extra `validate` is not installed")
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some versions", "every"])
@pytest.mark.parametrize("name", FILES)
def test_the_objects_of_a_case_are_valid(name: str, every: bool) -> None:
    """For the oldest and the newest version; those between take turns. The samples are held against all, elsewhere."""
    case = load(FOLDER / name)
    oldest, *between, newest = get_args(Version)
    turn = between[FILES.index(name) % len(between)]
    for version in between if every else (oldest, turn, newest):
        target = msgspec.structs.replace(case.target, kubernetes_version=version)
        problems = schema.problems(objects(case.snapshot, target).bundle.manifests, version)
        assert (problems == []) is case.valid, version
