"""The locks of a run: waited for on the way forth, and never in the way of the way back (invariants I6, I12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from ecs2k8s.cli.cutover_world import Opened, Way
from ecs2k8s.cli.cutover_world import opened as open_world
from ecs2k8s.cli.verify_probes import Probing
from ecs2k8s.compare.cluster import Patience
from ecs2k8s.core.errors import BusyError, UsageError
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.cluster.lease import LeaseLock, holder
from tests.cluster_twin import Twin
from tests.lease_stores import HandClock
from tests.watched import plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecs2k8s.cutover.plan import Plan, Step

RULE = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1/2/3"


@dataclass
class Said:
    """What the operator is told."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)

    def offer(self, step: Step, command: str, **_back: bool) -> None:
        raise AssertionError(step, command)


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    made = Twin(tmp_path)
    yield made
    made.close()


@pytest.fixture
def its() -> Plan:
    return structs.replace(plan(), traffic=(RULE,))


def opened(twin: Twin) -> Opened:
    context = Context(str(twin.kubeconfig()), None, Patience(attempts=1, pause=0, timeout=5))
    who: Any = SimpleNamespace(caller="arn:aws:sts::111122223333:assumed-role/ops/ann")
    unused: Any = None
    return Opened(twin.folder, Way(context=context), HandClock(), who, context.reading(), "uid", unused)


def held_by(twin: Twin, run: str, clock: HandClock | None = None) -> LeaseLock:
    store = Context(str(twin.kubeconfig())).locks()
    lock = LeaseLock(store, clock or HandClock(), RULE, run, f"id-of-{run}")
    assert lock.acquire() is None
    return lock


def owner(twin: Twin, lock: LeaseLock) -> str:
    found = twin.objects.kept[f"/apis/coordination.k8s.io/v1/namespaces/default/leases/{lock.name}"]
    held = holder(found.shown())
    return held.run if held else ""


def test_the_way_forth_waits_for_a_lock_and_takes_it_when_it_was_seen_to_be_over(twin: Twin, its: Plan) -> None:
    killed, said = held_by(twin, "killed"), Said()
    with opened(twin).locked("run", its, said, send=True, anyway=False) as keeper:
        assert keeper
        assert not keeper.why_not()
        assert owner(twin, killed) == "run"
    assert owner(twin, killed) == ""
    assert len(said.lines) == 1


def test_the_way_back_waits_for_nobody(twin: Twin, its: Plan) -> None:
    other, said, world = held_by(twin, "other"), Said(), opened(twin)
    with world.locked("run", its, said, send=True, anyway=True) as keeper:
        assert keeper is None
    assert world.clock.monotonic() == 0
    assert owner(twin, other) == "other"
    assert "goes back without the lock: " in said.lines[0]
    assert "run other holds it" in said.lines[0]


@pytest.mark.parametrize("fault", [500, 403, "lost"])
def test_the_way_back_needs_no_cluster_that_answers(twin: Twin, its: Plan, fault: int | str) -> None:
    said, world = Said(), opened(twin)
    twin.faults = lambda *_: fault
    with world.locked("run", its, said, send=True, anyway=True) as keeper:
        assert keeper is None
    assert said.lines[0].startswith("goes back without the lock: ")


def test_the_way_back_takes_a_lock_that_is_free(twin: Twin, its: Plan) -> None:
    with opened(twin).locked("run", its, Said(), send=True, anyway=True) as keeper:
        assert keeper
        with pytest.raises(AssertionError):
            held_by(twin, "other")


def test_a_lock_that_is_renewed_stops_the_way_forth(twin: Twin, its: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    other_clock = HandClock()
    other, world = held_by(twin, "other", other_clock), opened(twin)
    waited = HandClock.sleep

    def renewed(clock: HandClock, seconds: float) -> None:
        waited(clock, seconds)
        waited(other_clock, seconds)
        other.renew()

    monkeypatch.setattr(HandClock, "sleep", renewed)
    with (
        pytest.raises(BusyError, match="run other holds it"),
        world.locked("run", its, Said(), send=True, anyway=False),
    ):
        pass


def test_probes_that_cannot_be_read_end_a_run_before_anything_is_asked(tmp_path: Path) -> None:
    way = Way(probing=Probing(str(tmp_path / "probes.yaml")))
    with pytest.raises(UsageError, match="No such file"):
        open_world(str(tmp_path), plan(), way, Said())
    assert not list(tmp_path.iterdir())
