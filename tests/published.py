"""What published models of custom resources say against objects. `make setup` fetches them where npm can."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(sys.prefix) / "schemas"


def said(manifests: list[dict[str, Any]], package: str) -> list[str]:
    """For each of *manifests* what the models of *package* say against it; empty: nothing."""
    if not (FOLDER / "node_modules" / package / "package.json").is_file() or not shutil.which("node"):
        pytest.skip(f"no {package} in {FOLDER}: `make setup` fetches it where npm can download it")
    command = ["node", str(Path(__file__).parent / "models.mjs"), str(FOLDER), package]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(manifests))
    found: list[str] = json.loads(done.stdout)
    return found
