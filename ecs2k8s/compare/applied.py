"""What applying an object would do to the live one, and to whose fields: from the API server's own answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.canonical import Reader
from ecs2k8s.compare.causes import catalogue
from ecs2k8s.compare.changes import Action, Change, Leaf, Row, Status
from ecs2k8s.compare.conflicts import by_field, claimed
from ecs2k8s.compare.differ import rows
from ecs2k8s.compare.managed_fields import Manager, located, owners
from ecs2k8s.compare.masking import Mask
from ecs2k8s.compare.risks import may_be_hidden, risk
from ecs2k8s.core.key_paths import parse_keys, show_keys
from ecs2k8s.core.paths import parse, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecs2k8s.compare.conflicts import Conflict
    from ecs2k8s.compare.managed_fields import Owners
    from ecs2k8s.compare.wanted import Wanted
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.paths import Path

LIVE, SERVER = "live", "the server"  # where a value stands that is in no file
# What the API server keeps for itself: nobody sets it, and each answer has another one.
OWN = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink")
DEFAULT = "server-default"

CHOICES = (
    "{manager} owns it: take it over knowingly ({how}), give it up (remove it from the file), "
    "or share it (write the value that is live)"
)
FORCE = "kubectl apply --server-side --field-manager={ours} --force-conflicts"
NO_FORCE = "only after {manager} gave it up: what takes traffic is never forced"
CLIENT_SIDE = ". `kubectl apply` without --server-side would not ask and overwrite it"
DROPPED = "the files no longer set it, and {ours} owns it"
OVERRULED = "the file sets another value: the server or an admission webhook changes it"


@dataclass(frozen=True, slots=True)
class Applier:
    """Who would apply, and whether values of the environment are shown."""

    manager: Manager
    show_values: bool = False


@dataclass(frozen=True, slots=True)
class _Contest:
    """A field in conflict: where it is in the live object and in what is compared with it, and who holds it."""

    field: str
    managers: str
    live: Path | None
    after: Path | None

    def holds(self, row: Row) -> bool:
        """Whether *row*, of which the origins are still paths, is about it."""
        sides = ((row.before, self.live), (row.after, self.after))
        return any(leaf and path and parse(leaf.origin)[: len(path)] == path for leaf, path in sides)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of an object while its rows are told."""

    wanted: Wanted
    by: Applier
    owned: Owners  # of the live object
    claimed: Owners  # of what the dry run made
    written: Mapping[str, Path]  # the leaves of the file: as people name them, and where they stand in it
    overruled: frozenset[str]  # those of which the server keeps another value
    contests: tuple[_Contest, ...]

    def told(self, row: Row) -> Row:
        """*row* with who owns the field, where its values stand, and why it differs where the file does not say so."""
        holders = self.owned.of(parse(row.before.origin)) if row.before else ()
        claims = self.claimed.of(parse(row.after.origin)) if row.after else holders
        contest = next((one for one in self.contests if one.holds(row)), None)
        ours = self.by.manager.name
        origin = self.wanted.origin(self.written[row.path]) if row.path in self.written else SERVER
        row = replace(
            row,
            manager=", ".join(map(str, holders)),
            before=Leaf(row.before.value, LIVE) if row.before else None,
            after=Leaf(row.after.value, origin) if row.after else None,
        )
        if contest:
            return replace(row.because_too(self.choices(contest)), **_contested(contest))
        if row.path in self.overruled:
            return row.because_too(OVERRULED)
        if row.path in self.written or (row.after and self.by.manager in claims):
            return row
        if not row.after and self.by.manager in claims:
            return row.because_too(DROPPED.format(ours=ours))
        hidden = may_be_hidden(self.wanted.ref.kind, parse_keys(row.path), row.risk)
        return replace(row.because_too(catalogue()[DEFAULT].text), rule=DEFAULT, cause=DEFAULT if hidden else "")

    def choices(self, contest: _Contest) -> str:
        form = NO_FORCE if self.wanted.tree.startswith("traffic/") else FORCE
        how = form.format(manager=contest.managers, ours=self.by.manager.name)
        said = CHOICES.format(manager=contest.managers, how=how)
        return said + (CLIENT_SIDE if "kubectl-client-side-apply" in contest.managers else "")

    def alike(self, contest: _Contest) -> Row:
        """A field in conflict of which both values mean the same: the API server compares how they are spelt."""
        place = contest.live or ()
        row = Row(show(place) or contest.field, Status.CONFLICT, risk(self.wanted.ref.kind, place), None, None)
        return replace(row, because=self.choices(contest), manager=contest.managers)


def _contested(contest: _Contest) -> dict[str, Any]:
    return {"status": Status.CONFLICT, "manager": contest.managers}


def change(
    wanted: Wanted, live: Manifest | None, made: Manifest, by: Applier, found: Sequence[Conflict] = ()
) -> Change:
    """From *live* to *made*, the answer to the dry run; of the fields in conflict to what the file says."""
    kind = wanted.ref.kind
    before, after = shown(live), shown(claimed(wanted.manifest, made, found))
    reading = _Reading(
        wanted,
        by,
        owners(live or {}),
        owners(made),
        _written(wanted),
        frozenset(row.path for row in rows(wanted.manifest, shown(made), kind) if row.status is Status.CHANGED),
        tuple(_Contest(name, who, located(name, before), located(name, after)) for name, who in by_field(found)),
    )
    raw = rows(before, after, kind, origin_before=show, origin_after=show, show_values=by.show_values)
    alike = [contest for contest in reading.contests if not any(contest.holds(row) for row in raw)]
    listed = (*map(reading.told, raw), *map(reading.alike, alike))
    action = Action.CREATE if live is None else Action.UPDATE if listed else Action.NO_OP
    silent = sorted(reading.overruled - {row.path for row in listed})
    return Change(str(wanted.ref), action, listed, wanted.workload, tuple(f"{path}: {OVERRULED}" for path in silent))


def shown(manifest: Manifest | None) -> Manifest | None:
    """What people set: without status and without what the API server keeps for itself."""
    if manifest is None:
        return None
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in OWN}
    return {key: value for key, value in manifest.items() if key != "status"} | {"metadata": metadata}


def _written(wanted: Wanted) -> dict[str, Path]:
    tree = Reader(wanted.ref.kind, Mask()).read(wanted.manifest)
    return {show_keys(path): node.at for path, node in tree.leaves()} if tree else {}
