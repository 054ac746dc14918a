"""Random histories of operators, crashes, foreign edits, clocks that jump and calls that fail (R3, R9).

What must never happen is looked for at each call, in `Watched.apply`, and after each event.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, note, seed, settings
from hypothesis import strategies as st

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.plan import Thing, digest
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import Outcome, back, carry
from ecs2k8s.cutover.run.shares import KEYS, is_eks, share, weights
from tests.claims import MEMORY, whole
from tests.cutover_world import GROUP, NEW, OLD, OTHER, RULE, Quick, World, of, ramp

if TYPE_CHECKING:
    from ecs2k8s.cutover.plan import Plan, Request
    from tests.figures import Figure

Op = tuple[Any, ...]
THIRD = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/third/3333333333333333"
HISTORIES = 1_000 if whole() else 100
SEED = 0 if settings().derandomize else SystemRandom().randrange(2**31)


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Watched(World):
    """Looks at each call as AWS gets it."""

    stop_at: int = 0
    stop: str = ""
    journal: Journal | None = None
    foreign: set[Thing] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.between = self._between

    @property
    def way(self) -> str:
        """Whether the call that comes is one of the plan or one back, as the journal says before it."""
        intents = self.journal.run.intents if self.journal else ()
        return intents[-1].way if intents else "forth"

    def _between(self, what: str) -> None:
        if self.stop_at:
            self.stop_at -= 1
            if not self.stop_at:
                if self.stop == "kill":
                    raise KilledError
                self.asks.append(Asked(self.stop, "someone"))
        if what == "send" and self.lock:
            assert self.way == "back", "sent while the lock was lost"

    def apply(self, request: Request) -> None:
        thing = Thing("elbv2.rule", request.parameters.get("RuleArn", ""))
        before = self.states.get(thing)
        assert self.way == "back" or not self._unknown(), "somebody else's edit was not found before this call"
        super().apply(request)
        if before is not None:
            self._look(before, self.states[thing])

    def _unknown(self) -> set[Thing]:
        """What others changed, but for a group that somebody took as it is."""
        taken = self.journal.run.verified if self.journal else {}
        return {
            thing
            for thing in self.foreign
            if thing != GROUP or thing not in taken or taken[thing].sha256 != digest(self.states[thing])
        }

    def _look(self, before: Any, after: Any) -> None:
        assert any(w and (self.healthy(g) or self.way == "back") for g, w in weights(after).items()), "I1"
        assert any(not is_eks(group) for group in weights(after)), "I7"
        if self.way == "forth":
            assert share(after) <= share(before) or self.healthy(NEW), "I2"
        else:
            assert share(after) == 0
            assert _without_weights(before) == _without_weights(after), "going back took something else away"

    def healthy(self, group: str) -> bool:
        targets = self.states.get(Thing("elbv2.target-health", group)) or []
        return any(target["State"] == "healthy" for target in targets)


def _without_weights(state: Any) -> Any:
    rest = {key: value for key, value in state.items() if key not in KEYS}
    return rest, sorted(weights(state))


@dataclass
class History:
    """A plan, its world and what happened to it."""

    folder: Path
    plan: Plan
    world: Watched = field(init=False)
    over: bool = False
    state: str = ""

    def __post_init__(self) -> None:
        self.world = Watched(self.plan, of(self.plan))

    def take(self, op: Op) -> None:
        getattr(self, op[0])(*op[1:])

    def run(self, stop: str, at: int) -> None:
        self.world.stop, self.world.stop_at = stop, at
        self._ended(lambda its: carry(self.world.run(its), "someone"))

    def adopt(self, at: int) -> None:
        self.world.stop, self.world.stop_at = "kill", at
        self._ended(lambda its: carry(self.world.run(its), "someone", adopting=True))

    def rollback(self, at: int) -> None:
        if (self.folder / "journal.jsonl").exists():
            self.world.stop, self.world.stop_at = "kill", at
            self._ended(lambda its: back(self.world.run(its), "asked", "someone"))

    def _ended(self, act: Any) -> None:
        try:
            with self._journal() as its:
                self.world.journal = its
                self._judge(act(its))
        except KilledError:
            pass
        finally:
            self.world.stop_at = 0
            self.world.asks.clear()

    def _journal(self) -> Journal:
        if (self.folder / "journal.jsonl").exists():
            return Journal.open(self.folder, self.world.clock, disk=Quick())
        return Journal.create(
            self.folder, self.plan, "01J", self.world.clock, disk=Quick(), mode="execute", who="someone"
        )

    def _judge(self, outcome: Outcome) -> None:
        rules = [self.world.states[mark.thing] for mark in self.plan.fingerprints]
        if outcome.text == "all steps are done":
            assert all(weights(rule) == {OLD: 0, NEW: 100} for rule in rules)
        if outcome.code == 6 and outcome.text.startswith("requests are back"):
            assert all(share(rule) == 0 for rule in rules)
        self.over = self.over or outcome.state in ("completed", "rolled_back")
        self.state = outcome.state

    def edit(self, which: int, what: str) -> None:
        """Somebody else changes a rule, as with the console."""
        thing = self.plan.fingerprints[which % len(self.plan.fingerprints)].thing
        state = self.world.states[thing]
        groups = state["Actions"][0]["ForwardConfig"]["TargetGroups"]
        if what == "weights":
            groups[0]["Weight"] = groups[0]["Weight"] + 3
        elif what == "group" and THIRD not in weights(state):
            groups.append({"TargetGroupArn": THIRD, "Weight": 7})
        elif what == "condition":
            state["Conditions"] = [{"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}}]
        self.world.foreign.add(thing)

    def edit_group(self, path: str) -> None:
        if self.world.states.get(GROUP):
            self.world.states[GROUP] = {**self.world.states[GROUP], "HealthCheckPath": path}
            self.world.foreign.add(GROUP)

    def faults(self, *found: str) -> None:
        self.world.faults = list(found)

    def blind(self, reads: int) -> None:
        self.world.blind = reads

    def verdict(self, check: str, said: str) -> None:
        self.world.verdicts = {check: said} if said != "pass" else {}

    def health(self, group: str, state: str) -> None:
        for target in self.world.states[Thing("elbv2.target-health", group)]:
            target["State"] = state

    def lock(self, text: str) -> None:
        self.world.lock = text

    def healed(self) -> None:
        """All that was wrong is over, but for what others edited: the run ends, or waits for a person."""
        self.world.faults, self.world.blind, self.world.lock, self.world.verdicts = [], 0, "", {}
        self.health(NEW, "healthy")
        self.run("pause", 0)
        ends = {"completed", "rolled_back"}
        assert self.state in (ends | {"paused", "rollback_failed"} if self.world.foreign else ends), self.state

    def clock(self, seconds: float) -> None:
        self.world.clock.skew += seconds


OPS: st.SearchStrategy[Op] = st.one_of(
    st.tuples(st.just("run"), st.sampled_from(["pause", "kill", "abort", "rollback"]), st.integers(0, 300)),
    st.tuples(st.just("run"), st.just("kill"), st.integers(1, 60)),
    st.tuples(st.just("rollback"), st.integers(0, 8)),
    st.tuples(st.just("edit"), st.integers(0, 1), st.sampled_from(["weights", "group", "condition"])),
    st.tuples(st.just("edit_group"), st.sampled_from(["/a", "/b"])),
    st.tuples(st.just("adopt"), st.integers(0, 60)),
    st.lists(st.sampled_from(["", "throttled", "refused", "lost", "unsure"]), max_size=4).map(lambda x: ("faults", *x)),
    st.tuples(st.just("blind"), st.integers(1, 3)),
    st.tuples(st.just("verdict"), st.sampled_from(["L06", "T01", "T02", "T04", "T13"]), st.sampled_from(["pass", "fail", "inconclusive", "error"])),
    st.tuples(st.just("health"), st.sampled_from([NEW]), st.sampled_from(["healthy", "healthy", "unhealthy"])),
    st.tuples(st.just("lock"), st.sampled_from(["", "", "somebody has it"])),
    st.tuples(st.just("clock"), st.sampled_from([-86_400.0, 86_400.0, 3_600.0])),
)  # fmt: skip


def happened(places: tuple[Thing, ...], ops: list[Op]) -> int:
    """How many calls AWS got."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder), ramp(places, (1, 0, 1, 50, 100)))
        for op in ops:
            history.take(op)
        history.healed()
        return len(history.world.done)


