"""What a live check may look at. Each source may be missing; then the check is undecided, and says which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from ecs2k8s.cutover.checks.places import Pair, pairs
from ecs2k8s.cutover.locks.info import stamp
from ecs2k8s.cutover.things.kind import NAMED
from ecs2k8s.cutover.verdicts import Result
from ecs2k8s.cutover.world import Series, UnreadableError

if TYPE_CHECKING:
    from ecs2k8s.core.manifests import Manifest, ObjectRef
    from ecs2k8s.cutover.journal.events import Verified
    from ecs2k8s.cutover.journal.lines import Line
    from ecs2k8s.cutover.plan import Plan, State, Step, Thing
    from ecs2k8s.cutover.things.kind import Ask
    from ecs2k8s.cutover.verdicts import Verdict
    from ecs2k8s.cutover.world import Clock, Metrics, Reader

PERIOD = 60.0  # of the metrics


class Cluster(Protocol):
    """`cutover.cluster.reading.Api`. All methods raise `UnreadableError`."""

    def identity(self) -> str: ...

    def get(self, ref: ObjectRef) -> Manifest | None: ...

    def items(self, api_version: str, kind: str, namespace: str = "", **query: str) -> list[Manifest]: ...


@dataclass(frozen=True, slots=True)
class Store:
    """A queue or a database by its ARN, and the workloads of the plan that use it."""

    ident: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """`objects`: what the plan puts into the cluster. `verified`: what the run saw last, by thing.

    `ask` is in AWS's own words (`AwsReader.plainly`): ARNs stand in answers, and not the names of a plan.
    `since`: when the share that is in force now was there. `expected_cluster`: the UID that the run began with.
    """

    plan: Plan
    clock: Clock
    reader: Reader | None = None
    ask: Ask | None = None
    cluster: Cluster | None = None
    metrics: Metrics | None = None
    objects: tuple[Manifest, ...] = ()
    verified: Callable[[], Mapping[Thing, Verified]] = dict
    since: float = 0.0
    expected_cluster: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)  # by ARN: who manages an object, as target.yaml says
    alarms: tuple[str, ...] = ()
    stores: tuple[Store, ...] = ()
    lines: Callable[[], Sequence[Line]] = tuple  # of the journal; none outside of a run
    heard: list[str] = field(default_factory=list)  # what was read, in the words of whoever was asked
    _arns: dict[str, str] = field(default_factory=dict)

    def at(self, since: float) -> Scene:
        return replace(self, since=since)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        return pairs(self.plan)

    @property
    def until(self) -> float:
        """The end of the last whole minute."""
        return self.clock.now() // PERIOD * PERIOD

    def arn(self, group: str) -> str:
        """The ARN of a target group that the plan only names. Raises `UnreadableError` where there is none."""
        if not group.startswith(NAMED):
            return group
        if group not in self._arns:
            answer = self.asked("elbv2.DescribeTargetGroups", Names=[group.removeprefix(NAMED)])
            found = (answer or {}).get("TargetGroups", [])
            if not found:
                raise UnreadableError(f"{group.removeprefix(NAMED)}: there is no such target group")
            self._arns[group] = str(found[0]["TargetGroupArn"])
        return self._arns[group]

    def asked(self, call: str, **parameters: Any) -> Any:
        """An answer of AWS. Raises `LacksError` without a login."""
        if self.ask is None:
            raise LacksError("a login to AWS")
        about = next((str(each) for value in parameters.values() for each in _several(value)), "")
        self.heard.append(f"{call} {about}".strip())
        return self.ask(call, parameters)

    def read(self, thing: Thing) -> State:
        if self.reader is None:
            raise LacksError("a login to AWS")
        self.heard.append(f"{thing.kind} {thing.id}")
        return self.reader.read(thing)

    def listed(self, api_version: str, kind: str, namespace: str = "") -> list[Manifest]:
        if self.cluster is None:
            raise LacksError("a cluster: --context")
        self.heard.append(f"{kind} of {api_version}" + (f" in {namespace}" if namespace else ""))
        return self.cluster.items(api_version, kind, namespace)

    def live(self, ref: ObjectRef) -> Manifest | None:
        if self.cluster is None:
            raise LacksError("a cluster: --context")
        self.heard.append(str(ref))
        return self.cluster.get(ref)

    def series(self, metric: str, dimensions: dict[str, str], statistic: str, since: float) -> Series:
        """Whole minutes from *since* on. See `world.Metrics`."""
        if self.metrics is None:
            raise LacksError("metrics of CloudWatch")
        names = ", ".join(dimensions.values())
        self.heard.append(f"{metric} ({statistic}) of {names}, {stamp(since)} to {stamp(self.until)}")
        return self.metrics.series(metric, dimensions, statistic, since, self.until)

    def threshold(self, name: str, usual: float) -> float:
        return self.plan.thresholds.get(name, usual)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


class LacksError(UnreadableError):
    """A source that nobody named: the check is undecided, which is no error."""


@dataclass(frozen=True, slots=True)
class Said:
    """One part of a verdict. `grave`: a failure for which pausing is not enough."""

    verdict: Verdict
    line: str
    grave: bool = False


Check = Callable[[Scene, "Step"], Result]


def told(ident: str, subject: str, parts: Iterable[Said], **more: Any) -> Result:
    """The worst of *parts*, with all of them as lines and the first of the worst as its text; none is undecided."""
    found = list(parts)
    for verdict in ("fail", "error", "inconclusive"):
        if worst := [each for each in found if each.verdict == verdict]:
            text = worst[0].line + (f", and {len(worst) - 1} more" if worst[1:] else "")
            more["grave"] = any(each.grave for each in worst)
            return Result(ident, subject, verdict, text, lines=tuple(each.line for each in found), **more)
    if not found:
        return Result(ident, subject, "inconclusive", "there is nothing that it could be asked of", **more)
    return Result(ident, subject, "pass", found[0].line, lines=tuple(each.line for each in found), **more)
