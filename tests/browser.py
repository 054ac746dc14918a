"""Drives Debian's chromium over pages, one launch for all of them, and says what a person would meet there."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.published import FOLDER

NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str:
    """Why no browser can be driven; empty where one can."""
    if not shutil.which("node"):
        return "no node"
    if not any(map(shutil.which, NAMES)):
        return "no chromium: install it with apt"
    if not (FOLDER / "node_modules" / "playwright-core" / "package.json").is_file():
        return f"no playwright-core in {FOLDER}: `make setup` fetches it where npm can download it"
    return ""


def drive(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What tests/browser.mjs says of each page of *jobs*; pictures are only taken. Skips where there is no browser."""
    why = missing()
    if why:
        pytest.skip(why)
    browser = next(filter(None, map(shutil.which, NAMES)))
    command = ["node", str(Path(__file__).parent / "browser.mjs"), str(FOLDER), browser]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=json.dumps(jobs), timeout=280)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
