"""Canary secrets in objects that a run meets, in what it is told and in what it writes down: none is shown (R11)."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cutover.evidence.bundle import bundle
from ecs2k8s.cutover.journal import events as say
from ecs2k8s.cutover.journal.file import Journal
from tests.claims import PROCESSES
from tests.cutover_world import RULE, Quick, World, ramp
from tests.test_canaries import FORMS, Aviary, command, environment, leaks, settings, tags
from tests.told_runs import carried

if TYPE_CHECKING:
    from pathlib import Path

    from tests.figures import Figure


def nest(made: Aviary, name: str) -> dict[str, Any]:
    """An object as AWS or the cluster may answer it."""
    secret = {"kind": "Secret", "data": {"a": made.plain()}, "stringData": {"b": made.plain()}}
    return {
        "environment": environment(made, name),
        "dockerLabels": settings(made),
        "Tags": tags(made, "Key", "Value"),
        "command": command(made),
        "objects": [secret],
        "AuthenticateOidcConfig": {"ClientId": "shop", "ClientSecret": made.plain()},
    }


def shown(folder: Path, made: Aviary, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Which canaries are in a file or on the screen after a run that met them, or half of them."""
    met = {f"object-{number}": nest(made, f"P{number}") for number in range(9)}

    def edited(world: World) -> None:
        world.states[RULE] = {**world.states[RULE], "Other": met}

    world = carried(folder, ramp(), edited)
    with Journal.open(folder, world.clock, disk=Quick()) as journal:
        journal.append(say.verified("P6.00", RULE, met))
        for form in FORMS.values():
            journal.append("note", text=f"the call failed: {form(made)}", by="ann")
    bundle(folder)
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert any(b"object-8" in data for data in files)  # it was written down
    screen = capfd.readouterr()
    return leaks(b"\n".join([*files, *map(str.encode, (screen.out, screen.err, *world.said))]), made.kept)


@pytest.mark.claim("R11", PROCESSES)
def test_no_secret_that_a_run_meets_is_in_any_file_of_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], figure: Figure
) -> None:
    seed = SystemRandom().randrange(2**31)
    made = Aviary(f"cutover {seed}")
    found = shown(tmp_path, made, capfd)
    figure(canaries=len(made.kept), shown=len(found), seed=seed)
    assert found == []


def test_a_journal_that_masks_nothing_is_found_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecs2k8s.cutover.journal.file.redacted", lambda fields: fields)
    made = Aviary("unmasked")
    assert len(shown(tmp_path, made, capfd)) > len(made.kept) * 0.9
