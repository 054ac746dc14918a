"""An export into a directory that people have worked in: what they did is kept, what changed in AWS arrives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.cli import coverage, export
from ecs2k8s.cli.console import Talk
from ecs2k8s.core.errors import OutputError
from ecs2k8s.render.directory import settled
from ecs2k8s.render.earlier import Earlier
from ecs2k8s.render.settle import Wanted, digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFINITION: dict[str, Any] = {
    "family": "web",
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "nginx:1.27",
            "essential": True,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        }
    ],
}
FOLDER = "manifests/default/web"


class Account:
    """Files of an account, and the directory that is exported of them. `said`: stderr of the last run."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.out, self.capsys = folder, folder / "out", capsys
        self.image, self.environment, self.family = "nginx:1.27", {"A": "1", "B": "2"}, "web"
        self.said, self.shown = "", ""

    def export(self, *sets: str, **given: Any) -> int:
        definition = json.loads(json.dumps(DEFINITION)) | {"family": self.family}
        container = definition["containerDefinitions"][0]
        container["image"] = self.image
        container["environment"] = [{"name": name, "value": value} for name, value in self.environment.items()]
        (self.folder / "in.json").write_text(json.dumps(definition))
        request = export.Request(str(self.out), (str(self.folder / "in.json"),), sets=sets, **given)
        self.capsys.readouterr()
        code = export.run(request, Talk(1))
        self.shown, self.said = self.capsys.readouterr()
        return code

    @property
    def deployment(self) -> Path:
        return self.out / FOLDER / "deployment.yaml"

    def edit(self, old: str, new: str, path: str = f"{FOLDER}/deployment.yaml") -> None:
        file = self.out / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    def tree(self) -> dict[str, bytes]:
        found = {str(p.relative_to(self.out)): p.read_bytes() for p in sorted(self.out.rglob("*")) if p.is_file()}
        del found["snapshot.json"]  # it holds the time
        return found

    def edits(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "report" / "edits.json").read_text())
        return found


@pytest.fixture
def account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Account:
    made = Account(tmp_path, capsys)
    assert made.export() == 0
    return made


def test_edits_and_changes_come_together(account: Account) -> None:
    account.edit("image: nginx:1.27", "image: nginx:1.27  # pinned by hand")
    account.edit(
        "        - name: B\n", "        # ours\n        - name: MINE\n          value: kept\n        - name: B\n"
    )
    account.environment = {"A": "1", "B": "2", "C": "3"}
    assert account.export() == 0
    text = account.deployment.read_text()
    assert "image: nginx:1.27  # pinned by hand\n" in text
    assert "        # ours\n        - name: MINE\n          value: kept\n" in text
    assert "        - name: C\n          value: '3'\n" in text
    assert f"{account.deployment}: edited by hand, 1 edits kept" in account.said
    kept = account.edits()["kept"]
    assert [edit["path"] for edit in kept] == ["spec.template.spec.containers[app].env[MINE]"]
    assert "kept" not in json.dumps(kept[0]), "values of environment variables are not shown"
    before = account.tree()
    assert account.export() == 0
    assert account.tree() == before


def test_a_conflict_keeps_the_edit_and_is_said_until_it_is_settled(account: Account) -> None:
    account.edit("nginx:1.27", "nginx:mine")
    account.image = "nginx:1.28"
    account.environment["B"] = "changed"
    for _ in range(2):
        assert account.export() == 5
        assert "image: nginx:mine" in account.deployment.read_text()
        assert "value: changed" in account.deployment.read_text()
        where = "spec.template.spec.containers[app].image"
        assert f"{where}: conflict: generated nginx:1.28, was nginx:1.27; yours stays: nginx:mine" in account.said
        assert [edit["path"] for edit in account.edits()["conflicts"]] == [where]
        assert "## Your edits" in (account.out / "report" / "report.md").read_text()
    assert account.export(allow_partial=True) == 0
    assert "1 in conflict" in account.shown
    account.image = "nginx:1.29"
    assert account.export() == 5
    assert "generated nginx:1.29, was nginx:1.27" in account.said


def in_conflict(account: Account) -> None:
    account.edit("nginx:1.27", "nginx:mine")
    account.image = "nginx:1.28"
    assert account.export() == 5


def test_a_conflict_is_settled_by_writing_what_is_generated(account: Account) -> None:
    in_conflict(account)
    account.edit("nginx:mine", "nginx:1.28")
    assert account.export() == 0
    assert not (account.out / "report" / "edits.json").exists()


@pytest.mark.parametrize("name", [f"{FOLDER}/deployment.yaml", "*/deployment.yaml", "{out}/manifests/*"])
def test_a_conflict_is_settled_by_overwriting(account: Account, name: str) -> None:
    in_conflict(account)
    assert account.export(overwrite=(name.format(out=account.out),)) == 0
    assert "image: nginx:1.28" in account.deployment.read_text()
    assert account.export() == 0
    assert "edited" not in account.said


