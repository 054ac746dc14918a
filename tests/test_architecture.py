"""How the project is put together: its layers, its pins, its data files, and what its tests may touch."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PIN = re.compile(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.]*)")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of pyproject.toml over the package in *folder*."""
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--no-cache",
        "--config",
        str(ROOT / "pyproject.toml"),
    ]
    environment = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_layers_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "planted", "broken"),
    [
        ("translate/planted.py", "import ecs2k8s.render", "Each layer imports only the layers below it"),
        ("resolve/planted.py", "import ecs2k8s.collect", "Each layer imports only the layers below it"),
        ("planted.py", "", "Each layer imports only the layers below it"),
        ("compare/planted.py", "import ecs2k8s.resolve", "Comparing knows manifests"),
        ("translate/planted.py", "import ecs2k8s.collect", "Translators do not know how"),
        ("core/planted.py", "import botocore.loaders", "Only collect and cutover.aws"),
        ("report/planted.py", "import typer", "Only cli uses typer"),
        ("collect/planted.py", "import kubernetes", "Only compare.cluster and cutover.cluster speak"),
        ("render/planted.py", "import jsonschema_rs", "Only compare.schema uses the schema libraries"),
    ],
)
def test_a_planted_import_breaks_its_contract(tmp_path: Path, module: str, planted: str, broken: str) -> None:
    shutil.copytree(ROOT / "ecs2k8s", tmp_path / "ecs2k8s", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "ecs2k8s" / module).write_text(f'"""Planted."""\n{planted}\n', "utf-8")
    done = lint_imports(tmp_path)
    verdicts = [line for line in done.stdout.splitlines() if " BROKEN" in line]
    assert [verdict.startswith(broken) for verdict in verdicts] == [True], done.stdout + done.stderr


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> list[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines())
    return [line for line in lines if line]


def declared() -> list[str]:
    """The names of all packages that pyproject.toml asks for."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    lists = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"], *extras, *groups]
    found = {normal(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]) for texts in lists for text in texts}
    return sorted(found - {"ecs2k8s"})


def test_constraints_are_plain_pins_sorted_and_unique() -> None:
    lines = pins()
    names = [normal(line.partition("==")[0]) for line in lines]
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert names == sorted(set(names))


@pytest.mark.parametrize("name", declared())
def test_every_dependency_is_pinned(name: str) -> None:
    assert name in {normal(line.partition("==")[0]) for line in pins()}


def needed(name: str, seen: set[str]) -> set[str]:
    """*name* and all that it requires here, transitively."""
    if name not in seen:
        seen.add(name)
        for requirement in map(Requirement, distribution(name).requires or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(normal(requirement.name), seen)
    return seen


def test_what_the_dependencies_need_is_pinned_too() -> None:
    found: set[str] = set()
    for name in declared():
        needed(name, found)
    assert sorted(found - {normal(line.partition("==")[0]) for line in pins()}) == []


def test_what_the_wheel_takes_from_outside_the_package_exists() -> None:
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert [source for source in included if not any((ROOT / source).iterdir())] == []


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("socket.getaddrinfo", ("ecs.eu-west-1.amazonaws.com", 443, 0, 0, 0)),
        ("socket.getaddrinfo", (b"example.org", 443, 0, 0, 0)),
        ("socket.gethostbyname", ("example.org",)),
    ],
)
def test_names_beyond_this_machine_are_refused(event: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(pytest.fail.Exception, match="tests may only use loopback"):
        sys.audit(event, *args)


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
@pytest.mark.parametrize(
    ("family", "host"),
    [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET, "10.0.0.1"), (socket.AF_INET6, "2001:db8::1")],
)
def test_addresses_beyond_this_machine_are_refused(event: str, family: socket.AddressFamily, host: str) -> None:
    """Told as the interpreter tells it, so that nothing is sent even where the guard is broken."""
    with socket.socket(family) as unconnected, pytest.raises(pytest.fail.Exception, match="only use loopback"):
        sys.audit(event, unconnected, (host, 443))


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
    assert socket.getaddrinfo("localhost", 80)
