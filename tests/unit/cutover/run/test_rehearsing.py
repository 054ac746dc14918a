"""A rehearsal in a world in memory: killed anywhere, edited by others, and with weights that never leave 0."""

from __future__ import annotations

import dataclasses
import pickle
import signal
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.journal.read import read
from ecs2k8s.cutover.plan import Plan, Thing
from ecs2k8s.cutover.planning.objects import ABSENT, FILES
from ecs2k8s.cutover.planning.rehearsal import rehearsal
from ecs2k8s.cutover.run.context import Asked
from ecs2k8s.cutover.run.engine import Outcome, back, carry
from ecs2k8s.cutover.run.shares import HEALTH, PLACES, share, weights
from tests.claims import whole
from tests.cutover_world import Quick, World, of
from tests.killed_runs import Kept, Story, ended, places
from tests.planned import ground, planned
from tests.unit.cutover.run.test_crashes import chosen, seed  # noqa: F401 (a fixture)

if TYPE_CHECKING:
    from pathlib import Path

    from ecs2k8s.cutover.plan import Move, Request, State, Step

ATTRIBUTES = "elbv2.target-group-attributes"


def dark(unit: str = "shop-frontend") -> Plan:
    """Without what a person does by hand."""
    plan = rehearsal(planned(ground("three-tier"), unit))
    steps = tuple(step for step in plan.steps if not step.guided)
    return replace(plan, steps=steps)


def found(plan: Plan) -> dict[Thing, State]:
    """The objects as they are before; what a group that is made has by itself is not there before the group."""
    its = {thing: state for thing, state in of(plan).items() if thing.kind != ATTRIBUTES or thing.id[0] == "a"}
    moves = (move for step in plan.steps for move in step.moves if move.thing.kind in PLACES)
    target = {"Target": "10.0.0.1:80", "Zone": "eu-west-1a", "State": "healthy", "Reason": ""}
    return its | {Thing(HEALTH, group): [target] for move in moves for group in weights(move.wanted)}


def left(states: dict[Thing, State]) -> dict[Thing, State]:
    """What is there, but for namespaces, which stay, and what goes with what it is a part of."""

    def but_spaces(state: State) -> State:
        is_files = isinstance(state, dict) and all(isinstance(each, str) for each in state.values())
        return {ref: its for ref, its in state.items() if not ref.startswith("Namespace/")} if is_files else state

    return {thing: but_spaces(state) for thing, state in states.items() if state is not None}


@dataclass
class Dark(Kept):
    """A world that looks at every call for what it does to the requests."""

    def apply(self, request: Request) -> None:
        if request.call == "elbv2.CreateTargetGroup":
            made = Thing(ATTRIBUTES, f"targetgroup:{request.parameters['Name']}")
            self.states.setdefault(made, {})
        if request.call == "kubernetes.Delete":
            state = self.states[Thing(FILES, request.parameters["path"])]
            state |= dict.fromkeys(request.parameters["objects"], ABSENT)
            self.done.append(request)
        else:
            super().apply(request)
        if request.call == "elbv2.DeleteTargetGroup":
            self.states.pop(Thing(ATTRIBUTES, request.parameters["TargetGroupArn"]), None)
        self.write()
        shares = [share(state) for thing, state in self.states.items() if thing.kind in PLACES]
        assert not any(shares)

    def asked(self) -> Asked | None:
        return World.asked(self)

    def again(self) -> Dark:
        its = dataclasses.replace(self, states=found(self.plan), done=[], sent=[], offered=[], said=[])
        its.asks = list(self.asks)
        if (self.folder / "world").exists():
            its.states, its.done = pickle.loads((self.folder / "world").read_bytes())
        return its


def world_of(folder: Path, plan: Plan | None = None) -> Dark:
    its = plan or dark()
    folder.mkdir(exist_ok=True)
    return Dark(its, found(its), story=Story("one rule"), folder=folder)


def rehearsed(world: World, folder: Path) -> Outcome:
    if (folder / "journal.jsonl").exists():
        journal = Journal.open(folder, world.clock, disk=Quick())
    else:
        journal = Journal.create(folder, world.plan, "01J", world.clock, disk=Quick(), mode="execute", who="someone")
    with journal:
        return carry(world.run(journal), "someone")


def taken_back(world: World, folder: Path) -> Outcome:
    with Journal.open(folder, world.clock, disk=Quick()) as journal:
        return back(world.run(journal), "a person asked", "someone")


@pytest.mark.parametrize("unit", ["shop-frontend", "shop-backend", "shop-worker"])
def test_a_rehearsal_ends_where_it_began(unit: str, tmp_path: Path) -> None:
    world = world_of(tmp_path, dark(unit))
    before = deepcopy(left(world.states))
    assert rehearsed(world, tmp_path).code == 0
    assert {thing: its for thing, its in left(world.states).items() if its} == {k: v for k, v in before.items() if v}


