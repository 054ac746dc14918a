"""SIGKILL before and after every write of the journal and every call, and again while the run recovers (R1, R2)."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.claims import MEMORY, whole
from tests.cutover_world import NEW, OLD, RULE, forward
from tests.killed_runs import PLANS, Story, ended, places

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.figures import Figure
    from tests.killed_runs import Kept

STORIES = [
    *(Story(name, returns=returns) for name in PLANS if name != "one rule" for returns in (False, True)),
    Story("two rules", pauses=True),
    Story("a worker", pauses=True, returns=True),
]
TORN = "journal: half a line"
LINE = ("journal: before a line", TORN, "journal: line written", "journal: line synced")
CALLS = {f"{way}: {when}" for way in ("call", "back") for when in ("before", "after")}
TENTH = 10


def chosen(names: list[str], seed: int) -> list[int]:
    """All places in the long suite, else a tenth, which others take at another time."""
    every = range(1, len(names) + 1)
    return list(every) if whole() else sorted(Random(seed).sample(every, len(names) // TENTH))


@pytest.fixture
def seed() -> int:
    found = int.from_bytes(os.urandom(4))
    sys.stdout.write(f"seed {found}\n")
    return found


def repeated(after: Kept, alone: Kept) -> int:
    """How many calls were sent that a run does not send that nobody kills."""
    return (after.calls() - alone.calls()).total()


def counted(names: Iterable[str], story: Story) -> dict[str, int]:
    """What the points are, as the page has them."""
    kinds = Counter(names)
    return {
        "points": kinds.total(),
        story.design: kinds.total(),
        "torn": kinds[TORN],
        "calls": sum(kinds[name] for name in CALLS),
        "back": sum(kinds[name] for name in CALLS if name.startswith("back")),
        "paused": kinds.total() * story.pauses,
    }


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_place_stands_before_and_after_each_line_and_each_call(story: Story, tmp_path: Path) -> None:
    """And there is no other, but where the journal gets its name."""
    world = story.in_folder(tmp_path)
    kinds = Counter(places(world))
    lines = len((tmp_path / "journal.jsonl").read_bytes().splitlines())
    assert {name: kinds.pop(name) for name in LINE} == dict.fromkeys(LINE, lines)
    assert kinds.pop("journal: renamed") == 1
    assert kinds.keys() <= CALLS
    assert kinds["call: before"] + kinds["back: before"] == len(world.again().done)
    assert (kinds["call: before"], kinds["back: before"]) == (kinds["call: after"], kinds["back: after"])
    assert (kinds["back: before"] > 0) == story.returns


@pytest.mark.claim("R1", MEMORY)
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_run_that_is_killed_anywhere_ends_right(story: Story, tmp_path: Path, seed: int, figure: Figure) -> None:
    alone = story.in_folder(tmp_path / "alone")
    names = places(alone)
    alone = alone.again()
    assert alone.right()
    most, its = 0, chosen(names, seed)
    for at in its:
        world = story.in_folder(tmp_path / str(at))
        assert ended(world, at) == -signal.SIGKILL
        assert ended(world, 0) == story.code, at
        after = world.again()
        assert after.right(), at
        most = max(most, repeated(after, alone))
        assert most <= 1, at
    figure(**counted((names[at - 1] for at in its), story), repeated=most, seed=seed)


@pytest.mark.claim("R2", MEMORY)
@pytest.mark.parametrize(
    "story", [Story(name, returns=back) for name in ("one rule", "a worker") for back in (False, True)], ids=str
)
def test_a_run_that_is_killed_again_while_it_recovers_ends_right(
    story: Story, tmp_path: Path, seed: int, figure: Figure
) -> None:
    names = places(story.in_folder(tmp_path / "alone"))
    random, pairs = Random(seed), 0
    for at in chosen(names, seed)[::2]:
        world = story.in_folder(tmp_path / str(at))
        assert ended(world, at) == -signal.SIGKILL
        second = random.randrange(1, 40)
        found = ended(world, second)
        assert found in (-signal.SIGKILL, story.code)
        assert found == story.code or ended(world, 0) == story.code, (at, second)
        assert world.again().right(), (at, second)
        pairs += found != story.code
    figure(pairs=pairs, seed=seed)


def test_an_edit_while_the_run_was_down_is_found_wherever_it_was_killed(tmp_path: Path, seed: int) -> None:
    story = Story("one rule")
    names = places(story.in_folder(tmp_path / "alone"))
    for at in chosen(names, seed):
        world = story.in_folder(tmp_path / str(at))
        ended(world, at)
        after = world.again()
        after.states[RULE] = forward((OLD, 41), (NEW, 13))
        after.write()
        journal = world.folder / "journal.jsonl"
        over = journal.exists() and b'"ev":"completed"' in journal.read_bytes()
        assert ended(world, 0) == (0 if over else 4), at
        assert len(world.again().done) == len(after.done), at
