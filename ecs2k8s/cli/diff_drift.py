"""`ecs2k8s diff drift`: what moved in AWS since the export."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli.coverage import check_finished
from ecs2k8s.cli.diff_output import View, put_out
from ecs2k8s.cli.drift_effects import with_effects
from ecs2k8s.cli.drift_sides import NOBODY, Unit, from_aws, from_files, homes, most
from ecs2k8s.cli.lying import lying
from ecs2k8s.collect.scope import Scope
from ecs2k8s.compare.changes import Diff
from ecs2k8s.compare.drift import Side, drift, in_order
from ecs2k8s.core.errors import OutputError, UsageError
from ecs2k8s.render import directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cli.drift_sides import Pair
    from ecs2k8s.collect.login import Login

    Prepare = Callable[[Any], None]

NOW = "AWS now"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    directory: str
    against: str | None = None  # None: AWS
    login: Login = NOBODY
    clusters: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    allow_partial: bool = False
    view: View = field(default_factory=View)

    @property
    def limits(self) -> Scope:
        """What of the account is to be read; where nothing is said, what the export read."""
        return Scope(self.clusters, self.services, self.excluded)


def run(request: Request, talk: Talk, prepare: Prepare = lambda _: None) -> int:
    """Compare and show. *prepare* gets each session of botocore before its first client is made."""
    if request.against and (request.login != NOBODY or request.limits.limits):
        raise UsageError("--against reads files: --profile, --region, --cluster, --service and the like are for AWS")
    units = _units(Path(request.directory))
    if request.against:
        pairs = from_files(units, Path(request.against))
    else:
        pairs = from_aws(units, request.login, request.limits, talk, prepare)
    diff = _one(request, [(pair.unit, _compared(pair, request)) for pair in pairs])
    for text in diff.undecided:
        talk.problem(text)
    return put_out(diff, request.view, allow_partial=request.allow_partial)


def _compared(pair: Pair, request: Request) -> Diff:
    before = Side(request.directory, pair.before, pair.before_lacks)
    after = Side(request.against or NOW, pair.after, pair.after_lacks)
    found = drift(before, after, pair.unit.target.chosen, show_values=request.view.show_values)
    found = with_effects(found, before, after, pair.unit.target)
    return replace(found, undecided=(*pair.undecided, *found.undecided), said=(*pair.said, *found.said))


def _units(place: Path) -> list[Unit]:
    if not (place / directory.ACCOUNTS).is_file():
        return [_unit(place)]
    found = sorted(file.parent for file in place.glob("*/*/snapshot.json"))
    if not found:
        raise OutputError(f"{place}: holds no migration directory of an account and Region: export again")
    return [_unit(each, str(each.relative_to(place))) for each in found]


def _unit(place: Path, name: str = "") -> Unit:
    check_finished(place)
    snapshot, target = lying(place)
    account, _, region = name.partition("/")
    home = (account, region) if name else most(homes(snapshot.documents))
    return Unit(name, place, snapshot, target, *home)


def _one(request: Request, found: list[tuple[Unit, Diff]]) -> Diff:
    """The diffs of all directories as one. What several Regions of an account share is said once."""
    changes = {
        repr((change.shape, change.subject, change.rows)): change for _, diff in found for change in diff.changes
    }
    named = [(f"{unit.name}: " if unit.name else "", diff) for unit, diff in found]
    return Diff(
        "drift",
        request.directory,
        request.against or NOW,
        tuple(in_order(changes.values())),
        tuple(f"{name}{text}" for name, diff in named for text in diff.undecided),
        tuple(f"{name}{text}" for name, diff in named for text in diff.said),
    )
