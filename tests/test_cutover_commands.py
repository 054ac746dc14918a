"""What each command of `ecs2k8s cutover` ends with: the exit codes, in the order in which one run meets them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from ecs2k8s.cli import cutover
from ecs2k8s.cli.console import Talk, coded
from ecs2k8s.cli.cutover_evidence import verify_evidence
from ecs2k8s.cli.cutover_folders import Which, run_in
from ecs2k8s.cutover.cluster.connections import Context
from ecs2k8s.cutover.cluster.lease import LeaseLock, flag, flagged, holder
from ecs2k8s.cutover.evidence import bundle
from ecs2k8s.cutover.folder import begin, plan_of
from ecs2k8s.cutover.journal import read
from ecs2k8s.cutover.journal.events import Pause, RollbackEnd, RollbackStart, Transition, observed, verified
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.locks.info import LockInfo
from ecs2k8s.cutover.locks.local import FolderLock
from ecs2k8s.cutover.plan import dump
from ecs2k8s.replay.hook import Hook
from ecs2k8s.replay.server import listening
from tests.cluster_twin import Twin
from tests.cutover_scene import KEYS, SCHEDULE, WORKER, Scene, exported, scene_of
from tests.estates import ROOT
from tests.journals import RULE, RUN, StillClock, plan
from tests.test_cli import ecs2k8s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import Popen

WITH_A_RUN = ("resume", "rollback", "abort", "pause", "status", "evidence")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(tmp_path_factory.mktemp("exported"))


@pytest.fixture
def scene(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with scene_of(place, tmp_path) as its:
        yield its


@dataclass
class Story:
    """One directory, and what is typed in it; what asks AWS has the clock of the account."""

    scene: Scene
    unit: str = WORKER

    def typed(self, command: str) -> int:
        its = {
            "run": lambda: self.scene.run(self.unit),
            "run, without an approval": lambda: self.scene.run(self.unit, approvals=False),
            "resume": lambda: self.scene.resume(self.unit),
            "rollback": lambda: self.scene.back(self.unit),
            "abort": lambda: self.scene.back(self.unit, "abort"),
            "evidence verify": self._verified,
        }
        if command in its:
            return coded(lambda **_: its[command]())
        return ecs2k8s("cutover", command, str(self.scene.place), "--unit", self.unit).returncode

    def _verified(self) -> int:
        return verify_evidence(str(run_in(Which(str(self.scene.place), self.unit))))

    def edited(self, count: int = 5) -> None:
        """By somebody else."""
        self.scene.stand.client("ecs").update_service(cluster="shop", service="worker", desiredCount=count)

    def vetoed(self) -> None:
        self.edited(2)
        (self.scene.place / "cutover" / "pause").touch()

    def refusing(self) -> None:
        """The cluster, whatever is applied or patched, but for dry runs."""
        (self.scene.place / "cutover" / "pause").unlink(missing_ok=True)
        self.scene.twin.faults = lambda method, path: 403 if method == "PATCH" and "dryRun" not in path else None

    def well(self) -> None:
        self.scene.twin.faults = lambda *_: None


Act = tuple[str, "Callable[[Story], None] | None", tuple[tuple[str, int], ...]]
STORY: tuple[Act, ...] = (
    ("no run was begun", None, tuple((command, 1) for command in WITH_A_RUN)),
    ("the checklist is there from the beginning", None, (("show", 0),)),
    ("nobody can be asked, and nobody approved", None, (("run, without an approval", 1),)),
    ("the account is not as it was exported", Story.edited, (("run", 4), ("status", 4), ("resume", 4))),
    ("the run of the unit is not at its end", None, (("run", 4),)),
    ("somebody set the flag", Story.vetoed, (("resume", 5), ("status", 5))),
    (
        "the cluster refuses what is applied",
        Story.refusing,
        (("resume", 3), ("status", 3)),
    ),
    (
        "all is well",
        Story.well,
        (("resume", 0), ("status", 0), ("resume", 0), ("run", 1), ("evidence verify", 0)),
    ),
    ("the way back is refused", Story.refusing, (("rollback", 7), ("status", 7))),
    (
        "and is not any more",
        Story.well,
        (("abort", 6), ("status", 6), ("rollback", 6), ("pause", 0), ("evidence", 0), ("evidence verify", 0)),
    ),
)


def test_each_command_ends_with_the_code_of_its_table(scene: Scene) -> None:
    story = Story(scene)
    for situation, happens, commands in STORY:
        if happens:
            happens(story)
        found = [(command, story.typed(command)) for command, _ in commands]
        assert found == list(commands), situation


def test_a_plan_that_is_too_old_is_exit_4_and_begins_nothing(scene: Scene) -> None:
    scene.stand.clock.at += 3 * 86_400
    story = Story(scene, SCHEDULE)
    assert (story.typed("run"), story.typed("status")) == (4, 1)


def test_evidence_that_was_changed_is_exit_3(begun: Begun) -> None:
    bundle.bundle(begun.folder)
    assert begun.typed("evidence", "verify", str(begun.folder)).returncode == 0
    (begun.folder / "timeline.md").write_text("all went well\n")
    assert begun.typed("evidence", "verify", str(begun.folder)).returncode == 3


@pytest.mark.parametrize("command", ["rollback", "abort"])
def test_a_way_back_whose_journal_is_of_no_use_is_exit_7_and_says_what_to_type(begun: Begun, command: str) -> None:
    lines = (begun.folder / "journal.jsonl").read_bytes()
    (begun.folder / "journal.jsonl").write_bytes(lines[:40] + b"x" + lines[41:])
    said = begun.typed(command, str(begun.place))
    assert said.returncode == 7
    assert b"by hand, where it got so far, in this order:\n  aws elbv2 modify-rule" in said.stdout
    assert b"journal.jsonl:1: is no whole line" in said.stderr


@pytest.mark.parametrize("moved", [True, False])
def test_a_way_back_that_reaches_nobody_is_exit_7_where_something_has_to_go_back(begun: Begun, moved: bool) -> None:
    with Journal.open(begun.folder, begun.clock) as journal:
        if moved:
            journal.append(Transition(step="p6-1", was="pending", to="ready"))
            journal.append(Transition(step="p6-1", was="ready", to="verifying"))
    said = begun.typed("rollback", str(begun.place), "--profile", "nobody")
    assert said.returncode == (7 if moved else 1)
    assert (b"by hand, in this order:\n  aws elbv2 modify-rule" in said.stdout) == moved
    assert b"nobody" in said.stderr


@pytest.mark.parametrize("command", ["run", "show", "status"])
def test_a_unit_that_has_no_plan_is_exit_1_and_the_others_are_named(begun: Begun, command: str) -> None:
    said = begun.typed(command, str(begun.place), "--unit", "other")
    assert (said.returncode, said.stdout) == (1, b"")
    assert b"--unit other: is none of shop-web" in said.stderr


# Signals, to real processes.


@dataclass
class Guided:
    """A guided run of which a real process waits for a person; `frozen`: nobody answers it any more."""

    scene: Scene
    frozen: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def hanging(self, *_: Any) -> None:
        """Before AWS answers, and before the cluster does."""
        if self.frozen.is_set():
            self.asked.set()
            self.over.wait(60)

    @contextmanager
    def resumed(self, url: str) -> Iterator[Popen[str]]:
        """Its process, as soon as it has said what to type; none is left behind."""
        given = self.scene.given(WORKER, execute=False)
        done = [part for step in given.done for part in ("--done", step)]
        command = [sys.executable, "-m", "ecs2k8s", "cutover", "resume", str(self.scene.place), "--unit", WORKER, *done,
                   *(part for file in given.approvals for part in ("--approve-file", file)), "--waivers",
                   str(given.waivers), "--endpoint-url", url, "--kubeconfig", str(self.scene.twin.kubeconfig())]  # fmt: skip
        env = os.environ | {"PYTHONPATH": str(ROOT), "AWS_REGION": "eu-west-1"}
        with subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=PIPE, stderr=PIPE) as process:
            try:
                assert process.stdout
                assert process.stdout.readline()
                yield process
            finally:
                process.kill()


@pytest.fixture
def guided(scene: Scene) -> Iterator[Guided]:
    """Begun, and paused before its first command."""
    its = Guided(scene)
    (scene.place / "cutover" / "pause").touch()
    assert scene.run(WORKER, execute=False) == 5
    (scene.place / "cutover" / "pause").unlink()
    yield its
    its.over.set()


def test_sigint_once_pauses_and_twice_stops_at_once_and_the_journal_holds(guided: Guided) -> None:
    scene = guided.scene
    scene.twin.faults = guided.hanging
    with listening(Hook((guided.hanging, scene.stand.policy)), scene.stand.clock) as url:
        with guided.resumed(url) as process:
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=30)
        assert (process.returncode, f"{WORKER}: paused" in out, "Traceback" in said) == (5, True, False)
        with guided.resumed(url) as process:
            guided.frozen.set()
            assert guided.asked.wait(30)
            process.send_signal(signal.SIGINT)
            assert process.stderr
            assert any("again to stop" in line for line in process.stderr)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert (process.returncode, "nothing taken back" in said, "Traceback" in said) == (130, True, False)
        guided.frozen.clear()
        guided.over.set()
    told = fold(read.read(run_in(Which(str(scene.place), WORKER))).lines)
    assert (told.state, told.pauses) == ("running", ())
    assert scene.back(WORKER) == 6
    assert not scene.changes()


# What needs no account: the folder of a run, and a cluster for the locks.


@dataclass
class Begun:
    """A run of the plan of `tests.journals`, whose traffic object is one rule."""

    tmp: Path
    folder: Path
    clock: StillClock

    @property
    def place(self) -> Path:
        return self.tmp / "migration"

    def typed(self, *args: str) -> subprocess.CompletedProcess[bytes]:
        return ecs2k8s("cutover", *args)

    def locked(self, ident: str) -> FolderLock:
        known: dict[str, Any] = {"host": "laptop", "pid": 4711, "when": 1_795_687_200.0, "operation": "run"}
        return FolderLock.take(
            self.folder, LockInfo(id=ident, run=RUN, plan="", who="ann", version="0", keys=(), **known)
        )


def _begun(tmp_path: Path, mode: str) -> Begun:
    its = plan()
    unit = tmp_path / "migration" / "cutover" / its.unit
    unit.mkdir(parents=True)
    (unit / "plan.json").write_bytes(dump(its))
    folder = begin(unit, its, RUN)
    clock = StillClock()
    with Journal.create(folder, its, RUN, clock, mode=mode, who="arn:aws:iam::111122223333:user/ann"):
        return Begun(tmp_path, folder, clock)


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    return _begun(tmp_path, "execute")


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    made = Twin(tmp_path)
    yield made
    made.close()


@dataclass
class Locks:
    """The Lease of the rule, and `cutover unlock` as it is typed."""

    begun: Begun
    twin: Twin

    @property
    def store(self) -> Any:
        return Context(str(self.twin.kubeconfig())).locks()

    def held(self, run: str, ident: str) -> LeaseLock:
        info = {"who": "ann", "host": "laptop", "since": "2026-11-26T10:00:00Z"}
        lock = LeaseLock(self.store, self.begun.clock, RULE.id, run, ident, info)
        assert lock.acquire() is None
        return lock

    def holder(self, lock: LeaseLock) -> str:
        found = holder(self.store.get(lock.name))
        return found.ident if found else ""

    def typed(self, command: str, *args: str) -> tuple[int, str]:
        at = ("--kubeconfig", str(self.twin.kubeconfig()))
        said = self.begun.typed(command, str(self.begun.place), *args, *at)
        return said.returncode, (said.stdout + said.stderr).decode()


@pytest.fixture
def locks(begun: Begun, twin: Twin) -> Locks:
    return Locks(begun, twin)


def test_unlock_breaks_the_lock_of_that_id_and_writes_it_down(locks: Locks) -> None:
    lock = locks.held(RUN, "0123")
    code, said = locks.typed("unlock", "0123")
    assert (code, locks.holder(lock)) == (0, "")
    assert f"run {RUN}, lock 0123, who ann, host laptop, since 2026-11-26T10:00:00Z" in said
    assert "its last event: run_start" in said
    told = fold(read.read(locks.begun.folder).lines).lock
    assert told
    assert (told.did, told.id, told.keys) == ("broken", "0123", (RULE.id,))
    assert locks.begun.typed("evidence", "verify", str(locks.begun.folder)).returncode == 0


def test_unlock_of_another_id_breaks_nothing_and_says_who_holds_it(locks: Locks) -> None:
    lock = locks.held("another-run", "4567")
    code, said = locks.typed("unlock", "0123")
    assert (code, locks.holder(lock)) == (1, "4567")
    assert "run another-run, lock 4567" in said


def test_unlock_of_a_run_that_lies_elsewhere_says_so(locks: Locks) -> None:
    lock = locks.held("../../../../etc", "4567")
    code, said = locks.typed("unlock", "4567")
    assert (code, locks.holder(lock)) == (0, "")
    assert "has no journal in this directory" in said


def test_unlock_is_refused_while_the_process_of_this_machine_is_alive(locks: Locks) -> None:
    lock = locks.held(RUN, "0123")
    with locks.begun.locked("0123"):
        code, said = locks.typed("unlock", "0123")
    assert (code, locks.holder(lock)) == (4, "0123")
    assert "process 4711 of this machine is alive" in said


def test_unlock_after_the_process_has_ended_says_that_the_folder_is_free_already(locks: Locks) -> None:
    locks.begun.locked("0123").release()
    code, said = locks.typed("unlock", "0123")
    assert code == 0
    assert "the kernel gave that lock back" in said
    assert "holds no traffic object" in said


def test_a_guided_run_has_no_lock_in_the_cluster(tmp_path: Path) -> None:
    its = _begun(tmp_path, "guided")
    its.locked("0123").release()
    said = its.typed("unlock", str(its.place), "0123", "--kubeconfig", "/nowhere")
    assert (said.returncode, said.stderr) == (0, b"")


def test_a_pause_with_a_cluster_sets_the_flag_of_the_run_at_its_objects(locks: Locks) -> None:
    assert locks.typed("pause", "--why", "the phone rang")[0] == 0
    assert re.fullmatch(rf"run {RUN}: pause asked for by .+: the phone rang", flagged(locks.store, RULE.id))


def test_a_pause_without_one_stays_in_the_folder(locks: Locks) -> None:
    assert locks.begun.typed("pause", str(locks.begun.place)).returncode == 0
    assert not locks.twin.asked
    assert (locks.begun.folder / "asked.json").exists()


def test_resume_takes_the_flag_of_its_run_away_and_leaves_that_of_another(scene: Scene) -> None:
    """The first resume goes on; the second waits for whoever set the flag."""
    (scene.place / "cutover" / "pause").touch()
    assert scene.run(SCHEDULE) == 5
    (scene.place / "cutover" / "pause").unlink()
    which = Which(str(scene.place), SCHEDULE)
    key, store = plan_of(run_in(which)).traffic[0], scene.way().context.locks()
    flag(store, key, "run 01KAZ2V8QC0000000000000000: another")
    assert scene.resume(SCHEDULE) == 5
    assert flagged(store, key).endswith("another")
    cutover.pause(which, "", scene.way(), Talk())
    assert flagged(store, key).startswith(f"run {run_in(which).name}")
    assert scene.resume(SCHEDULE) == 0
    assert not flagged(store, key)


def test_status_shows_only_what_differs_in_three_columns_without_escapes_or_secrets(begun: Begun) -> None:
    found = {"ecs": 42, "eks": 0, "Environment": {"DB_PASSWORD": "hunter2hunter2", "x\x1b[31m": "\x1b[2J"}}
    with Journal.open(begun.folder, begun.clock) as journal:
        journal.append(observed("p6-1", RULE, found, "other"))
        journal.append(Pause(step="p6-1", reason="conflict", text="somebody else changed it"))
    said = begun.typed("status", str(begun.place))
    text = said.stdout.decode()
    assert said.returncode == 4
    assert re.search(r"^ +plan +last verified +now$", text, re.MULTILINE)
    assert re.search(r"^ecs +100 +100 +42$", text, re.MULTILINE)
    assert re.search(r"^Environment\.DB_PASSWORD +\(absent\) +\(absent\) +\"ecs2k8s:redacted\"$", text, re.MULTILINE)
    assert not re.search(r"^eks ", text, re.MULTILINE)
    assert "hunter2" not in text
    assert "\x1b" not in text


def test_a_conflict_in_what_is_masked_says_that(begun: Begun) -> None:
    with Journal.open(begun.folder, begun.clock) as journal:
        journal.append(observed("p6-1", RULE, {"ecs": 100, "eks": 0}, "other"))
        journal.append(Pause(step="p6-1", reason="conflict", text="somebody else changed it"))
    assert b"differs only in what is masked" in begun.typed("status", str(begun.place)).stdout


def test_a_conflict_says_what_can_be_done_about_it(begun: Begun) -> None:
    """The rule has yet to be moved, so that there is one right state of it."""
    with Journal.open(begun.folder, begun.clock) as journal:
        journal.append(verified("p6-1", RULE, {"ecs": 100, "eks": 0}))
        journal.append(observed("p6-1", RULE, {"ecs": 42, "eks": 0}, "other"))
        journal.append(Pause(step="p6-1", reason="conflict", text="somebody else changed it"))
    text = begun.typed("status", str(begun.place)).stdout.decode()
    assert "Put it back as last verified, and `cutover resume`; it cannot be taken as it is, because p6-1" in text


def not_back(begun: Begun) -> None:
    with Journal.open(begun.folder, begun.clock) as journal:
        journal.append(RollbackStart(reason="a person asked"))
        journal.append(RollbackEnd(to="rollback_failed", text="the rule is gone"))


def test_a_run_that_goes_on_cannot_be_closed(begun: Begun) -> None:
    said = begun.typed("close", str(begun.place))
    assert (said.returncode, said.stdout) == (1, b"")
    assert b"is running: resume it to its end, or roll it back" in said.stderr


def test_a_run_whose_way_back_failed_is_closed_with_a_reason_only_and_frees_its_unit(begun: Begun) -> None:
    not_back(begun)
    assert begun.typed("close", str(begun.place)).returncode == 1
    assert read.read(begun.folder).lines[-1].event.ev == "rollback_end"
    said = begun.typed("close", str(begun.place), "--why", "made the rule again\x1b[2J, by hand")
    assert said.returncode == 0
    told = fold(read.read(begun.folder).lines)
    assert (told.state, told.last.event.ev) == ("closed", "seal")
    assert begun.typed("evidence", "verify", str(begun.folder)).returncode == 0
    assert "\x1b" not in (begun.folder / "timeline.md").read_text()
    another = replace(plan(), taken="2026-06-09T00:00:00Z")
    assert begin(begun.place / "cutover" / another.unit, another, "01KAZ2V8QC0000000000000009").is_dir()
    assert begun.typed("close", str(begun.place)).returncode == 1  # of the one that was begun now


def test_a_run_that_a_process_carries_out_is_not_closed(begun: Begun) -> None:
    not_back(begun)
    with begun.locked("0123"):
        assert begun.typed("close", str(begun.place), "--why", "done").returncode == 4


def test_status_names_who_holds_the_folder_and_the_id_that_unlock_takes(begun: Begun) -> None:
    with begun.locked("0123"):
        text = begun.typed("status", str(begun.place)).stdout.decode()
    assert "; a process carries it out\n" in text
    assert re.search(r"^lock: ann on laptop \(process 4711\) .* lock 0123$", text, re.MULTILINE)
    assert "; no process carries it out\n" in begun.typed("status", str(begun.place)).stdout.decode()
