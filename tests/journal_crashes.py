"""A process without SDKs that forks one child for each place at which it is to be killed, and says what was left.

Arguments: the folder, the seed, and how many pairs of a first and a second place to try (0: all). It prints JSON.
"""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import sys
from pathlib import Path

from ecs2k8s.cutover import folder
from ecs2k8s.cutover.journal import crash
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.read import FILE, read
from tests.journals import StillClock, plan

NOTES = 6
IDS = [folder.ulid(1_795_687_200, letter.encode() * 10) for letter in "ab"]


def write(unit: Path, said: int, ident: str) -> None:
    """Begin the run or go on with it, until all notes are written; each is told of when `append` has returned."""
    found = folder.current(unit)
    if found is None or not (found / FILE).exists():
        found = folder.begin(unit, plan(), ident)
        journal = Journal.create(found, plan(), found.name, StillClock(), mode="guided", who="ann")
    else:
        journal = Journal.open(found, StillClock())
    with journal:
        written = sum(line.ev == "note" for line in journal.lines)
        for number in range(written, NOTES):
            journal.append("note", text=str(number))
            os.write(said, b".")
    crash.at.last = 0


def ended(unit: Path, at: int, ident: str) -> tuple[int, int]:
    """How the child ended, and how many notes it was told to be on disk."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        gc.disable()  # looking for garbage touches, and so copies, all that the parent has
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            crash.at.last, crash.at.passed = at, 0
            write(unit, writes, ident)
            code = 0
        finally:
            os._exit(code)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        told = len(pipe.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


def notes(unit: Path) -> list[str]:
    found = folder.current(unit)
    if found is None or not (found / FILE).exists():
        return []
    return [getattr(line.event, "text", "") for line in read(found).lines if line.ev == "note"]


def tried(unit: Path, places: list[int]) -> str:
    """What is wrong after a kill at each of *places* in turn and a last process that is left alone; empty: nothing."""
    unit.mkdir(parents=True)
    told = 0
    for number, at in enumerate(places):
        code, more = ended(unit, at, IDS[number])
        told += more
        if code != -signal.SIGKILL and not (code == 0 and number):  # the second may be past the end
            return f"ended with {code}"
        left = notes(unit)
        if left != [str(number) for number in range(len(left))] or len(left) < told:
            return f"{left} left of {told}"
    code, _ = ended(unit, 0, IDS[1])
    if code:
        return f"the last one ended with {code}"
    whole = notes(unit) == [str(number) for number in range(NOTES)]
    found = folder.current(unit)
    assert found
    odd = {line.ev for line in read(found).lines} - {"run_start", "note", "torn"}
    return "" if whole and not odd and not read(found).tail else f"{notes(unit)}, {odd}"


def places(unit: Path) -> int:
    """How many there are, in a process that is left alone."""
    unit.mkdir(parents=True)
    reads, writes = os.pipe()
    crash.at.last = 10**9
    write(unit, writes, IDS[0])
    os.close(reads)
    os.close(writes)
    return crash.at.passed


def main(top: Path, seed: int, pairs: int) -> None:
    count = places(top / "alone" / "shop-web")
    cases = [[at] for at in range(1, count + 1)]
    both = [[one, other] for one in range(1, count + 1) for other in range(1, count + 1)]
    cases += random.Random(seed).sample(both, min(pairs, len(both))) if pairs else both
    wrong = {}
    for case in cases:
        said = tried(top / "-".join(map(str, case)) / "shop-web", case)
        if said:
            wrong[str(case)] = said
    torn = len(list(top.glob(f"*/shop-web/runs/*/{FILE}.torn-*")))
    heavy = sorted({"boto3", "botocore", "kubernetes"} & sys.modules.keys())
    sys.stdout.write(json.dumps({"places": count, "cases": len(cases), "wrong": wrong, "heavy": heavy, "torn": torn}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
