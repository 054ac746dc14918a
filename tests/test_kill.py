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
from typing import TYPE_CHECKING

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
    else:
        sys.setprofile(None)  # what was written is whole, and all else is three times as slow with it
    step(event, place)


def profiled(frame, event, what):
    if event == "c_call" and what.__name__ == "write":
        file = what.__self__
        if isinstance(file, (io.FileIO, io.BufferedWriter)) and file.fileno() > 2:
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
    SCRATCH.append(scratch)
    start, end = scratch / "start", scratch / "end"
    if begin != "new":
        assert exported(hook_of(changed()), start) == 0
        if begin == "edited":
            edit(start)
        shutil.copytree(start, end)
    before = tree(start) if begin != "new" else {}
    assert exported(hook_of(everything()), end) == code_of(begin)
    return start, before, tree(end)


def code_of(begin: str) -> int:
    return 5 if begin == "edited" else 0  # two conflicts await a decision


REMOVED = "manifests/shop/frontend/serviceaccount.yaml"


def edit(start: Path) -> None:
    """Into a conflict, beside a change, in what is no longer generated; a file goes, and one is people's own."""
    for path, old, new in (
        ("aws/trust-shop-backend/new.json", "shop:api", "shop:mine"),
        ("manifests/kustomization.yaml", "resources:", "resources:\n- mine.yaml  # mine"),
        ("aws/README.md", "\n", "\nMine.\n"),
        ("manifests/shop/api/deployment.yaml", "kind: Deployment", "kind: Deployment  # mine"),
    ):
        text = (start / path).read_text()
        assert old in text, path
        (start / path).write_text(text.replace(old, new, 1))
    (start / REMOVED).unlink()
    (start / "manifests/mine.yaml").write_text("mine\n")


@pytest.fixture(scope="module", autouse=True)
def swept() -> Iterator[None]:
    yield
    undisturbed.cache_clear()
    for folder in SCRATCH:
        shutil.rmtree(folder)
    SCRATCH.clear()


SCRATCH: list[Path] = []


@contextmanager
def begun(begin: str, folder: Path) -> Iterator[Path]:
    start, _, _ = undisturbed(begin)
    out = folder / "out"
    if begin != "new":
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
        known = {before.get(path), after.get(path), after.get(path.removesuffix(".next"))}
        assert data in known, f"{path} is neither the old file nor the new one"
    if (out / "snapshot.json").exists():
        load(json.loads((out / "snapshot.json").read_bytes()))
    if (said := refusal(out)) is not None:
        again = f"{out}: interrupted export, run it again"
        assert said in (again, f"{again} ({REMOVED} is missing)", f"{out}: is no migration directory")
        assert "interrupted" in said or not before
        return "interrupted"
    ends = [settled(its) for its in (before, after)]
    assert settled(tree(out)) in ends, "it is said to be whole, and is neither the old export nor the new one"
    return "whole"


def refusal(out: Path) -> str | None:
    """What `coverage` says instead of its table."""
    try:
        coverage.load(out)
    except OutputError as error:
        return str(error)
    return None


def settled(found: Tree) -> Tree:
    """What the ledger is about: not the choices, which are the user's, and nothing that is only on its way."""
    aside = (directory.PARTIAL, "target.yaml")
    return {path: data for path, data in found.items() if path not in aside and not path.endswith(".partial")}


def complete(out: Path, after: Tree, code: int = 0) -> Hook:
    """The next run, and nothing is left over of the one that was killed."""
    hook = hook_of(everything())
    assert exported(hook, out) == code
    assert tree(out) == after
    return hook


REQUESTS = [1, 2, 20, 45, 100]  # of about 120; the long suite has many more, of the steps too


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
    if number >= 75:  # what was answered is kept; what was under way is asked again
        assert len(hook.calls) < 100


# As shares of all steps of the writing, and the first and last ones by their number.
SHARES = [0.02, 0.22, 0.46, 0.7, 0.94]
FIRST, LAST = [1, 3, 6], [3, 1, 0]


@cache
def listed(begin: str) -> list[tuple[str, str]]:
    """What is done to which path below the directory, in order, when nobody kills."""
    with tempfile.TemporaryDirectory() as folder, begun(begin, Path(folder)) as out:
        code, found = killed_at_step(out, 0, Path(folder))
    assert code == code_of(begin)
    assert len(found) > 60
    parts = (step.removeprefix("os.").replace(str(out), "").partition(" ") for step in found)
    return [(what, path) for what, _, path in parts]


def steps(begin: str) -> int:
    return len(listed(begin))


def killed_while_writing(begin: str, number: int, folder: Path) -> None:
    _, before, after = undisturbed(begin)
    with begun(begin, folder) as out:
        code, found = killed_at_step(out, number, folder)
        assert (code, len(found)) == (-signal.SIGKILL, number)
        try:
            readable(out, before, after)
            complete(out, after, code_of(begin))
        except AssertionError as error:
            raise AssertionError(f"killed before {found[-1]}: {error}") from error


@pytest.mark.parametrize("number", FIRST)
def test_killed_at_the_first_steps_of_the_writing(number: int, tmp_path: Path) -> None:
    killed_while_writing("old", number, tmp_path)


@pytest.mark.parametrize("left", LAST)
def test_killed_at_the_last_steps(left: int, tmp_path: Path) -> None:
    killed_while_writing("edited", steps("edited") - left, tmp_path)


