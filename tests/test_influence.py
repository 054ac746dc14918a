"""The third witness: change a leaf, and exactly what its row claims changes.

For each row of each estate some leaves are changed, one at a time. Each place that a row names (`to`) must be seen to
change in some estate, and nothing else may change with it; a row without places must change nothing at all.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.shapes import model
from ecs2k8s.core.added import covers
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.fields import Row, tables
from ecs2k8s.core.manifests import ObjectRef, places
from ecs2k8s.core.paths import Path, leaves, show
from ecs2k8s.pipeline import objects
from tests.estates import ESTATES, estate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.core.target import Target

LEAVES_PER_ROW = 3  # of one estate; `make test-long` takes all
# Values of leaves that AWS's model has as free text, by shape and keys.
UNLISTED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("elbv2.Listener", "MutualAuthentication", "Mode"): ("off", "passthrough", "verify"),
    ("elbv2.Rule", "Conditions", "Field"): ("host-header", "path-pattern"),
    ("elbv2.Rule", "Actions", "RedirectConfig", "Protocol"): ("HTTP", "HTTPS", "#{protocol}"),
}
Witness = tuple[frozenset[tuple[str, ...]], tuple[str, ...]]  # places that rows were seen to change, what was wrong
Places = set[tuple[ObjectRef, tuple[str, ...], str]]


def picture(snapshot: Snapshot, target: Target) -> tuple[Places, int]:
    """Every manifest leaf with its object and place, and how many workloads and load balancers were refused."""
    made = objects(snapshot, target)
    found = {
        (ObjectRef.of(manifest), steps, f"{position} {value!r}")
        for manifest in made.bundle.manifests
        for position, (steps, value) in enumerate(places(manifest))
    }
    return found, len(made.refused) + sum(not proof.holds for proof in made.proofs)


def placed(found: Places, keys: set[tuple[ObjectRef, tuple[str, ...]]]) -> dict[Any, list[str]]:
    """The values at *keys*, in whatever order they stand."""
    out: dict[Any, list[str]] = defaultdict(list)
    for ref, steps, value in found:
        if (ref, steps) in keys:
            out[ref, steps].append(value.partition(" ")[2])
    return {key: sorted(values) for key, values in out.items()}


def changed(before: Places, after: Places) -> set[tuple[str, ...]]:
    """The places whose values differ."""
    moved = {(ref, steps) for ref, steps, _ in before ^ after}
    one, two = placed(before, moved), placed(after, moved)
    return {steps for ref, steps in moved if one.get((ref, steps)) != two.get((ref, steps))}


def candidates(shape: str, path: Path, value: Any) -> list[Any]:
    """Other values of the same type that AWS would take at *path*, as far as its model says."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value + 64, value * 2 + 7]
    if isinstance(value, str):
        keys = tuple(step for step in path if isinstance(step, str))
        named = [name for name in UNLISTED.get((shape, *keys), enumeration(shape, path)) if name != value]
        plain = [value + "x", "4321", "other", "arn:aws:iam::999999999999:role/other"]
        numbers = [str(int(value) + 1), str(int(value) + 1024)] if value.isascii() and value.isdigit() else []
        return named or [*numbers, *plain]
    return []


@cache
def enumeration(shape: str, path: Path) -> tuple[str, ...]:
    """The values that botocore's model lists for the leaf at *path*; empty where it is free text."""
    for name in kinds()[shape].model if shape in kinds() else ():
        inner: Any = model(shape.partition(".")[0]).shape_for(name)
        for step in path:
            match inner.type_name:
                case "structure":
                    inner = inner.members.get(step)
                case "list":
                    inner = inner.member
                case "map":
                    inner = inner.value
            if inner is None:
                break
        else:
            return tuple(getattr(inner, "enum", ()))
    return ()


def with_leaf(snapshot: Snapshot, document: Document, path: Path, value: Any) -> Snapshot:
    data = copy.deepcopy(document.data)
    inner: Any = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    others = (d for d in snapshot.documents if d is not document)
    return Snapshot((*others, Document(document.shape, document.id, data)))


@cache
def carried(shape: str) -> bool:
    """Whether a row of the shape names a place. The others are left out of most pictures, which is twice as fast."""
    return any(row.to for row in tables()[shape].rows.values())


def under(row: Row, steps: tuple[str, ...]) -> bool:
    return any(covers(place, steps) for place in row.to)


@cache
def witness(name: str, most: int = LEAVES_PER_ROW) -> Witness:
    """The places that rows were seen to change in estate *name*, and what was wrong."""
    snapshot, target = estate(name)
    before, refused = picture(snapshot, target)
    bare = Snapshot(tuple(document for document in snapshot.documents if carried(document.shape)))
    assert picture(bare, target) == (before, refused), "documents of which nothing is carried change manifests"
    seen: dict[tuple[str, str], int] = defaultdict(int)
    proven: set[tuple[str, str, str]] = set()
    wrong: list[str] = []
    groups = [document.id for document in snapshot.of("elbv2.TargetGroup")]
    for document in snapshot.documents:
        siblings = [str(item["name"]) for item in document.data.get("containerDefinitions", [])]
        routing = document.shape in {"elbv2.Listener", "elbv2.Rule"}
        for path, value in leaves(document.data):
            row, _ = tables()[document.shape].find(path)
            if row is None or value is None or isinstance(value, dict | list):
                continue
            key = (row.table, row.source)
            if seen[key] >= most:
                continue
            seen[key] += 1
            free = isinstance(value, str) and row.source != "name"  # two containers of one name are no input
            named = groups if routing and value in groups else siblings
            references = [name for name in named if name != value] if free else []
            for other in (*candidates(document.shape, path, value), *references):
                after, now_refused = picture(with_leaf(bare, document, path, other), target)
                if now_refused != refused:
                    continue
                difference = changed(before, after)
                proven |= {(*key, place) for place in row.to if any(covers(place, steps) for steps in difference)}
                outside = sorted({".".join(steps) for steps in difference if not under(row, steps)})
                if outside:
                    wrong.append(f"{document.shape} {show(path)} = {other!r} ({row.source}) changes {outside[:4]}")
    return frozenset(proven), tuple(wrong)


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Witness]:
    """`witness`, each estate looked at once however many processes run the tests."""
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent

    def look(name: str) -> Witness:
        file = folder / f"witness-{name.replace('/', '-')}.json"
        if not file.exists():
            beside = file.with_suffix(f".{worker_id}")
            beside.write_text(json.dumps([sorted(part) for part in witness(name)]))
            beside.replace(file)
        proven, wrong = json.loads(file.read_text())
        return frozenset(tuple(place) for place in proven), tuple(wrong)

    return look


@pytest.mark.parametrize("name", ESTATES)
def test_a_leaf_changes_what_its_row_claims_and_nothing_else(name: str, found: Callable[[str], Witness]) -> None:
    assert found(name)[1] == ()


@pytest.mark.long
@pytest.mark.parametrize("name", ESTATES)
def test_every_single_leaf_changes_what_its_row_claims_and_nothing_else(name: str) -> None:
    assert witness(name, most=1_000_000)[1] == ()


def test_every_place_that_a_row_claims_is_changed_by_it_somewhere(found: Callable[[str], Witness]) -> None:
    proven = frozenset().union(*(found(name)[0] for name in ESTATES))
    rows = [row for table in tables().values() for row in table.rows.values()]
    claimed = {(row.table, row.source, place) for row in rows for place in row.to}
    assert sorted(claimed - proven) == []
