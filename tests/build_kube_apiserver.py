"""Builds kube-apiserver with Go, for test_control_plane.py: `python tests/build_kube_apiserver.py FOLDER`.

Kubernetes publishes it as a Go module that names its own parts without versions, so a module around it names them. Takes
a quarter of an hour on two cores, and 6 GiB for what Go keeps. Put etcd beside it, and name FOLDER in KUBEBUILDER_ASSETS.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "1.37.2"
MODULE = "k8s.io/kubernetes"
PART = re.compile(r"^\s*(k8s\.io/[\w-]+) => \./staging/", re.MULTILINE)


def build(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        about = json.loads(go("mod", "download", "-json", f"{MODULE}@v{VERSION}", cwd=place))
        parts = PART.findall(Path(about["GoMod"]).read_text(encoding="utf-8"))
        lines = ["module apiserver", "go 1.26.0", f"require {MODULE} v{VERSION}"]
        lines += [f"replace {part} => {part} v0.{VERSION.partition('.')[2]}" for part in parts]
        (Path(place) / "go.mod").write_text("\n".join(lines) + "\n", encoding="utf-8")
        major, minor, _ = VERSION.split(".")
        said = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor}
        flags = " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in said.items())
        made = folder.absolute() / "kube-apiserver"
        go(
            "build",
            "-mod=mod",
            "-ldflags",
            f"-s -w {flags}",
            "-o",
            str(made),
            f"{MODULE}/cmd/kube-apiserver",
            cwd=place,
        )


def go(*args: str, cwd: str) -> str:
    command = ["go", *args]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=cwd, env=os.environ | {"CGO_ENABLED": "0"}
    ).stdout


if __name__ == "__main__":
    build(Path(sys.argv[1]))
