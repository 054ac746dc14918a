"""One lock: taken, kept, given back, taken over only when it was seen to be over."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.core.errors import BusyError
from ecs2k8s.cutover.cluster.lease import SECONDS, Holder, LeaseLock, flag, unlock
from ecs2k8s.cutover.locks.shared import PATIENCE, LostLockError, SharedLock
from ecs2k8s.cutover.world import RefusedError, UnsureError
from tests.cluster_objects import Objects
from tests.lease_stores import PATH, HandClock, MemoryStore, lost

KEY = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1/2/3"


class Two:
    """Two operators with clocks that need not agree on the time."""

    def __init__(self) -> None:
        self.objects = Objects()
        self.clock = HandClock()
        self.ann, self.bob = self.lock("ann"), self.lock("bob")

    def lock(self, run: str, **more: Any) -> LeaseLock:
        return LeaseLock(MemoryStore(self.objects), self.clock, KEY, run, f"id-of-{run}", **more)

    @property
    def store(self) -> MemoryStore:
        return MemoryStore(self.objects)


@pytest.fixture
def two() -> Two:
    return Two()


def test_one_has_it_and_the_other_is_told_who(two: Two) -> None:
    ann = two.lock("ann", info={"who": "ann@laptop", "plan": "abc"})
    assert ann.acquire() is None
    assert two.bob.acquire() == Holder("ann", "id-of-ann", {"who": "ann@laptop", "plan": "abc"})
    assert (ann.left(), two.bob.left()) == (SECONDS, 0.0)


@pytest.mark.parametrize(("quicker", "ours"), [(1, True), (2, True), (99, False)])
def test_whoever_lost_a_race_to_one_who_gave_it_back_does_not_take_it_for_theirs(
    quicker: int, ours: bool, two: Two
) -> None:
    """Found by processes that raced: the winner was gone when the loser asked who it was."""
    left = [quicker]

    def between(_: str) -> None:
        if left[0] and requests[0] == "write":
            left[0] -= 1
            requests[0] = ""
            assert two.bob.acquire() is None
            two.bob.release()

    requests = [""]

    class Slow(MemoryStore):
        def _written(self, method: str, path: str, lease: Any) -> Any:
            requests[0] = "write"
            return super()._written(method, path, lease)

    ann = two.lock("ann")
    ann.store = Slow(two.objects, between)
    if ours:
        assert ann.acquire() is None
    else:
        with pytest.raises(UnsureError, match="others take it and give it back"):
            ann.acquire()
    assert (ann.left() > 0) == ours


def test_two_processes_of_one_run_are_two(two: Two) -> None:
    assert two.ann.acquire() is None
    again = two.lock("ann")
    again.ident = "another"
    assert again.acquire() == Holder("ann", "id-of-ann")


def test_it_is_taken_over_only_when_it_was_seen_unchanged_for_as_long_as_it_says(two: Two) -> None:
    assert two.ann.acquire() is None
    two.clock.at = 1_000.0  # long over by every clock, but nobody looked
    assert two.bob.acquire() is not None
    two.clock.at += SECONDS - 1
    assert two.bob.acquire() is not None
    two.ann.renew()
    two.clock.at += 1
    assert two.bob.acquire() is not None  # it has changed meanwhile
    two.clock.at += SECONDS
    assert two.ann.left() < 0
    assert two.bob.acquire() is None
    with pytest.raises(LostLockError, match="run bob holds it, lock id-of-bob"):
        two.ann.renew()
    assert two.ann.left() == 0.0


def test_the_holder_knows_first_that_it_is_over(two: Two) -> None:
    two.ann.acquire()
    store = MemoryStore(two.objects, lambda when: two.clock.sleep(5.0) if when == "before" else None)
    two.ann.store = store
    two.ann.renew()  # the request takes five seconds to arrive
    assert two.ann.left() == SECONDS - 5


def test_who_gives_it_back_waits_for_nobody(two: Two) -> None:
    two.ann.acquire()
    two.ann.release()
    assert two.ann.left() == 0.0
    assert two.bob.acquire() is None
    two.ann.release()  # it is bob's by now
    two.bob.renew()


def test_who_gives_it_back_has_not_got_it_even_without_an_answer(two: Two) -> None:
    two.ann.acquire()
    two.ann.store = MemoryStore(two.objects, lambda when: lost(when) if when == "after" and not held(two) else None)
    with pytest.raises(UnsureError):
        two.ann.release()
    assert two.bob.acquire() is None
    assert two.ann.left() == 0.0


def held(two: Two) -> bool:
    return "holderIdentity" in two.objects.kept[f"{PATH}/{two.ann.name}"].value["spec"]


def test_a_flag_pauses_all_whoever_holds_the_lock(two: Two) -> None:
    flag(two.store, KEY, "ann: the database is slow")
    assert two.bob.acquire() is None
    assert two.bob.paused() == "ann: the database is slow"
    flag(two.store, KEY, "")
    two.bob.renew()  # somebody wrote beside it
    assert two.bob.paused() == ""
    flag(two.store, KEY, "once more")
    two.bob.release()
    assert two.ann.acquire() is None
    assert two.ann.paused() == "once more"


def test_a_lock_is_broken_by_its_id_alone(two: Two) -> None:
    two.ann.acquire()
    with pytest.raises(RefusedError, match="the lock guessed is not held: run ann holds it, lock id-of-ann"):
        unlock(two.store, KEY, "guessed")
    unlock(two.store, KEY, "id-of-ann")
    with pytest.raises(LostLockError, match="nobody holds it"):
        two.ann.renew()
    with pytest.raises(RefusedError, match="nobody holds it"):
        unlock(two.store, KEY, "id-of-ann")


def test_a_lease_that_was_deleted_is_lost(two: Two) -> None:
    two.ann.acquire()
    two.objects.handle("DELETE", f"{PATH}/{two.ann.name}", {})
    with pytest.raises(LostLockError):
        two.ann.renew()


def test_a_renewal_without_an_answer_counts_as_none(two: Two) -> None:
    two.ann.acquire()
    two.clock.at = 10.0
    two.ann.store = MemoryStore(two.objects, lambda when: lost(when) if when == "after" else None)
    with pytest.raises(UnsureError):
        two.ann.renew()
    assert two.ann.left() == SECONDS - 10
    two.ann.store = two.store
    two.ann.renew()  # it had its effect: the version is another one, and the lock is ours
    assert two.ann.left() == SECONDS


def test_a_lock_that_was_taken_without_an_answer_is_found_again(two: Two) -> None:
    two.ann.store = MemoryStore(two.objects, lambda when: lost(when) if when == "after" and written(two) else None)
    with pytest.raises(UnsureError):
        two.ann.acquire()
    assert two.ann.left() == 0.0
    two.clock.at = 7.0
    two.ann.store = two.store
    assert two.ann.acquire() is None
    assert two.ann.left() == SECONDS  # counted from now: it was written anew


def written(two: Two) -> bool:
    return f"{PATH}/{two.ann.name}" in two.objects.kept


def test_locks_of_a_run_that_was_killed_are_taken_by_waiting(two: Two) -> None:
    keys = ["rule 1", "rule 2"]
    said: list[str] = []

    def locks(run: str) -> SharedLock:
        store = MemoryStore(two.objects)
        return SharedLock(lambda key: LeaseLock(store, two.clock, key, run, f"id-of-{run}"), keys)

    locks("killed").acquire()
    two.clock.at = 10_000.0
    began = two.clock.at
    resumed = locks("resumed")
    with pytest.raises(BusyError, match="run killed holds it"):
        resumed.acquire()
    resumed.take(two.clock, said.append)
    assert SECONDS <= two.clock.at - began <= 2 * PATIENCE
    assert len(said) == 1
    assert resumed.left() > 0


def test_locks_that_are_renewed_are_not_waited_for_without_end(two: Two) -> None:
    two.ann.acquire()

    class Renewing(HandClock):
        def sleep(self, seconds: float) -> None:
            two.clock.at += seconds
            two.ann.renew()

        def monotonic(self) -> float:
            return two.clock.at

    store, clock = MemoryStore(two.objects), Renewing()
    shared = SharedLock(lambda key: LeaseLock(store, clock, key, "bob", "id-of-bob"), [KEY])
    with pytest.raises(BusyError, match="run ann holds it"):
        shared.take(clock, lambda _: None)
    assert two.clock.at >= PATIENCE
    two.ann.renew()
