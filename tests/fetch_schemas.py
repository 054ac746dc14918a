"""Puts the published definitions of the Gateway API into the virtual environment: `python tests/fetch_schemas.py .venv/schemas`.

The Go module holds them as the project publishes them. Go's own client downloads it into a folder that is thrown away.
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


def fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"GOMODCACHE": folder, "GOFLAGS": "-modcacherw"}
        command = ["go", "mod", "download", "-json", MODULE]
        said = subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
        source = Path(json.loads(said.stdout)["Dir"]) / FOLDER
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(source.glob("*.yaml")):
            shutil.copy(path, target / path.name)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
