"""`ecs2k8s demo`: the live export, of a sample account that lives in an emulator in this process."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.cli import export, plan
from ecs2k8s.cli.console import out
from ecs2k8s.collect import files as documents
from ecs2k8s.collect.login import Login
from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.replay.demo import demo_account

if TYPE_CHECKING:
    from ecs2k8s.cli.console import Talk

ACCOUNT, REGION = "111122223333", "eu-west-1"


def run(output: str, talk: Talk) -> int:
    """Fill the emulator with `samples/three-tier`, from the wheel or the checkout, export it over boto3, and plan."""
    sample = documents.read([str(place())]).documents
    request = export.Request(output=output, login=Login(regions=(REGION,)))
    with demo_account(sample, ACCOUNT, REGION) as prepare:
        code = export.run(request, talk, prepare)
    if code:
        return code
    if talk.level:
        out()
    return plan.run(plan.Request(output), talk)


def place() -> Path:
    """The folder of the sample."""
    package = Path(str(files("ecs2k8s")))
    for found in (package / "samples" / "three-tier", package.parent / "samples" / "three-tier"):
        if found.is_dir():
            return found
    raise SnapshotError(f"samples/three-tier is neither in {package} nor beside it: reinstall ecs2k8s")
