"""Which leaf of AWS became which leaf of a manifest: by the places of the tables, then by container, item and value.

A row of a table names the places that a field may change (`to`), not which leaf of a list. Of the fields that may have
written a leaf the one that shares most with it is chosen: the name of its item, its value, the nearest place.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ecs2k8s.compare.spots import EVERYWHERE, Spot, spots
from ecs2k8s.core.added import added, covers
from ecs2k8s.core.fidelity import Fidelity
from ecs2k8s.core.fields import Row, tables
from ecs2k8s.core.manifests import place as place_of
from ecs2k8s.core.units import CONVERTERS, millicores, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.ledger import Entry
    from ecs2k8s.core.paths import Path

Claim = tuple[str, int]  # a place of the tables, and how many steps below it the leaf lies
Look = tuple[str, int, bool, int]  # the same, with whether it is near, and 1 where added.yaml says so too, 2 nearer
Score = tuple[int, ...]
NO_SCORE: Score = ()
NOBODY: list[Source] = []  # nobody appends to it
SURE = 2  # of the three signs: more than one at the very place leaves nothing to look for
EVERY = "*"
TOO_WIDE = frozenset({EVERY, "Pod", "Pod.spec"})  # nothing is explained by a field that may change all of a pod
FEW = 8  # fields of one place that are looked at where neither value nor name tells which it is
MANY = 64  # and where they do
LEAST = 3  # steps of a place that is near enough to what lies below it
NEAR = 2  # steps below a place at which a field may be the one without any other sign
SHORT = 4  # digits: shorter numbers are equal by chance
PROTOCOL = 5  # letters
# What AWS calls by another name, in small letters.
ALSO = {
    "interval": "periodseconds",
    "healthcheckintervalseconds": "periodseconds",
    "retries": "failurethreshold",
    "startperiod": "failurethreshold",
    "unhealthythresholdcount": "failurethreshold",
    "healthythresholdcount": "successthreshold",
    "minimumhealthypercent": "maxunavailable",
    "maximumpercent": "maxsurge",
    "desiredcount": "replicas",
    "mincapacity": "minreplicas",
    "maxcapacity": "maxreplicas",
    "targetvalue": "averageutilization",
    "healthcheckgraceperiodseconds": "initialdelayseconds",
    "stoptimeout": "terminationgraceperiodseconds",
    "taskrolearn": "eks.amazonaws.com/role-arn",
}
GENERIC = frozenset({"name", "key"})  # names of fields that tell nothing


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A leaf of a document with its verdict. `texts`: how a manifest may write its value."""

    entry: Entry
    spot: Spot
    texts: frozenset[str]


def sources(entries: Iterable[Entry]) -> dict[str, list[Source]]:
    """By document, in the order of the ledger, which is that of the leaves."""
    found: dict[str, list[Source]] = defaultdict(list)
    rest: Iterator[Spot] = iter(())
    last: Document | None = None
    for entry in entries:
        if entry.document is not last:
            last, rest = entry.document, iter(spots(entry.document.data))
        spot = next(rest)
        found[f"{last.shape} {last.id}"].append(Source(entry, spot, _texts(spot) if entry.to else frozenset()))
    return found


def _texts(spot: Spot) -> frozenset[str]:
    if spot.text.islower() and len(spot.text) <= PROTOCOL:
        return frozenset((spot.text, spot.text.upper()))
    if isinstance(spot.value, float) and spot.value.is_integer():
        return frozenset((spot.text, str(int(spot.value))))
    number = spot.value if isinstance(spot.value, int) else whole_number(spot.text)
    if number is None or isinstance(number, bool):
        return frozenset((spot.text,))
    written = {str(CONVERTERS[unit](number)) for unit in ("mebibytes", "gibibytes")}
    return frozenset((spot.text, str(number), f"{millicores(number)}m", f"{number}s", f"{number}%", *written))


@cache
def _claimed() -> dict[str, tuple[Row, ...]]:
    """Place to the rows of all tables that name it."""
    found: dict[str, dict[Row, None]] = defaultdict(dict)
    for table in tables().values():
        for row in table.rows.values():
            for place in row.to:
                found[place][row] = None
    return {place: tuple(rows) for place, rows in found.items()}


@lru_cache(maxsize=100_000)
def claims(kind: str, path: Path) -> tuple[Claim, ...]:
    """The places of the tables that a leaf lies at or below, the nearest first."""
    steps = place_of(kind, path)
    text = ".".join(steps)
    ends = [len(text), *(at for at in range(len(text) - 1, -1, -1) if text[at] == ".")]
    found = [(text[:end], text.count(".", end)) for end in ends if text[:end] in _claimed()]
    return (*found, (EVERY, len(steps)))


@lru_cache(maxsize=100_000)
def reason(kind: str, path: Path) -> tuple[str, str]:
    """The place of added.yaml that covers a leaf, the longest of them, and why it is written; empty where none does."""
    steps = place_of(kind, path)
    return max(((place, why) for place, why in added().items() if covers(place, steps)), key=_length, default=("", ""))


def _length(item: tuple[str, str]) -> int:
    return len(item[0])


