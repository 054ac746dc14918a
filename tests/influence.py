"""The third witness of the tables: what changes in the objects when a leaf of an estate does."""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.shapes import model
from ecs2k8s.core.added import covers
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.fields import Row, tables
from ecs2k8s.core.manifests import Manifest, ObjectRef, places
from ecs2k8s.core.paths import Path, leaves, show
from ecs2k8s.pipeline import objects
from tests.estates import estate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.core.aws_objects import AwsChange, AwsResource
    from ecs2k8s.core.target import Target

# Values of leaves that AWS's model has as free text, by shape and keys.
UNLISTED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("elbv2.Listener", "MutualAuthentication", "Mode"): ("off", "passthrough", "verify"),
    ("elbv2.Rule", "Conditions", "Field"): ("host-header", "path-pattern"),
    ("elbv2.Rule", "Actions", "RedirectConfig", "Protocol"): ("HTTP", "HTTPS", "#{protocol}"),
}
Objects = dict[ObjectRef, Manifest]
Values = dict[tuple[str, ...], list[str]]


Refused = tuple[int, frozenset[str]]  # how many workloads, and which load balancers


def picture(snapshot: Snapshot, target: Target) -> tuple[Objects, Refused]:
    """Every object, and what was refused."""
    made = objects(snapshot, target)
    refused = len(made.refused), frozenset(p.routing.balancer.arn for p in made.proofs if not p.holds)
    found = {ObjectRef.of(manifest): manifest for manifest in made.bundle.manifests}
    return found | on_aws(made.resources, made.changes), refused


def on_aws(resources: tuple[AwsResource, ...], changes: tuple[AwsChange, ...]) -> Objects:
    """Objects of AWS in the form of manifests: a row names the type (`AWS::IAM::Role.Policies`), or `AwsChange.new`."""
    found = {ObjectRef("aws", r.type, "", r.logical_id): {"kind": r.type, **r.properties} for r in resources}
    return found | {ObjectRef("aws", "AwsChange", "", c.name): {"kind": "AwsChange", **asdict(c)} for c in changes}


def values(manifest: Manifest | None) -> Values:
    """The values at each place of an object, in whatever order they stand."""
    found: Values = defaultdict(list)
    for steps, value in places(manifest) if manifest else ():
        found[steps].append(repr(value))
    return {steps: sorted(texts) for steps, texts in found.items()}


def changed(before: Objects, after: Objects) -> set[tuple[str, ...]]:
    """The places whose values differ in some object."""
    found: set[tuple[str, ...]] = set()
    for ref in before.keys() | after.keys():
        if before.get(ref) != after.get(ref):
            one, two = values(before.get(ref)), values(after.get(ref))
            found |= {steps for steps in one.keys() | two.keys() if one.get(steps) != two.get(steps)}
    return found


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


def with_leaves(snapshot: Snapshot, document: Document, values: dict[Path, Any]) -> Snapshot:
    data = copy.deepcopy(document.data)
    for path, value in values.items():
        inner: Any = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
    others = (d for d in snapshot.documents if d is not document)
    return Snapshot((*others, Document(document.shape, document.id, data)), taken=snapshot.taken)


@cache
def carried(shape: str) -> bool:
    """Whether a row of the shape names a place. The others are left out of most pictures, which is twice as fast."""
    return any(row.to for row in tables()[shape].rows.values())


def under(row: Row, steps: tuple[str, ...]) -> bool:
    return any(covers(place, steps) for place in row.to)


Leaf = tuple[Row, Path, list[Any]]  # with the other values that it may have


class Look:
    """What changing leaves of one estate does."""

    def __init__(self, name: str) -> None:
        self.snapshot, self.target = estate(name)
        self.picture = picture(self.snapshot, self.target)
        kept = tuple(document for document in self.snapshot.documents if carried(document.shape))
        self.bare = Snapshot(kept, taken=self.snapshot.taken)
        bare = picture(self.bare, self.target)
        assert bare == self.picture, "documents of which nothing is carried change manifests"
        self.related = [[d.id for d in self.snapshot.of(f"elbv2.{shape}")] for shape in ("TargetGroup", "LoadBalancer")]
        self.wrong: list[str] = []

    def leaves(self, document: Document) -> Iterator[Leaf]:
        containers = [str(item["name"]) for item in document.data.get("containerDefinitions", [])]
        routing = document.shape in {"elbv2.Listener", "elbv2.Rule"}
        for path, value in leaves(document.data):
            row, _ = tables()[document.shape].find(path)
            if row is None or value is None or isinstance(value, dict | list):
                continue
            free = isinstance(value, str) and row.source != "name"  # two containers of one name are no input
            named = next((ids for ids in self.related if routing and value in ids), containers)
            references = [name for name in named if name != value] if free else []
            yield row, path, [*candidates(document.shape, path, value), *references]

    def change(self, document: Document, row: Row, path: Path, other: Any) -> set[str]:
        """The places of *row* that change with the leaf. Where something else does, it is noted as wrong."""
        before, refused = self.picture
        after, now_refused = picture(with_leaves(self.bare, document, {path: other}), self.target)
        if now_refused != refused:
            return set()
        moved = changed(before, after)
        outside = sorted({".".join(steps) for steps in moved if not under(row, steps)})
        if outside:
            self.wrong.append(f"{document.shape} {show(path)} = {other!r} ({row.source}) changes {outside[:4]}")
        return {place for place in row.to if any(covers(place, at) for at in moved)}


@cache
def look_at(name: str) -> Look:
    return Look(name)
