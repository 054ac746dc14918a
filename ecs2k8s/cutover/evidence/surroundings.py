"""env.json: what the run ran on, by whom, and against which cluster."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.documents import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.cutover.journal.fold import Run

FORMAT = "ecs2k8s/env/v1"
DIRECT = ("boto3", "botocore", "deepdiff", "jinja2", "kubernetes", "msgspec", "pyyaml", "rich", "typer", "tzdata")


def env_json(run: Run, python: str, dependencies: dict[str, dict[str, str]]) -> bytes:
    value: dict[str, Any] = {
        "format": FORMAT,
        "run": run.id,
        "plan": run.plan,
        "version": run.start.version,
        "who": run.start.who,
        "cluster_uid": run.start.cluster_uid,
        "python": python,
        "dependencies": dependencies,
    }
    return canonical(value)


def here() -> tuple[str, dict[str, dict[str, str]]]:
    """The interpreter and the packages of this process: what `env_json` takes."""
    return platform.python_version(), dict(_versions(DIRECT))


def _versions(names: Iterable[str]) -> Iterable[tuple[str, dict[str, str]]]:
    for name in names:
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        yield name, {"version": found.version, "record_sha256": _record(found)}


def _record(found: Distribution) -> str:
    """The hash of the list that pip keeps of a package's files with the hash of each; empty where it keeps none."""
    text = found.read_text("RECORD")
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
