"""A real control plane for tests: etcd and kube-apiserver as processes on loopback, as envtest starts them.

`KUBEBUILDER_ASSETS` names the folder with both binaries, the variable that envtest and its users have.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.mock_cluster import kubeconfig

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSETS = "KUBEBUILDER_ASSETS"
HOW = (
    f"{ASSETS} is not set: it names a folder with etcd and kube-apiserver. `setup-envtest use -p path` fetches both; or "
    "take etcd from your distribution, and build the other one with Go: tests/build_kube_apiserver.py"
)
ADMIN, NOBODY = "token-of-the-admin", "token-of-nobody"
PATIENCE = 90  # seconds until it is ready, on a machine that is busy
NOT_YET = (OSError, urllib.error.URLError)


def binary(name: str) -> Path:
    """One of the two; skips the test where there is none."""
    folder = os.environ.get(ASSETS, "")
    if not folder:
        pytest.skip(HOW)
    found = Path(folder) / name
    if not found.is_file():
        pytest.skip(f"{ASSETS}={folder} has no {name}")
    return found


@contextmanager
def process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is ended when the test is, by its id."""
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(timeout=20)
            except subprocess.TimeoutExpired:
                running.kill()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def etcd(folder: Path) -> Iterator[str]:
    """The URL of a new etcd that answers."""
    clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [str(binary("etcd")), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync"]
    command += ["--listen-client-urls", clients, "--advertise-client-urls", clients]
    command += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
    command += ["--initial-cluster", f"default={peers}"]
    with process(command, folder / "etcd.log") as running:
        wait(f"{clients}/health", running, folder / "etcd.log")
        yield clients


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A kube-apiserver that answers, and the folder that it keeps its certificate in."""

    url: str
    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "certificates" / "apiserver.crt"

    def kubeconfig(self, token: str = ADMIN) -> Path:
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        return kubeconfig(self.folder / f"kubeconfig-{token}", cluster, {"token": token})

    def send(self, method: str, path: str, body: Any = None, kind: str = "application/json", **query: str) -> Any:
        """As the admin, without any guard: how a test makes the world that it asks about."""
        request = urllib.request.Request(
            f"{self.url}{path}" + (f"?{urlencode(query)}" if query else ""),
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": kind, "Accept": "application/json"},
        )
        context = ssl.create_default_context(cafile=str(self.authority))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read()
            return json.loads(text) if text.startswith(b"{") else {"code": error.code}  # of a group that is not there

    def apply(self, path: str, manifest: Any, manager: str = "ecs2k8s") -> Any:
        return self.send("PATCH", path, manifest, "application/apply-patch+yaml", fieldManager=manager)

    def patch(self, path: str, change: Any, manager: str) -> Any:
        return self.send("PATCH", path, change, "application/strategic-merge-patch+json", fieldManager=manager)


@contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    with ExitStack() as running:
        store = running.enter_context(etcd(folder))
        url = f"https://127.0.0.1:{(port := free_port())}"
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "accounts.key").write_bytes(key.private_bytes(*pem))
        (folder / "tokens.csv").write_text(f"{ADMIN},admin,admin,system:masters\n{NOBODY},nobody,nobody\n")
        command = [str(binary("kube-apiserver")), "--etcd-servers", store, "--authorization-mode", "RBAC"]
        command += [
            "--bind-address",
            "127.0.0.1",
            "--secure-port",
            str(port),
            "--cert-dir",
            str(folder / "certificates"),
        ]
        command += ["--service-account-issuer", "https://ecs2k8s.test", "--token-auth-file", str(folder / "tokens.csv")]
        command += ["--service-account-key-file", str(folder / "accounts.key")]
        command += ["--service-account-signing-key-file", str(folder / "accounts.key")]
        command += ["--service-cluster-ip-range", "10.0.0.0/24", "--disable-admission-plugins", "ServiceAccount"]
        log = folder / "kube-apiserver.log"
        api = running.enter_context(process(command, log))
        made = ControlPlane(url, folder)
        wait(f"{url}/readyz", api, log, made.authority)
        yield made


def wait(url: str, running: subprocess.Popen[bytes], log: Path, authority: Path | None = None) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        try:
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {ADMIN}"})
            context = ssl.create_default_context(cafile=str(authority)) if authority else None
            with urllib.request.urlopen(request, timeout=5, context=context):
                return
        except NOT_YET:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer: {log.read_text()[-2000:]}")
