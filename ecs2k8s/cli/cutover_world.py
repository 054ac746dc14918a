"""Opens the world of a run: the account of its plan, its cluster, the locks on what it moves."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecs2k8s.cli.cutover_locks import lower_flags
from ecs2k8s.cli.verify import estate_of
from ecs2k8s.cli.verify_probes import NO_PROBES, SystemClock, read
from ecs2k8s.collect.login import Login
from ecs2k8s.compare.cluster import ClusterError
from ecs2k8s.core.errors import BusyError, Ecs2k8sError
from ecs2k8s.cutover.checks.judging import Judges
from ecs2k8s.cutover.checks.of_unit import alarms, objects, stores
from ecs2k8s.cutover.checks.probing import Prober
from ecs2k8s.cutover.checks.scene import Scene
from ecs2k8s.cutover.checks.static import static_results
from ecs2k8s.cutover.cluster.asking import asking
from ecs2k8s.cutover.cluster.bindings import guarding
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.cluster.lease import LeaseLock
from ecs2k8s.cutover.cluster.leases import NAMESPACE
from ecs2k8s.cutover.cluster.sending import ClusterSender
from ecs2k8s.cutover.locks.info import LockInfo
from ecs2k8s.cutover.locks.shared import Keeper, SharedLock
from ecs2k8s.cutover.run.context import Run
from ecs2k8s.cutover.run.sides import BothReader, BothSender, needs_cluster
from ecs2k8s.cutover.verdicts import Result
from ecs2k8s.cutover.world import RefusedError, UnreadableError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.cli.verify_probes import Probing
    from ecs2k8s.cutover.aws.connect import Aws
    from ecs2k8s.cutover.aws.sender import WriteRole
    from ecs2k8s.cutover.checks.estate import Estate
    from ecs2k8s.cutover.cluster.reading import Api
    from ecs2k8s.cutover.journal.file import Journal
    from ecs2k8s.cutover.plan import Plan, Step
    from ecs2k8s.cutover.probes.cases import Probes, Rule
    from ecs2k8s.cutover.run.context import Controls, Talk
    from ecs2k8s.cutover.world import Clock, Sender


@dataclass(frozen=True, slots=True)
class Way:
    """How AWS and the cluster are reached. `prepare` is given each of botocore's sessions."""

    login: Login = field(default_factory=Login)
    write_role: WriteRole | None = None
    context: Context = field(default_factory=Context)
    lock_namespace: str = NAMESPACE
    prepare: Callable[[Any], None] = lambda _: None
    clock: Clock = SystemClock
    probing: Probing = NO_PROBES

    @property
    def names_cluster(self) -> bool:
        """Whether somebody said which one, so that more than reading is meant."""
        return bool(self.context.kubeconfig or self.context.context)