def test_a_conflict_is_settled_by_keeping_and_later_changes_are_new_ones(account: Account) -> None:
    in_conflict(account)
    assert account.export(keep=("manifests/*",)) == 0
    assert account.export() == 0
    assert "image: nginx:mine" in account.deployment.read_text()
    account.image = "nginx:1.29"
    assert account.export() == 5
    assert "generated nginx:1.29, was nginx:1.28" in account.said


def test_a_file_is_not_overwritten_and_kept_at_once(account: Account) -> None:
    with pytest.raises(OutputError, match="is to be overwritten and to be kept"):
        account.export(keep=("manifests/*",), overwrite=("*/deployment.yaml",))
    assert account.export(keep=("nothing/*",)) == 0
    assert f"nothing/*: no file of {account.out} is called so" in account.said


def test_a_file_that_people_removed_stays_so_until_they_want_it_back(account: Account) -> None:
    account.deployment.unlink()
    with pytest.raises(OutputError, match="is missing"):
        coverage.load(account.out)
    for _ in range(2):
        assert account.export() == 0
        assert not account.deployment.exists()
        path = f"{FOLDER}/deployment.yaml"
        assert (
            f"{account.deployment}: removed by hand, stays removed; --overwrite {path} writes it again" in account.said
        )
        assert coverage.load(account.out)["removed"] == [path]
        still = f"; {account.out}/manifests/kustomization.yaml still lists it: take it out there"
        assert f"writes it again{still}\n" in account.said
    account.edit("- default/web/deployment.yaml\n", "", "manifests/kustomization.yaml")
    assert account.export() == 0
    assert "still lists" not in account.said
    account.image = "nginx:1.28"
    for _ in range(2):
        assert account.export() == 5
        assert "deployment.yaml: conflict: was removed by hand, and what is generated has changed" in account.said
        assert not account.deployment.exists()
    assert account.export(keep=("*/deployment.yaml",)) == 0
    assert account.export() == 0
    assert account.export(overwrite=("*/deployment.yaml",)) == 0
    assert account.deployment.exists()
    assert account.export() == 0
    assert "removed" not in account.said


def test_a_removed_file_stays_removed_through_another_format(account: Account) -> None:
    account.deployment.unlink()
    assert account.export("format=helm") == 0
    assert account.export() == 0
    assert not account.deployment.exists()


def test_a_renamed_file_and_files_of_people_are_left_alone(account: Account) -> None:
    renamed = account.deployment.with_name("web.yaml")
    account.deployment.rename(renamed)
    (account.out / "manifests" / "notes.txt").write_text("mine")
    account.image = "nginx:1.28"
    assert account.export(keep=("*/deployment.yaml",)) == 0
    assert "nginx:1.27" in renamed.read_text()
    assert not account.deployment.exists()
    assert (account.out / "manifests" / "notes.txt").read_text() == "mine"


def test_what_is_no_longer_generated_goes_unless_it_was_edited(account: Account) -> None:
    account.edit("nginx:1.27", "nginx:mine")
    account.family = "other"
    for _ in range(2):
        assert account.export() == 5
        assert f"{account.deployment}: conflict: is no longer generated, and was edited by hand" in account.said
        assert sorted(p.name for p in account.deployment.parent.iterdir()) == ["deployment.yaml"]
    account.family, account.environment["A"] = "web", "changed"
    assert account.export() == 0
    assert "nginx:mine" in account.deployment.read_text()
    assert "value: changed" in account.deployment.read_text(), "it is merged where it is generated again"
    account.family = "other"
    assert account.export() == 5
    assert account.export(overwrite=("*/web/deployment.yaml",)) == 0
    assert not account.deployment.parent.exists()


def test_what_is_no_longer_generated_becomes_people_s_own_where_they_keep_it(account: Account) -> None:
    account.edit("nginx:1.27", "nginx:mine")
    account.family = "other"
    assert account.export(keep=("*/deployment.yaml",)) == 0
    assert account.export() == 0
    assert "nginx:mine" in account.deployment.read_text()
    account.family = "web"
    for _ in range(2):
        assert account.export() == 5
        assert "deployment.yaml: conflict: was there before it was generated" in account.said
        assert "nginx:mine" in account.deployment.read_text()
    assert account.export(keep=("*/deployment.yaml",)) == 0
    assert account.export() == 0


def test_a_file_of_people_at_the_place_of_a_new_one_stays(account: Account) -> None:
    mine = account.out / "manifests" / "default" / "other" / "deployment.yaml"
    mine.parent.mkdir()
    mine.write_text("mine: true\n")
    account.family = "other"
    assert account.export() == 5
    assert mine.read_text() == "mine: true\n"
    mine.unlink()
    assert account.export() == 0
    assert "kind: Deployment" in mine.read_text()