@pytest.mark.claim("R3", MEMORY)
def test_no_history_breaks_an_invariant(figure: Figure) -> None:
    calls: list[int] = []

    # Shrinking takes minutes, and a history that fails is printed as it was.
    @seed(SEED)
    @settings(phases=[Phase.explicit, Phase.reuse, Phase.generate], max_examples=HISTORIES)
    @given(st.sampled_from([(RULE,), (RULE, OTHER)]), st.lists(OPS, min_size=1, max_size=10))
    def every(places: tuple[Thing, ...], ops: list[Op]) -> None:
        try:
            calls.append(happened(places, ops))
        except Exception:
            note(f"a ready test:\n\ndef test_this_history() -> None:\n    happened({places!r}, {ops!r})\n")
            raise

    every()
    figure(histories=len(calls), calls=sum(calls), seed=SEED)


GUARDS: dict[str, tuple[str, Any, list[Op]]] = {
    "I10": ("untouched", lambda *_: None, [("edit", 1, "condition")]),
    "I1 and I2": ("broken", lambda *_: (), [("health", NEW, "unhealthy")]),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_with_a_guard_switched_off_a_history_fails(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proof that the histories can find what they look for."""
    name, switched_off, meanwhile = GUARDS[guard]
    prepared: list[Op] = [("verdict", "L06", "inconclusive"), ("run", "pause", 0), ("verdict", "L06", "pass")]
    ops = [*prepared, *meanwhile, ("run", "pause", 0)]
    happened((RULE, OTHER), ops)
    for module in ("engine", "stepping"):
        monkeypatch.setattr(f"ecs2k8s.cutover.run.{module}.{name}", switched_off, raising=False)
    with pytest.raises(AssertionError):
        happened((RULE, OTHER), ops)


def test_going_back_looks_several_times_before_it_writes_over_what_others_changed() -> None:
    edited: list[Op] = [("run", "kill", 20), ("edit", 0, "group"), ("blind", 3), ("rollback", 0)]
    happened((RULE,), edited)


def test_a_group_that_was_taken_as_it_is_is_no_edit_any_more_and_a_rule_always_is() -> None:
    edited: list[Op] = [("run", "pause", 20), ("edit_group", "/a"), ("run", "pause", 0), ("adopt", 0)]
    assert happened((RULE,), edited) > 5
    happened((RULE,), [("run", "pause", 40), ("edit", 0, "weights"), ("adopt", 0), ("adopt", 0)])


def test_an_edit_of_a_rule_that_was_not_touched_yet_is_found_too() -> None:
    happened((RULE,), [("run", "kill", 3), ("edit", 0, "weights"), ("run", "pause", 0)])