@pytest.mark.parametrize("share", SHARES)
def test_killed_in_the_middle_of_the_writing(share: float, tmp_path: Path) -> None:
    begin = ("edited", "old", "edited", "new")[SHARES.index(share) % 4]
    killed_while_writing(begin, int(steps(begin) * share) + 1, tmp_path)


def test_the_commands_themselves_say_that_a_run_was_killed_and_complete_it(tmp_path: Path) -> None:
    _, _, after = undisturbed("old")
    with begun("old", tmp_path) as out:
        code, _ = killed_at_step(out, steps("old") // 2, tmp_path)
        assert code == -signal.SIGKILL
        cover = [sys.executable, "-m", "ecs2k8s", "coverage", "-q", str(out)]
        done = subprocess.run(cover, env=environment(), capture_output=True, check=False)
        assert done.returncode == 1
        assert done.stderr.decode() == f"ecs2k8s: {out}: interrupted export, run it again\n"
        with listening(hook_of(everything())) as url:
            again = subprocess.run(command(out, url), env=environment(), capture_output=True, check=False)
        assert again.returncode == 0, again.stderr
        assert subprocess.run(cover, env=environment(), capture_output=True, check=False).returncode == 0
        assert tree(out) == after


def test_killed_while_the_choices_are_written(tmp_path: Path) -> None:
    _, _, after = undisturbed("new")
    last = step_of("new", "rename", "/.target.yaml.partial")
    for number in (last - 1, last):
        with begun("new", tmp_path) as out:
            assert killed_at_step(out, number, tmp_path)[0] == -signal.SIGKILL
            assert not (out / "target.yaml").exists()
            complete(out, after)
        shutil.rmtree(out)
        (tmp_path / "steps").unlink()


def step_of(begin: str, what: str, path: str) -> int:
    """The number of the step that does *what* to *path*."""
    return listed(begin).index((what, path)) + 1


def test_killed_while_a_file_is_written_that_the_next_run_does_not_generate(tmp_path: Path) -> None:
    _, before, _ = undisturbed("old")
    number = step_of("old", "rename", NEW)
    with begun("old", tmp_path) as out:
        code, _ = killed_at_step(out, number - 1, tmp_path)  # opened, and nothing is in it
        assert code == -signal.SIGKILL
        (out / directory.PARTIAL).unlink()  # an hour later: the account is asked again
        assert exported(hook_of(changed()), out) == 0
        assert tree(out) == before


NEW = "/manifests/shop/worker/.deployment.yaml.partial"


def test_killed_between_the_last_file_of_a_folder_and_the_folder(tmp_path: Path) -> None:
    _, _, after = undisturbed("old")
    number = step_of("old", "rmdir", "/manifests/shop/api")
    with begun("old", tmp_path) as out:
        assert killed_at_step(out, number, tmp_path)[0] == -signal.SIGKILL
        complete(out, after)
        assert not (out / "manifests" / "shop" / "api").exists()


def test_killed_at_the_first_file_of_an_export_of_files(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(COUNTER)
    out = tmp_path / "out"
    variables = {"KILL_OUT": str(out), "KILL_LOG": str(tmp_path / "steps")}
    variables |= {"PYTHONPATH": os.pathsep.join((str(tmp_path / "site"), str(ROOT)))}
    container = {"name": "app", "image": "nginx:1.27", "memory": 64}
    source = tmp_path / "web.json"
    source.write_text(json.dumps({"family": "web", "containerDefinitions": [container]}))
    run = [sys.executable, "-m", "ecs2k8s", "export", "-q", "-o", str(out), "--from", str(source)]
    for at in range(4, 7):  # the folder, the file, what is in it
        shutil.rmtree(out, ignore_errors=True)
        first = subprocess.run(run, env=environment(KILL_AT=str(at), **variables), capture_output=True, check=False)
        assert first.returncode == -signal.SIGKILL
        again = subprocess.run(run, env=environment(KILL_AT="0", **variables), capture_output=True, check=False)
        assert again.returncode == 0, again.stderr.decode()


@pytest.mark.long
@pytest.mark.parametrize("number", range(1, 106, 4))
@pytest.mark.parametrize("begin", ["old", "new"])
def test_killed_at_many_requests(begin: str, number: int, tmp_path: Path) -> None:
    _, before, after = undisturbed(begin)
    with begun(begin, tmp_path) as out:
        assert killed_at_request(out, number) == -signal.SIGKILL
        readable(out, before, after)
        complete(out, after)


@pytest.mark.long
@pytest.mark.parametrize("percent", range(100))
@pytest.mark.parametrize("begin", ["old", "new", "edited"])
def test_killed_at_many_steps_of_the_writing(begin: str, percent: int, tmp_path: Path) -> None:
    number = 1 + steps(begin) * percent // 100
    killed_while_writing(begin, number, tmp_path)


def test_a_file_that_does_not_fit_on_the_disk_is_an_error_and_not_half_of_it(tmp_path: Path) -> None:
    """As on a full disk the kernel takes a part of what is written, here because no file may be longer."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))"
    code = f"{limited}; from ecs2k8s.cli import main; main()"
    args = ["export", "-q", "-o", str(tmp_path / "out"), "--from", str(ROOT / "samples" / "three-tier")]
    done = subprocess.run([sys.executable, "-c", code, *args], env=environment(), capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