def old(account: Account) -> None:
    """As a version without kept texts wrote the directory."""
    (account.out / "generated.json").unlink()
    file = account.out / "report" / "ledger.json"
    ledger = json.loads(file.read_text())
    for key in ("merged", "left", "removed"):
        del ledger[key]
    file.write_text(json.dumps(ledger))


def test_a_directory_of_an_older_version_keeps_edited_files_whole(account: Account) -> None:
    account.edit("nginx:1.27", "nginx:mine")
    service = account.out / FOLDER / "networkpolicy.yaml"
    account.environment["A"] = "changed"
    old(account)
    for _ in range(2):
        assert account.export() == 5
        assert "deployment.yaml: conflict: was edited by hand, and what it was merged with is not known" in account.said
        assert "value: changed" not in account.deployment.read_text()
    account.environment["A"] = "1"
    assert account.export() == 0, "what was generated is generated again, so it is known"
    account.environment["A"] = "changed"
    assert account.export() == 0
    assert "value: changed" in account.deployment.read_text()
    assert "nginx:mine" in account.deployment.read_text()
    assert not service.exists()


def test_a_file_that_is_missing_from_a_directory_of_an_older_version_comes_back(account: Account) -> None:
    account.deployment.unlink()
    old(account)
    assert account.export() == 0
    assert account.deployment.exists()


def test_a_report_that_was_edited_stays_and_is_a_conflict_once_it_is_out_of_date(account: Account) -> None:
    file = account.out / "report" / "findings.json"
    file.write_text("mine")
    assert account.export() == 0
    account.environment["DB_PASSWORD"] = "hunter2hunter2"
    for _ in range(2):
        assert account.export() == 5
        assert "findings.json: conflict: was edited by hand, and does not show this export" in account.said
        assert file.read_text() == "mine"
    assert account.export(overwrite=("report/findings.json",)) == 0


def test_texts_that_are_not_those_of_the_ledger_are_not_merged_with(account: Account) -> None:
    account.edit("nginx:1.27", "nginx:mine")
    file = account.out / "generated.json"
    file.write_text(file.read_text().replace("nginx:1.27", "nginx:mine"))
    account.image = "nginx:1.28"
    assert account.export() == 5
    assert "nginx:mine" in account.deployment.read_text()


def written(data: bytes) -> Callable[[Path], None]:
    return lambda file: void(file.write_bytes(data))


def void(_: object) -> None:
    return None


def linked(file: Path) -> None:
    shutil.copy(file, file.with_name("mine.yaml"))
    file.unlink()
    file.symlink_to("mine.yaml")


