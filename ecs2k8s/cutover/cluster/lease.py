"""The shared lock of a traffic object: a Lease in the target cluster, as leader elections have it (cutover.md §2.8).

Two operators race with the API server's optimistic concurrency. Nobody's clock is compared with another's: a Lease is
over when it was *seen* unchanged for as long as it says. Its holder counts from before the request that renewed it,
everybody else from after: where clocks run equally fast, the holder knows first that it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ecs2k8s.cutover.cluster.leases import VERSION, TakenError, lease_name
from ecs2k8s.cutover.locks.shared import LostLockError
from ecs2k8s.cutover.world import RefusedError, UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.cutover.cluster.leases import Store
    from ecs2k8s.cutover.world import Clock

SECONDS, EVERY = 30, 10  # a lease, and how often it is renewed
ATTEMPTS = 5  # of a write beside somebody else's
KEY, PAUSED = "ecs2k8s.io/traffic", "ecs2k8s.io/paused"
INFO = "ecs2k8s.io/lock-"  # and a field of `Holder.info`


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: the run, the id of this one lock, and what else its annotations say for people."""

    run: str
    ident: str
    info: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class LeaseLock:
    """One lock of one process: *ident* is made for it, so that two processes of one run are two."""

    store: Store
    clock: Clock
    key: str
    run: str
    ident: str
    info: Mapping[str, str] = field(default_factory=dict)
    seconds: int = SECONDS
    _ours: Manifest | None = None  # as it was written last
    _since: float = 0.0  # before the request that wrote it
    _watched: tuple[str, float] = ("", 0.0)  # the version of somebody else's, and since when it was seen

    @property
    def name(self) -> str:
        return lease_name(self.key)

    def acquire(self) -> Holder | None:
        """Who holds it, or None when we do. Somebody's that is over is taken over.

        Raises `UnsureError` where others took it and gave it back each time that we tried.
        """
        for _ in range(ATTEMPTS):
            held = self._tried()
            if self._ours or held:
                return held
        raise UnsureError(f"the lock {self.name} of {self.key}: others take it and give it back; try again")

    def _tried(self) -> Holder | None:
        """One attempt. None also where somebody was quicker and has given it back already."""
        found = self.store.get(self.name)
        if found is None:
            self._write(self.store.create, self._taken({}))
        elif self._is_ours(found):  # no answer came when it was written, and nobody knows when that was
            self._write(self.store.replace, self._renewed(found))
        elif holder(found) is None or self._is_over(found):
            self._write(self.store.replace, self._taken(found))
        else:
            return holder(found)
        return None if self._ours else self._winner()

    def left(self) -> float:
        """Seconds for which nobody else can have taken it; not above zero: nothing more may be sent."""
        return self._since + self.seconds - self.clock.monotonic() if self._ours else 0.0

    def renew(self) -> None:
        """Raises `LostLockError` where somebody else has it, `UnreadableError` or `UnsureError` where nobody tells."""
        if self._ours is None:
            raise LostLockError(f"the lock {self.name} is not held")
        for _ in range(ATTEMPTS):
            self._write(self.store.replace, self._renewed(self._ours))
            if self._ours:
                return
            found = self.store.get(self.name)
            if found is None or not self._is_ours(found):
                break
            self._ours = found  # somebody wrote beside us: a flag
        self._ours = None
        raise LostLockError(f"the lock {self.name} of {self.key} was taken: {_told(self._winner())}")

    def release(self) -> None:
        """Gives it back, where it is still ours. What nobody gives back is over by itself."""
        self._ours = None  # first: an answer that is lost does not mean that it was not given back
        for _ in range(ATTEMPTS):
            found = self.store.get(self.name)
            if found is None or not self._is_ours(found):
                break
            try:
                self.store.replace(_free(found))
                break
            except TakenError:
                continue

    def paused(self) -> str:
        """Why all runs on this traffic object are to wait; empty: they are not. Raises `UnreadableError`."""
        return flagged(self.store, self.key)

    def _write(self, send: Callable[[Manifest], Manifest], lease: Manifest) -> None:
        """`_ours` is None afterwards where somebody was quicker."""
        before = self.clock.monotonic()
        try:
            written = send(lease)
        except TakenError:
            self._ours = None
            return
        self._ours, self._since = written, before

    def _is_ours(self, lease: Manifest) -> bool:
        found = holder(lease)
        return found is not None and (found.run, found.ident) == (self.run, self.ident)

    def _is_over(self, lease: Manifest) -> bool:
        version, now = str(lease["metadata"].get("resourceVersion")), self.clock.monotonic()
        if version != self._watched[0]:
            self._watched = (version, now)
        duration = lease["spec"].get("leaseDurationSeconds")
        return now - self._watched[1] >= (duration if isinstance(duration, int) and duration > 0 else self.seconds)

    def _winner(self) -> Holder | None:
        found = self.store.get(self.name)
        return holder(found) if found else None

    def _taken(self, found: Manifest) -> Manifest:
        """*found* as ours. All else that is written there stays: the flag by which somebody paused."""
        about = {KEY: self.key, f"{INFO}id": self.ident} | {f"{INFO}{key}": text for key, text in self.info.items()}
        kept = {name: text for name, text in _annotations(found).items() if not name.startswith(INFO)}
        metadata = found.get("metadata", {}) | {"name": self.name, "annotations": kept | about}
        turns = found.get("spec", {}).get("leaseTransitions")
        spec = {
            "holderIdentity": self.run,
            "leaseDurationSeconds": self.seconds,
            "acquireTime": self._time(),
            "renewTime": self._time(),
            "leaseTransitions": turns + 1 if isinstance(turns, int) else 0,
        }
        return {"apiVersion": VERSION, "kind": "Lease", "metadata": metadata, "spec": spec}

    def _renewed(self, lease: Manifest) -> Manifest:
        return lease | {"spec": lease["spec"] | {"renewTime": self._time()}}

    def _time(self) -> str:
        """For people: nobody compares it."""
        return datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def holder(lease: Manifest) -> Holder | None:
    """None where it was given back."""
    run = (lease.get("spec") or {}).get("holderIdentity")
    if not run:
        return None
    about = {key.removeprefix(INFO): text for key, text in _annotations(lease).items() if key.startswith(INFO)}
    return Holder(str(run), about.pop("id", ""), about)


