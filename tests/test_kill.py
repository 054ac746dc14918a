"""SIGKILL at any moment: what was there can still be read, and the next run completes it.

The real command runs against the replay layer on a loopback port. It is killed by the server when the n-th request
arrives, or, while it writes, by itself right before the n-th thing that it does to a file: an audit hook, which the
test puts into its `sitecustomize`, counts openings, renamings, removals and folders; a profile function counts writes,
so that a file that was opened and has nothing in it yet is one of the moments.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli import coverage, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import login
from ecs2k8s.collect.pace import Pacer
from ecs2k8s.core.documents import Document, load
from ecs2k8s.core.errors import OutputError
from ecs2k8s.render import directory
from ecs2k8s.replay.server import listening
from tests.everything import EKS, everything
from tests.replayed import REGION, hook_of, prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.replay.hook import Hook, Request

ROOT = Path(__file__).parent.parent
CHOICES = f"eks_cluster={EKS}"
COUNTER = """
import io, os, signal, sys

OUT, AT, LOG = os.environ["KILL_OUT"], int(os.environ["KILL_AT"]), os.environ["KILL_LOG"]
LOG = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
DONE = ("os.rename", "os.remove", "os.rmdir", "os.mkdir")
count = 0


def step(what, place):
    global count
    count += 1
    os.write(LOG, f"{what} {place}\\n".encode())
    if count == AT:
        os.kill(os.getpid(), signal.SIGKILL)


def audited(event, args):
    if event != "open" and event not in DONE:
        return
    place = os.fspath(args[0]) if isinstance(args[0], (str, os.PathLike)) else ""
    if not str(place).startswith(OUT) or place.endswith("snapshot.partial.jsonl") and event == "open":
        return
    if event == "open":
        if not args[2] & (os.O_WRONLY | os.O_RDWR):
            return
        sys.setprofile(profiled)
    step(event, place)


def profiled(frame, event, what):
    if event == "c_call" and what.__name__ == "write":
        file = what.__self__
        if isinstance(file, io.FileIO) and file.fileno() > 2 or isinstance(file, io.TextIOWrapper) and file.fileno() > 2:
            step("write", file.name)


sys.addaudithook(audited)
"""


def changed() -> tuple[Document, ...]:
    """The account as it was before: without a service, and with another image in a second one."""
    found = []
    for each in everything():
        if each.id.endswith(":service/shop/worker"):
            continue
        data = json.loads(json.dumps(each.data))
        if each.id.endswith("task-definition/shop-frontend:42"):
            data["containerDefinitions"][0]["image"] = "nginx:1.27"
        if each.id.endswith("service/shop/backend"):
            data["serviceName"] = "api"
        found.append(Document(each.shape, each.id, data))
    return tuple(found)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process; the one that is killed keeps to the rates of AWS."""
    monkeypatch.setattr(Pacer, "wait", lambda *_: None)


def exported(hook: Hook, out: Path) -> int:
    request = export.Request(str(out), login=login.Login(regions=(REGION,)), sets=(CHOICES,))
    return export.run(request, Talk(0), prepared(hook))


Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Every file, the snapshot without the time when it was read."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    snapshot = json.loads(found.pop("snapshot.json", b"{}"))
    return found | ({"snapshot.json": json.dumps({**snapshot, "taken": ""}).encode()} if snapshot else {})


@cache
def undisturbed(begin: str) -> tuple[Path, Tree, Tree]:
    """A directory to begin with (its files too), and what an export makes of it that nobody disturbs."""
    scratch = Path(tempfile.mkdtemp(prefix="ecs2k8s-kill-"))
    start, end = scratch / "start", scratch / "end"
    if begin == "old":
        assert exported(hook_of(changed()), start) == 0
        shutil.copytree(start, end)
    before = tree(start) if begin == "old" else {}
    assert exported(hook_of(everything()), end) == 0
    return start, before, tree(end)


@pytest.fixture(scope="module", autouse=True)
def swept() -> Iterator[None]:
    yield
    for begin in ("old", "new"):
        if undisturbed.cache_info().currsize:
            shutil.rmtree(undisturbed(begin)[0].parent, ignore_errors=True)


@contextmanager
def begun(begin: str, folder: Path) -> Iterator[Path]:
    start, _, _ = undisturbed(begin)
    out = folder / "out"
    if begin == "old":
        shutil.copytree(start, out)
    yield out


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECS2K8S_"))}
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": os.devnull}
    return kept | keys | {"PYTHONPATH": str(ROOT)} | variables


def command(out: Path, url: str) -> list[str]:
    return [
        *(sys.executable, "-m", "ecs2k8s", "export", "-q", "-o", str(out)),
        *("--region", REGION, "--endpoint-url", url, "--set", CHOICES),
    ]