@lru_cache(maxsize=100_000)
def assumed(kind: str, path: Path) -> Row | None:
    """A row whose field may write the leaf, for where no field of the input did."""
    found = (place for place, _ in claims(kind, path) if place not in TOO_WIDE)
    return next((_claimed()[place][0] for place in found), None)


@dataclass(slots=True)
class _Bucket:
    """The fields of one place."""

    all: list[Source] = field(default_factory=list)
    by_text: dict[str, list[Source]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[str, list[Source]] = field(default_factory=lambda: defaultdict(list))


class Pool:
    """Fields that may have written a leaf, by place."""

    def __init__(self, found: Iterable[Source], wanted: frozenset[str] | None = None) -> None:
        self.buckets: dict[str, _Bucket] = {}
        for source in found:
            for place in source.entry.to:
                if wanted is None or place in wanted:
                    self._put(place, source)

    def _put(self, place: str, source: Source) -> None:
        bucket = self.buckets.setdefault(place, _Bucket())
        bucket.all.append(source)
        for text in source.texts:
            bucket.by_text[text].append(source)
        for key in source.spot.keys:
            bucket.by_key[key].append(source)

    def best(self, kind: str, spot: Spot) -> Source | None:
        """The field that a leaf of an object comes from, as far as anything tells."""
        best, found = NO_SCORE, None
        for look in _looks(kind, spot.path):
            bucket = self.buckets.get(look[0])
            if bucket:
                for source in _candidates(bucket, spot, look):
                    score = _score(spot, source, look)
                    if score > best:
                        best, found = score, source
            if best and best[0] > SURE and not look[1]:
                break
        return found


@lru_cache(maxsize=100_000)
def _looks(kind: str, path: Path) -> tuple[Look, ...]:
    """Where to look for the field that wrote a leaf."""
    depth = _depth(reason(kind, path)[0])
    return tuple(
        (place, below, _near(place, below, path), (depth > 0) + (depth > _depth(place)))
        for place, below in claims(kind, path)
    )


def _near(place: str, below: int, path: Path) -> bool:
    return not below or (_depth(place) >= LEAST and below <= NEAR and not _in_list(path, below))


@lru_cache(maxsize=10_000)
def _depth(place: str) -> int:
    """How many steps say where a place is; the object's own name is taken from a field of whatever place."""
    return 0 if place in {"", "*.metadata.name"} else place.removeprefix("*.").count(".") + 1


def _candidates(bucket: _Bucket, spot: Spot, look: Look) -> Iterable[Source]:
    alike = bucket.by_text.get(spot.text, NOBODY)[:MANY]
    if look[0] == EVERY:
        return alike[:FEW]
    for key in spot.keys:
        if key in bucket.by_key:
            alike = [*alike, *bucket.by_key[key][:MANY]]
    return alike or (bucket.all[:FEW] if look[2] else NOBODY)


def _score(spot: Spot, source: Source, look: Look) -> Score:
    """How much a leaf and a field share, name and value first; nothing where it is too little, or cannot be."""
    place, below, near, covered = look
    theirs = source.spot
    if spot.container and theirs.container and spot.container != theirs.container:
        return NO_SCORE
    alike = spot.text in source.texts
    index, its = spot.path[-1], theirs.path[-1] if theirs.path else ""
    if not alike and index != its and isinstance(index, int) and isinstance(its, int):
        return NO_SCORE
    named = spot.name in theirs.keys
    called = _called(theirs.path, spot.path, alike)
    telling = alike and (called or named or not below or _is_rare(spot.text))
    written = bool(covered) if place == EVERY else covered > 1
    if not ((telling and (called or not written)) or (called and (named or near)) or not (below or covered)):
        return NO_SCORE
    first, exact = source.entry.to[0] == place, source.entry.fidelity is Fidelity.EXACT
    own = bool(theirs.container)  # the same one, else it was left out above
    shared = len(spot.keys & theirs.keys)
    return (1 + named + telling + called, telling, called, own, not below, index == its, shared, -below, first, exact)


def _is_rare(text: str) -> bool:
    """Whether two that hold it are hardly alike by chance."""
    return text not in EVERYWHERE and not (len(text) < SHORT and text.isdigit())


@lru_cache(maxsize=500_000)
def _called(theirs: Path, ours: Path, alike: bool) -> bool:  # noqa: FBT001
    """Whether both sides give a leaf the same name, or one that holds the other's."""
    name, mine = _last(theirs), _last(ours)
    if not name or not mine or (name in GENERIC and not alike):
        return False
    name = ALSO.get(name, name)
    return mine in {name, f"{name}seconds"} or name.endswith(mine) or any(name == _lower(step) for step in ours)


def _last(path: Path) -> str:
    return next((step.lower() for step in reversed(path) if isinstance(step, str)), "")


def _lower(step: str | int) -> str:
    return step.lower() if isinstance(step, str) else ""


@lru_cache(maxsize=100_000)
def _in_list(path: Path, below: int) -> bool:
    """Whether an item of a list stands between a place and the leaf that lies *below* steps deeper."""
    steps = list(path)
    left = below
    while steps:
        step = steps.pop()
        if isinstance(step, int):
            return True
        if not left:
            return False
        left -= 1
    return False