@dataclass(frozen=True, slots=True)
class Opened:
    """All that a run is made of beside its plan and its journal."""

    place: Path
    way: Way
    clock: Clock
    aws: Aws
    api: Api | None
    cluster_uid: str
    estate: Estate | None  # what was exported; None where only the way back is left
    asked: tuple[Probes, tuple[Rule, ...]] | None = None  # requests that the run is to send itself
    lock: str = field(default_factory=lambda: os.urandom(8).hex())  # one id of the folder's and of all objects' locks

    @property
    def who(self) -> str:
        return self.aws.caller

    def info(self, run: str, operation: str, keys: tuple[str, ...] = (), plan: str = "") -> LockInfo:
        return LockInfo.here(
            ident=self.lock, run=run, who=self.who, when=self.clock.now(), operation=operation, keys=keys, plan=plan
        )

    def run(self, plan: Plan, journal: Journal, controls: Controls, talk: Talk, *, send: bool) -> Run:
        ask = asking(self.api, self.place) if self.api else None
        reader = BothReader(self.aws.reader, ask)
        sender = self._sender(journal.run.id) if send else None
        if self.estate is None:
            return Run(plan, journal, reader, self.clock, _unjudged, _uncounted, controls, talk, sender)

        scene = Scene(
            plan=plan,
            clock=self.clock,
            reader=reader,
            ask=self.aws.reader.plainly,
            cluster=self.api,
            metrics=self.aws.metrics,
            objects=objects(plan, self.estate.bundle),
            verified=lambda: journal.run.verified,
            expected_cluster=journal.run.start.cluster_uid,
            owners=self.estate.target.owners,
            alarms=alarms(plan, self.estate.snapshot.documents),
            stores=stores(plan, self.estate.translation.dependencies),
            lines=lambda: journal.lines,
        )
        prober = Prober(*self.asked, lambda: _is_left_alone(controls)) if self.asked else None
        judges = Judges(scene, tuple(static_results(self.estate, plan.designs)), prober=prober)
        return Run(plan, journal, reader, self.clock, judges.judge, judges.count, controls, talk, sender, stays=send)

    def _sender(self, run: str) -> Sender:
        aws = self.aws.sender(run, self.way.write_role)
        if self.api is None:
            return BothSender(aws, None)
        api, rule = self.way.context.carrying_out()
        why = guarding(self.aws.reader.plainly, api)
        return BothSender(aws, ClusterSender(api, rule, self.place, run, self.cluster_uid, why))

    def lower_flags(self, its: Run, talk: Talk) -> None:
        """Those of this run. A guided run has no right to, unless somebody names the cluster."""
        if self.api is not None and (its.sender is not None or self.way.names_cluster):
            lower_flags(its.plan, its.journal.run.id, self.way, talk)

    @contextmanager
    def locked(self, run: str, plan: Plan, talk: Talk, *, send: bool, anyway: bool) -> Iterator[Keeper | None]:
        """The traffic objects of *plan*, where there is a cluster whose Leases can say so and the run sends.

        *anyway*: without them too. A way back waits for nobody (invariant I12) and needs no cluster (I6).
        """
        if not send or self.api is None:
            yield None
            return
        info = self.info(run, "run", plan.traffic, plan.ident)
        store = self.way.context.locks(self.way.lock_namespace)
        lock = SharedLock(lambda key: LeaseLock(store, self.clock, key, run, info.id, info.plain()), plan.traffic)
        if anyway and not _taken_now(lock, talk):
            yield None
            return
        if not anyway:
            lock.take(self.clock, talk.say)
        try:
            yield Keeper(lock, self.clock)
        finally:
            lock.release()


def _is_left_alone(controls: Controls) -> bool:
    """Renews the locks meanwhile."""
    wish = controls.asked()
    return not controls.lost() and (wish is None or wish.what == "resume")


def _taken_now(lock: SharedLock, talk: Talk) -> bool:
    try:
        lock.acquire()
    except (BusyError, UnreadableError, RefusedError, UnsureError) as error:
        talk.say(f"goes back without the lock: {error}")
        return False
    return True


def opened(directory: str, plan: Plan, way: Way, talk: Talk, *, anyway: bool = False) -> Opened:
    """Raises what logging in to the account and reaching the cluster raise. *anyway*: without a cluster too."""
    from ecs2k8s.cutover.aws.connect import connect  # boto3

    place = Path(directory)
    asked = read(way.probing, way.clock.now())
    aws = connect(way.login, plan, way.clock, way.prepare)
    api, uid = None, ""
    try:
        if needs_cluster(plan):
            api = way.context.reading()
            uid = api.identity()
    except (ClusterError, UnreadableError) as error:
        if not anyway:
            raise
        talk.say(f"goes back without the cluster: {error}")
        api = None
    return Opened(place, way, way.clock, aws, api, uid, _estate(place, talk, anyway=anyway), asked)


def _estate(place: Path, talk: Talk, *, anyway: bool) -> Estate | None:
    """A way back needs the journal and AWS, and nothing of what was exported (invariant I6)."""
    try:
        return estate_of(place)
    except Ecs2k8sError as error:
        if not anyway:
            raise
        talk.say(f"goes back without the export: {error}")
        return None


def _unjudged(check: str, step: Step) -> Result:
    return Result(check, step.id, "error", "the export could not be read")


def _uncounted(*_: object) -> None:
    return None