def killed_at_request(out: Path, number: int) -> int:
    """Run until the request of this number arrives. Gives the exit code: minus the signal."""
    running: list[subprocess.Popen[bytes]] = []
    asked: list[str] = []

    def killing(request: Request, _: int) -> None:
        asked.append(request.call)
        if len(asked) == number:
            running[0].send_signal(signal.SIGKILL)

    hook = hook_of(everything(), killing)
    with listening(hook) as url:
        running.append(subprocess.Popen(command(out, url), env=environment(), stderr=subprocess.DEVNULL))
        return running[0].wait(timeout=60)


def killed_at_step(out: Path, number: int, folder: Path) -> tuple[int, list[str]]:
    """Run until the step of this number of the writing; gives the exit code and the steps."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(COUNTER)
    log = folder / "steps"
    variables = {"KILL_OUT": str(out), "KILL_AT": str(number), "KILL_LOG": str(log)}
    path = os.pathsep.join((str(folder / "site"), str(ROOT)))
    with listening(hook_of(everything())) as url:
        done = subprocess.run(
            command(out, url), env=environment(PYTHONPATH=path, **variables), stderr=subprocess.PIPE, check=False
        )
    shutil.rmtree(folder / "site")
    return done.returncode, log.read_text().splitlines()


def readable(out: Path, before: Tree, after: Tree) -> str:
    """Every file is the old one or the new one as a whole, and `coverage` takes them together or says what to do."""
    if not out.exists():
        return "nothing"
    for path, data in tree(out).items():
        if path == directory.PARTIAL or path.endswith(".partial"):
            continue
        known = {before.get(path), after.get(path), after.get(directory.LEDGER) if path == directory.NEXT else None}
        assert data in known, f"{path} is neither the old file nor the new one"
    if (out / "snapshot.json").exists():
        load(json.loads((out / "snapshot.json").read_bytes()))
    try:
        coverage.load(out)
    except OutputError as error:
        assert str(error) in (f"{out}: interrupted export, run it again", f"{out}: is no migration directory")
        assert "interrupted" in str(error) or not before
        return "interrupted"
    whole = {path: data for path, data in tree(out).items() if path not in (directory.PARTIAL, "target.yaml")}
    ends = [{path: data for path, data in its.items() if path != "target.yaml"} for its in (before, after)]
    assert whole in ends, "it is said to be whole, and is neither the old export nor the new one"
    return "whole"


def complete(out: Path, after: Tree) -> Hook:
    """The next run, and nothing is left over of the one that was killed."""
    hook = hook_of(everything())
    assert exported(hook, out) == 0
    assert tree(out) == after
    return hook


REQUESTS = [1, 2, 3, 8, 20, 45, 75, 100]  # of about 110


@pytest.mark.parametrize("number", REQUESTS)
def test_killed_while_reading_the_old_directory_stays_and_the_next_run_goes_on(number: int, tmp_path: Path) -> None:
    begin = "old" if number % 2 else "new"
    _, before, after = undisturbed(begin)
    with begun(begin, tmp_path) as out:
        assert killed_at_request(out, number) == -signal.SIGKILL
        assert readable(out, before, after) == (
            "whole" if begin == "old" else "nothing" if number == 1 else "interrupted"
        )
        hook = complete(out, after)
    assert len(hook.calls) <= len(everything())
    if number >= 75:
        assert len(hook.calls) < 60  # most was kept


# As shares of all steps of the writing, and the first and last ones by their number.
SHARES = [0.02, 0.1, 0.22, 0.34, 0.46, 0.58, 0.7, 0.82, 0.94]
FIRST, LAST = [1, 2, 3, 5, 6], [4, 3, 2, 1, 0]


@cache
def steps(begin: str) -> int:
    """How many there are when nobody kills."""
    with tempfile.TemporaryDirectory() as folder, begun(begin, Path(folder)) as out:
        code, found = killed_at_step(out, 0, Path(folder))
    assert code == 0
    assert len(found) > 60
    return len(found)


def killed_while_writing(begin: str, number: int, folder: Path) -> None:
    _, before, after = undisturbed(begin)
    with begun(begin, folder) as out:
        code, found = killed_at_step(out, number, folder)
        assert (code, len(found)) == (-signal.SIGKILL, number)
        try:
            readable(out, before, after)
            complete(out, after)
        except AssertionError as error:
            raise AssertionError(f"killed before {found[-1]}: {error}") from error


@pytest.mark.parametrize("number", FIRST)
def test_killed_at_the_first_steps_of_the_writing(number: int, tmp_path: Path) -> None:
    killed_while_writing("old", number, tmp_path)


@pytest.mark.parametrize("left", LAST)
def test_killed_at_the_last_steps(left: int, tmp_path: Path) -> None:
    killed_while_writing("old", steps("old") - left, tmp_path)


@pytest.mark.parametrize("share", SHARES)
def test_killed_in_the_middle_of_the_writing(share: float, tmp_path: Path) -> None:
    begin = "new" if SHARES.index(share) % 2 else "old"
    killed_while_writing(begin, int(steps(begin) * share) + 1, tmp_path)
