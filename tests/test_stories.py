"""The failure stories of other people's cutovers: here they stop, and without the guard they happen (R22).

Each lies in a folder of its own below tests/stories, with the world, the mistake, the stop and the guard; the worlds
are in tests/story_worlds.py. A story that other tests tell already names them. That a story happens when its guard is
taken away shows that its test can fail.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import yaml

from ecs2k8s.cutover.checks import CHECKS
from ecs2k8s.cutover.verdicts import Result
from tests.claims import MEMORY
from tests.story_worlds import WORLDS

if TYPE_CHECKING:
    from tests.figures import Figure

ROOT = Path(__file__).parents[1]
FOLDERS = sorted((ROOT / "tests" / "stories").iterdir())
ALL = 28  # rows of the table of stories


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    """The exit code, and a pattern of what is said."""

    code: int
    says: str


class Story(msgspec.Struct, forbid_unknown_fields=True):
    """`guards`: what returns, or is, this instead; `passing`: checks that pass instead; `harm`: a pattern."""

    story: str
    source: str = ""
    world: str = ""
    mistake: dict[str, Any] = {}
    stop: Stop | None = None
    guards: dict[str, Any] = {}
    passing: tuple[str, ...] = ()
    harm: str = ""
    tests: tuple[str, ...] = ()
    takes_the_guard_away: bool = False  # whether one of `tests` does


STORIES = {
    f"{folder.name}/{file.stem}": msgspec.convert(yaml.load(file.read_text(), yaml.CSafeLoader), Story)
    for folder in FOLDERS
    for file in sorted(folder.glob("*.yaml"))
}
PLAYED = [name for name, story in STORIES.items() if story.world]
GUARDED = [name for name, story in STORIES.items() if story.harm]
NAMED = sorted({(name, test) for name, story in STORIES.items() for test in story.tests})


@pytest.mark.parametrize("name", PLAYED)
def test_the_mistake_is_stopped_and_harms_nobody(name: str, tmp_path: Path) -> None:
    story = STORIES[name]
    assert story.stop
    seen = WORLDS[story.world](story.mistake, tmp_path)
    assert (seen.code, seen.harm) == (story.stop.code, ""), seen
    assert re.search(story.stop.says, seen.text), seen


@pytest.mark.claim("R22", MEMORY)
@pytest.mark.parametrize("name", GUARDED)
def test_without_its_guard_the_harm_is_done(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    story = STORIES[name]
    for where, instead in story.guards.items():
        monkeypatch.setattr(where, standing_in(where, instead))
    for check in story.passing:
        monkeypatch.setitem(CHECKS, check, lambda *_, check=check: Result(check, "", "pass"))
    seen = WORLDS[story.world](story.mistake, tmp_path)
    assert re.search(story.harm, seen.harm), seen
    figure(harmed=int(name.endswith("/story")))


def standing_in(where: str, instead: Any) -> Any:
    """Another function by its name, else one that returns *instead*, or the value itself."""
    if str(instead).startswith("tests."):
        return found_at(instead)
    before = found_at(where)
    return (lambda *_, **__: instead) if callable(before) else type(before)(instead)


def found_at(where: str) -> Any:
    module, _, name = where.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize(("name", "test"), NAMED)
def test_a_test_that_tells_a_story_is_there(name: str, test: str) -> None:
    file, _, function = test.partition("::")
    assert (ROOT / file).is_file()
    assert not function or f"\ndef {function}(" in (ROOT / file).read_text()


@pytest.mark.claim("R22", MEMORY)
def test_every_story_is_told(figure: Figure) -> None:
    told = sorted({int(name[:2]) for name, story in STORIES.items() if story.world or story.tests})
    elsewhere = sum(story.takes_the_guard_away for story in STORIES.values())
    figure(told=len(told), harmed=elsewhere)
    assert told == list(range(1, ALL + 1))