def test_objects_that_were_there_before_stay(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    services = next(step for step in world.plan.steps if step.id == "services")
    there = services.moves[0]
    world.states[there.thing] = deepcopy(there.wanted)
    assert rehearsed(world, tmp_path).code == 0
    assert world.states[there.thing] == there.wanted


def test_of_a_file_of_which_a_part_was_there_the_other_part_is_taken_back(tmp_path: Path) -> None:
    plan = dark()
    step = next(step for step in plan.steps if step.id == "services")
    mine, secret = "ConfigMap/shop/mine", "Secret/shop/password"
    files = step.moves[0].thing
    wanted = {mine: "a" * 64, secret: "b" * 64}
    its = two_objects(plan, files, wanted)
    world = world_of(tmp_path, its)
    world.states[files] = {mine: "absent", secret: "b" * 64}
    world.between = None
    assert rehearsed(world, tmp_path).code == 0
    assert world.states[files] == {mine: "absent", secret: "b" * 64}


def test_of_many_objects_the_journal_tells_which_were_there(tmp_path: Path) -> None:
    """To try each set of forty would take longer than anybody waits."""
    plan = dark()
    step = next(step for step in plan.steps if step.id == "services")
    files = step.moves[0].thing
    wanted: State = {f"ConfigMap/shop/number-{number}": f"{number:064}" for number in range(40)}
    world = world_of(tmp_path, two_objects(plan, files, wanted))
    before = {ref: state if ref.endswith("7") else "absent" for ref, state in wanted.items()}
    world.states[files] = dict(before)
    world.between = None
    assert rehearsed(world, tmp_path).code == 0
    assert world.states[files] == before


def two_objects(plan: Plan, files: Thing, wanted: State) -> Plan:
    from tests.cutover_world import moved

    none = dict.fromkeys(wanted, "absent")

    def turned(step: Any) -> Any:
        change = {"moves": (none, wanted), "back": (wanted, none)} if not step.takes_back else {"moves": (wanted, none)}
        held = {name: [moved(files, *way) if m.thing == files else m for m in getattr(step, name)]
                for name, way in change.items()}  # fmt: skip
        return replace(step, **{name: tuple(moves) for name, moves in held.items()})

    return replace(plan, steps=tuple(turned(step) for step in plan.steps))


def test_what_somebody_else_changed_is_found_and_nothing_is_sent_on_top_of_it(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    rule = next(move.thing for step in world.plan.steps if step.id == "attach" for move in step.moves)
    attached = next(move.wanted for step in world.plan.steps if step.id == "attach" for move in step.moves)

    def edited(_: str) -> None:
        if world.states[rule] == attached and len(world.done) > 7:
            world.between = None
            world.states[rule] = {**attached, "SslPolicy": "another"}

    world.between = edited
    outcome = rehearsed(world, tmp_path)
    assert outcome.code == 4
    sent = len(world.sent)
    assert rehearsed(world, tmp_path).code == 4
    assert len(world.sent) == sent
    assert taken_back(world, tmp_path).code == 7
    world.states[rule] = attached
    assert taken_back(world, tmp_path).code == 6
    assert left(world.states) == left(found(world.plan)) | {k: v for k, v in left(world.states).items() if not v}


def test_requests_that_somebody_gives_to_eks_while_it_waits_stop_it(tmp_path: Path) -> None:
    """It looks also while it waits for pods, and not before calls alone."""
    world = world_of(tmp_path)
    place = next(move for step in world.plan.steps if step.id == "attach" for move in step.moves)
    world.verdicts["L06"] = "fail"

    def shifted(_: float) -> None:
        if world.clock.time > began + 120 and world.states[place.thing] == place.wanted:
            state = deepcopy(place.wanted)
            groups = state["DefaultActions"][-1]["ForwardConfig"]["TargetGroups"]
            for group in groups:
                group["Weight"] = 1
            world.states[place.thing] = state

    began = world.clock.time
    world.clock.sleeping = shifted
    outcome = rehearsed(world, tmp_path)
    assert (outcome.code, outcome.step) == (4, "ready")


def test_it_is_written_down_how_often_the_weights_were_looked_at(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    rehearsed(world, tmp_path)
    lines = read(tmp_path).lines
    looks = [line for line in lines if line.event.ev == "observed" and line.event.thing.kind in PLACES]  # type: ignore[union-attr]
    assert len(looks) > len(world.sent)
    assert fold(lines).start.purpose == "rehearse"


def test_a_step_that_gives_eks_requests_is_refused_when_it_runs_too(tmp_path: Path) -> None:
    """The plan is refused before; this is for a plan that was made otherwise."""
    from tests.cutover_world import ramp

    plan = replace(ramp(), purpose="rehearse")
    world = World(plan, of(plan))
    outcome = rehearsed(world, tmp_path)
    assert outcome.code == 5
    assert "a rehearsal sends no request to EKS" in outcome.text


def short() -> Plan:
    """With one file for each step."""

    def cut(moves: tuple[Move, ...], of: Step) -> tuple[Move, ...]:
        kept = {move.thing for move in (of.moves if not of.takes_back else of.moves[::-1])[:1]}
        return tuple(move for move in moves if move.thing.kind != FILES or move.thing in kept)

    plan = dark()
    steps = (replace(step, moves=cut(step.moves, step), back=cut(step.back, step)) for step in plan.steps)
    return replace(plan, steps=tuple(steps))


@pytest.mark.parametrize("ends", ["resumed", "taken back"])
def test_a_rehearsal_that_is_killed_anywhere_leaves_everything_as_it_was(
    ends: str,
    tmp_path: Path,
    seed: int,  # noqa: F811 (the fixture)
) -> None:
    plan = short()
    alone = world_of(tmp_path / "alone", plan)
    names, calls = places(alone), len(alone.again().done)
    for at in chosen(names, seed)[:: 1 if whole() else 4]:
        world = world_of(tmp_path / str(at), plan)
        assert ended(world, at) == -signal.SIGKILL
        if ends == "taken back" and (world.folder / "journal.jsonl").exists():
            world.asks = [Asked("rollback", "someone")] * 9
        assert ended(world, 0) in (0, 6), at
        after = world.again()
        assert {k: v for k, v in left(after.states).items() if v} == {
            k: v for k, v in left(found(plan)).items() if v
        }, at
        assert len(after.done) <= calls + 1, at
