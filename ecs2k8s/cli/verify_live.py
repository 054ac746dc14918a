"""The live checks of `ecs2k8s verify`: AWS and the cluster are read, for each plan that lies in the directory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args

from ecs2k8s.cli.verify_probes import SystemClock
from ecs2k8s.collect.login import Login
from ecs2k8s.compare.cluster import ClusterError
from ecs2k8s.core.checks import Phase, checks
from ecs2k8s.core.errors import UsageError
from ecs2k8s.cutover.checks import CHECKS
from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.checks.of_unit import alarms, objects, stores
from ecs2k8s.cutover.checks.scene import Scene
from ecs2k8s.cutover.plan import Plan, Step, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ecs2k8s.cli.console import Talk
    from ecs2k8s.cutover.checks.estate import Estate
    from ecs2k8s.cutover.verdicts import Result

    Prepare = Callable[[Any], None]

WINDOW = 900.0  # seconds of metrics that are looked at outside of a run
FIRST: tuple[Phase, ...] = ("P0", "P1")
PLANS = "cutover/*/plan.json"


@dataclass(frozen=True, slots=True)
class Living:
    """`phases`: those whose checks are asked; none: nothing is read."""

    phases: tuple[Phase, ...] = ()
    login: Login = field(default_factory=Login)
    kubeconfig: str | None = None
    context: str | None = None


def living(
    *, live: bool, phases: Iterable[str], login: Login, kubeconfig: str | None = None, context: str | None = None
) -> Living:
    """As the command line has it. Raises `UsageError`."""
    its = Living((), login, kubeconfig, context)
    if not live and (its != Living() or tuple(phases)):
        raise UsageError("--phase, and how to reach AWS and the cluster, are for --live")
    chosen = tuple(phase for phase in get_args(Phase) if phase in {str(each) for each in phases}) or FIRST
    return replace(its, phases=chosen) if live else its


@dataclass(frozen=True, slots=True)
class Ways:
    """How to talk, and what gets each session of botocore before its first client is made."""

    talk: Talk
    prepare: Prepare = lambda _: None


def asked(living: Living, place: Path, estate: Estate, unit: tuple[str, ...], ways: Ways) -> list[Result]:
    """Raises `PlanError` of a plan, `LoginError` and `WrongAccountError` of the login."""
    if not living.phases:
        return []
    found = [load(file.read_bytes(), str(file)) for file in sorted(place.glob(PLANS)) if not file.is_symlink()]
    plans = [plan for plan in found if not unit or set(unit) & plan.designs.keys()]
    if not plans:
        raise UsageError(f"{place}: has no plan to ask about: ecs2k8s plan {place}")
    idents = [ident for ident in CHECKS if set(checks()[ident].phases) & set(living.phases)]
    cluster = _cluster(living, ways.talk)
    judges = [_judges(plan, living, estate, cluster, ways.prepare) for plan in plans]
    return [each.judge(ident, OUTSIDE) for each in judges for ident in idents]


def _judges(plan: Plan, living: Living, estate: Estate, cluster: Any, prepare: Prepare) -> Judges:
    from ecs2k8s.cutover.aws.connect import connect

    aws = connect(living.login, plan, SystemClock, prepare)
    now = SystemClock.now()
    scene = Scene(
        plan,
        SystemClock,
        reader=aws.reader,
        ask=aws.reader.plainly,
        cluster=cluster,
        metrics=aws.metrics,
        objects=objects(plan, estate.bundle),
        owners=estate.target.owners,
        alarms=alarms(plan, estate.snapshot.documents),
        stores=stores(plan, estate.translation.dependencies),
    )
    return Judges(scene, fixed=now - WINDOW)


# What is asked about outside of a run has no step.
OUTSIDE = Step("verify", "check", "P0", "verify", "", "")


def _cluster(living: Living, talk: Talk) -> Any:
    """None where nobody names one and none is there: what needs it is undecided then."""
    from ecs2k8s.cutover.cluster.connections import Context

    try:
        api = Context(living.kubeconfig, living.context).reading()
    except ClusterError as error:
        if living.kubeconfig or living.context:
            raise
        talk.stage(f"no cluster is asked: {error}")
        return None
    return api