def foldered(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "mine").write_text("x")


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)
HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "broken YAML": (written(b"a: [\n"), "cannot be read: line "),
    "tabs": (written(b"a:\n\tb: 1\n"), "cannot be read: line 2 column 1"),
    "a key twice": (written(b"a: 1\na: 2\n"), "cannot be read: line 2 column 1: a: the key stands twice"),
    "a bomb": (written(BOMB.encode()), "aliases add more than"),
    "binary": (written(bytes(range(256))), "is not UTF-8"),
    "UTF-16": (written("a: 1\n".encode("utf-16")), "is not UTF-8"),
    "deep": (written(b"a: " + b"[" * 100_000), "nested deeper than"),
    "huge": (written(b"a: 1\n" + b"# x\n" * 600_000), "is larger than 2 MB"),
    "several documents": (written(b"a: 1\n---\nb: 1\n"), "one of them is no object of Kubernetes"),
    "a tag": (written(b"a: !!python/object:os.system x\n"), "the tag"),
    "a link": (linked, "is a link"),
    "a folder": (foldered, "is a folder"),
    "a pipe": (piped, "is no file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_merged_stays_as_it_is_and_is_said_on_one_line(name: str, account: Account) -> None:
    make, why = HOSTILE[name]
    make(account.deployment)
    before = account.deployment.lstat()
    data = account.deployment.read_bytes() if account.deployment.is_file() else b""
    assert account.export() == 0, "nothing changed on the other side"
    account.image = "nginx:1.28"
    assert account.export() == 5
    (said,) = [line for line in account.said.splitlines() if "deployment.yaml: conflict: " in line]
    assert why in said
    after = account.deployment.lstat()
    assert (before.st_mode, before.st_ino, before.st_mtime_ns) == (after.st_mode, after.st_ino, after.st_mtime_ns)
    assert data == (account.deployment.read_bytes() if account.deployment.is_file() else b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_must_not_be_read_stays(account: Account) -> None:
    account.deployment.chmod(0)
    account.image = "nginx:1.28"
    assert account.export() == 5
    assert "cannot be read: Permission denied" in account.said


def test_a_file_in_place_of_a_folder_stays(account: Account) -> None:
    shutil.rmtree(account.out / FOLDER)
    (account.out / FOLDER).write_text("mine")
    account.image = "nginx:1.28"
    assert account.export() == 5
    assert "has a file where its folder is to be" in account.said
    assert (account.out / FOLDER).read_text() == "mine"


def test_ends_of_lines_and_a_byte_order_mark_stay_as_people_have_them(account: Account) -> None:
    text = account.deployment.read_text()
    account.deployment.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    account.image = "nginx:1.28"
    assert account.export() == 0
    expected = text.replace("nginx:1.27", "nginx:1.28").replace("\n", "\r\n")
    assert account.deployment.read_bytes() == b"\xef\xbb\xbf" + expected.encode()


def test_a_file_that_changes_while_the_export_runs_is_not_written(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecs2k8s.cli import edits
    from ecs2k8s.render.earlier import texts_json

    account.image = "nginx:1.28"

    def faster(files: Any) -> bytes:
        account.edit("nginx:1.27", "nginx:mine")
        return texts_json(files)

    monkeypatch.setattr(edits, "texts_json", faster)
    with pytest.raises(OutputError, match=r"deployment.yaml: was changed while this ran: run it again"):
        account.export()
    monkeypatch.undo()
    assert "nginx:mine" in account.deployment.read_text()
    assert account.export() == 5


@pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl")
def test_kubectl_reads_a_tree_that_was_merged(account: Account) -> None:
    account.edit("resources:\n", "resources:\n- mine.yaml  # ours\n", "manifests/kustomization.yaml")
    mine = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n  namespace: default\n"
    (account.out / "manifests" / "mine.yaml").write_text(mine)
    account.edit("        - name: B\n", "        - name: MINE\n          value: kept\n        - name: B\n")
    account.image = "nginx:1.28"
    assert account.export() == 0
    made = subprocess.run(["kubectl", "kustomize", account.out / "manifests"], capture_output=True, check=True).stdout
    assert all(text in made.decode() for text in ("name: mine", "name: MINE", "image: nginx:1.28"))


THEIRS, OURS = "hunter2-in-aws", "hunter2-by-hand"


def holding(account: Account, secret: str) -> list[str]:
    return [path for path, data in account.tree().items() if secret.encode() in data]


def changed_secret(account: Account) -> None:
    account.edit(THEIRS, OURS)


def broken(account: Account) -> None:
    account.deployment.write_text("a: [\n")


def gone(account: Account) -> None:
    account.edit("image: nginx:1.27", "image: nginx:mine")
    account.family = "other"


def removed(account: Account) -> None:
    account.deployment.unlink()


def only_elsewhere(account: Account) -> None:
    account.edit("image: nginx:1.27", "image: nginx:mine")


# What people did, the files in which the value of AWS or theirs is left, and whether that needs somebody.
MASKED: dict[str, tuple[Callable[[Account], None], list[str], int]] = {
    "the value itself": (changed_secret, [f"{FOLDER}/deployment.yaml"], 5),
    "a broken file": (broken, [], 5),
    "a removed file": (removed, [], 5),
    "what is no longer generated": (gone, [f"{FOLDER}/deployment.yaml"], 5),
    "another value": (only_elsewhere, [], 0),
}


@pytest.mark.parametrize("name", MASKED)
def test_redacting_keeps_no_secret_but_where_people_edited_and_says_so(name: str, account: Account) -> None:
    account.environment["DB_PASSWORD"] = THEIRS
    assert account.export() == 0
    assert "generated.json" in holding(account, THEIRS)
    edit, left, code = MASKED[name]
    edit(account)
    for _ in range(2):
        assert account.export(redact=True) == code
        assert holding(account, THEIRS) + holding(account, OURS) == left
        where = account.out / f"{FOLDER}/deployment.yaml"
        assert (f"{where}: holds what looks like a secret, and was edited: mask it by hand" in account.said) is bool(
            left
        )


def test_redacting_masks_what_a_run_that_could_not_read_everything_leaves(account: Account) -> None:
    account.environment["DB_PASSWORD"] = THEIRS
    assert account.export() == 0
    earlier = Earlier.of(account.out)
    path = f"{FOLDER}/deployment.yaml"
    (left,) = settled(account.out, [path], {}, earlier, Wanted(is_whole=False, redacts=True))
    assert left.is_left
    assert left.data == (left.text or "").encode()
    assert left.base == digest(left.data), "it is no edit of people"
    assert THEIRS.encode() not in left.data
    assert b"image: nginx:1.27\n" in left.data
    (left,) = settled(account.out, [path], {}, earlier, Wanted(is_whole=False))
    assert left.data == account.deployment.read_bytes()