def unlock(store: Store, key: str, ident: str) -> None:
    """Takes the lock with this id from whoever holds it. Raises `RefusedError` where it is another one by now."""
    found = store.get(lease_name(key))
    held = holder(found) if found else None
    if found is None or held is None or held.ident != ident:
        raise RefusedError(f"{key}: the lock {ident} is not held: {_told(held)}")
    store.replace(_free(found))


def flag(store: Store, key: str, text: str) -> None:
    """Makes all runs on a traffic object wait; without *text* they go on. Whoever holds the lock keeps it."""
    for _ in range(ATTEMPTS):
        found = store.get(lease_name(key))
        try:
            if found:
                store.replace(_annotated(found, {PAUSED: text}))
            elif text:
                store.create(_flagged(key, text))
        except TakenError:
            continue
        return
    raise UnsureError(f"{key}: the flag was not written: others wrote at the same time; try again")


def flagged(store: Store, key: str) -> str:
    """The text of the flag; empty where there is none. Raises `UnreadableError`."""
    found = store.get(lease_name(key))
    return _annotations(found).get(PAUSED, "") if found else ""


def _flagged(key: str, text: str) -> Manifest:
    metadata = {"name": lease_name(key), "annotations": {KEY: key, PAUSED: text}}
    return {"apiVersion": VERSION, "kind": "Lease", "metadata": metadata, "spec": {}}


def _annotated(lease: Manifest, more: Mapping[str, str]) -> Manifest:
    kept = {name: text for name, text in {**_annotations(lease), **more}.items() if text}
    return lease | {"metadata": lease["metadata"] | {"annotations": kept}}


def _free(lease: Manifest) -> Manifest:
    """Without a holder, which must not be empty: pkg/apis/coordination/validation."""
    spec = {key: value for key, value in lease["spec"].items() if key == "leaseTransitions"}
    kept = {name: "" for name in _annotations(lease) if name.startswith(INFO)}
    return _annotated(lease, kept) | {"spec": spec}


def _annotations(lease: Manifest) -> dict[str, str]:
    found = (lease.get("metadata") or {}).get("annotations")
    return {str(key): str(text) for key, text in found.items()} if isinstance(found, dict) else {}


def _told(held: Holder | None) -> str:
    return f"run {held.run} holds it, lock {held.ident}" if held else "nobody holds it"
