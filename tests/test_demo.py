"""`ecs2k8s demo`: the live export of an emulated account, without a socket, whatever is set for AWS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from ecs2k8s.cli import demo
from ecs2k8s.cli.console import Talk
from ecs2k8s.collect import files
from ecs2k8s.core.documents import load
from ecs2k8s.replay.demo import COMPLETED, REPLACED
from ecs2k8s.replay.emulator import no_settings
from tests.estates import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# Whatever uses a socket or asks for a name ends the process. urllib3 tries, when it is imported, whether there is IPv6.
WITHOUT_SOCKETS = """
import sys
def refuse(event, args):
    probe = event == "socket.__new__" or (event == "socket.bind" and args[1] == ("::1", 0))
    if event.startswith("socket.") and not probe:
        print(event, args, file=sys.__stderr__, flush=True)
        import os
        os._exit(99)
sys.addaudithook(refuse)
"""
WITHOUT_MOTO = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "moto":
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
"""
HOSTILE = {
    "AWS_PROFILE": "nowhere",
    "AWS_DEFAULT_PROFILE": "nowhere",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_ENDPOINT_URL": "http://192.0.2.1",
    "AWS_ENDPOINT_URL_ECS": "http://192.0.2.2",
    "AWS_REGION": "us-gov-west-1",
    "AWS_DEFAULTS_MODE": "auto",
    "AWS_CA_BUNDLE": "/nowhere/ca.pem",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.3",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/other",
    "MOTO_ACCOUNT_ID": "999999999999",
}


def ran(before: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = f"{before}\nimport sys\nsys.argv = ['ecs2k8s', 'demo', '-o', {str(place)!r}]\nfrom ecs2k8s.cli import main\nmain()"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=plain | environment
    )


def tree(place: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    snapshot = json.loads(found.pop("snapshot.json"))
    for path in [path for path in found if path.endswith(("/plan.json", "/CHECKLIST.md"))]:
        found[path] = timeless(found[path], snapshot["taken"])
    return found | {"snapshot.json": json.dumps({**snapshot, "taken": ""}).encode()}


def timeless(plan: bytes, taken: str) -> bytes:
    """A plan says when its snapshot was taken, and its name is a hash of all that it says."""
    text = re.sub(r'[0-9a-f]{64}"|Plan `[0-9a-f]{12}`', "", plan.decode())
    day = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    assert taken in text
    return day.sub("", text).encode()


def all_that_the_sample_describes_is_read(place: Path) -> None:
    read, given = load(json.loads((place / "snapshot.json").read_bytes())), files.read([str(demo.place())])
    assert read.failures == ()
    assert sorted(each.shape for each in read.documents) == sorted(each.shape for each in given.documents)
    for ours, its in zip(given.of("ecs.Service"), read.of("ecs.Service"), strict=True):
        assert ours.data.keys() <= its.data.keys()


def test_the_same_twice_without_a_socket_whatever_is_set(tmp_path: Path) -> None:
    first = ran(WITHOUT_SOCKETS, tmp_path / "a", PYTHONHASHSEED="1")
    assert first.returncode == 0, first.stderr
    second = ran(WITHOUT_SOCKETS, tmp_path / "b", PYTHONHASHSEED="2", **HOSTILE)
    assert second.returncode == 0, second.stderr
    assert first.stdout.replace(str(tmp_path / "a"), "") == second.stdout.replace(str(tmp_path / "b"), "")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    all_that_the_sample_describes_is_read(tmp_path / "a")
    an_edit_stays(tmp_path / "a")


def an_edit_stays(place: Path) -> None:
    file = place / "manifests" / "shop" / "frontend" / "deployment.yaml"
    edited = file.read_text().replace("maxSurge: 100%", "maxSurge: 50%  # ours")
    file.write_text(edited)
    before = tree(place)
    assert demo.run(str(place), Talk(0)) == 0
    after = tree(place)
    assert file.read_text() == edited
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert "report/edits.json" in changed
    assert all(path.startswith(("report/", "cutover/")) for path in changed)  # a plan is of what lies there


def test_without_moto_it_is_one_line(tmp_path: Path) -> None:
    done = ran(WITHOUT_MOTO, tmp_path / "a")
    assert done.returncode == 1
    assert done.stderr == "ecs2k8s: the demo needs moto: pip install 'ecs2k8s[demo]'\n"
    assert not (tmp_path / "a").exists()


def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with no_settings():
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["AWS_CONFIG_FILE"] == os.devnull
    assert dict(os.environ) == before


def test_no_operation_is_both_replaced_and_completed() -> None:
    assert not REPLACED.keys() & COMPLETED.keys()
